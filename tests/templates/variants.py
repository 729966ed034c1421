"""Configurations that differ from a sample in one environment's entry."""

from __future__ import annotations

from typing import Any

from tests.templates.synthesis import Json, raw_sample

NAME = "env1"
ENVIRONMENT = f"Env-{NAME}"
"""The stack of the environment."""


def one_environment(**entry: Any) -> Json:
    """One new environment with these keys."""
    raw = raw_sample("one-new")
    raw.pop("Lineage", None)
    raw["MwaaEnvironments"] = [{"Name": NAME, "VpcCIDR": "10.1.0.0/16", **entry}]
    raw["Grants"] = []
    return raw
