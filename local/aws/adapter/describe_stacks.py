"""DescribeStacks as a long poll.

MiniStack 1.5.33 creates a stack in tenths of a second, but the CDK CLI (2.1148.1) polls at once and
then every five seconds only. A response that waits for the operation to complete saves that time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from ministack.services import cloudformation

TIMEOUT_SECONDS = 20.0
INTERVAL_SECONDS = 0.05


def install() -> None:
    """Makes DescribeStacks of one stack wait until its operation has completed."""
    cloudformation.handle_request = _waiting(cloudformation.handle_request)


def _waiting(handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_request(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Any:
        form = parse_qs(body.decode(errors="replace"))
        if form.get("Action") == ["DescribeStacks"] and "StackName" in form:
            await _wait_for(form["StackName"][0])
        return await handle(method, path, headers, body, query)

    return handle_request


async def _wait_for(name_or_id: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while _in_progress(name_or_id) and time.monotonic() < deadline:
        await asyncio.sleep(INTERVAL_SECONDS)


def _in_progress(name_or_id: str) -> bool:
    return any(
        name_or_id in (name, stack["StackId"])
        and stack["StackStatus"].endswith("_IN_PROGRESS")
        # A stack with nothing but a change set is in review until that is executed.
        and stack["StackStatus"] != "REVIEW_IN_PROGRESS"
        for name, stack in cloudformation._stacks.items()
    )
