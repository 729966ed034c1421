"""boto3 sessions of tests."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import boto3


def session_of(clients: Mapping[str, Any]) -> boto3.Session:
    """A session that returns the given clients, by service."""
    return cast(boto3.Session, SimpleNamespace(client=clients.__getitem__))
