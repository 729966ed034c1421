"""A stand-in of AWS for the deployed function."""

from __future__ import annotations

from tests.unit.local.aws.conftest import catalogue, stand_in

__all__ = ["catalogue", "stand_in"]
