"""The authenticator's log: one JSON object a decision."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from cli.deployed import DeployedPlatform
from config.stack_names import Kind, stacks

LOG_GROUP = "AuthenticatorLogGroup"
SIGN_IN_STACKS = (Kind.SSO, Kind.QUICK_START)


def log_groups(platform: DeployedPlatform) -> Iterator[str]:
    """Yields the names of the log groups of the configuration's authenticators.

    Raises PlatformError where a stack is not deployed.
    """
    for stack in stacks(platform.configuration):
        if stack.kind in SIGN_IN_STACKS:
            yield platform.output(stack.id, LOG_GROUP)


def records(
    platform: DeployedPlatform, log_group: str, *, containing: str, since: datetime
) -> Iterator[Mapping[str, Any]]:
    """Yields the records since a time that have a word, the oldest first."""
    pages = (
        platform.session.client("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=log_group,
            startTime=int(since.timestamp() * 1000),
            filterPattern=f'"{containing}"',
        )
    )
    for page in pages:
        for event in page["events"]:
            try:
                record = json.loads(event["message"])
            except (ValueError, RecursionError):  # a line of Lambda's own
                continue
            if isinstance(record, dict):
                yield record
