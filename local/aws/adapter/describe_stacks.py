"""DescribeStacks that waits for the stack to settle.

MiniStack 1.5.33 makes a stack in tenths of a second, but the CDK CLI (2.1148.1) looks at once and
then only every five seconds. An answer that comes when there is news spares that.
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
    """Let requests for one stack wait."""
    cloudformation.handle_request = _patient(cloudformation.handle_request)


def _patient(handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_request(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Any:
        form = parse_qs(body.decode(errors="replace"))
        if form.get("Action") == ["DescribeStacks"] and "StackName" in form:
            await _settled(form["StackName"][0])
        return await handle(method, path, headers, body, query)

    return handle_request


async def _settled(name_or_id: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while _in_progress(name_or_id) and time.monotonic() < deadline:
        await asyncio.sleep(INTERVAL_SECONDS)


def _in_progress(name_or_id: str) -> bool:
    return any(
        name_or_id in (name, stack["StackId"])
        and stack["StackStatus"].endswith("_IN_PROGRESS")
        # A stack that so far has only a change set stays in review until that is executed.
        and stack["StackStatus"] != "REVIEW_IN_PROGRESS"
        for name, stack in cloudformation._stacks.items()
    )
