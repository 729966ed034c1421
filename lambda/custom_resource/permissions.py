"""Retries for permissions that the same deployment has just granted.

IAM is eventually consistent: services enforce a change some seconds later, and CloudFormation does
not wait for that.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from custom_resource import LambdaContext, remaining_seconds
from custom_resource.denials import is_denial

if TYPE_CHECKING:
    from botocore.client import BaseClient

MAX_WAIT_SECONDS = 60.0
WORK_SECONDS = 15.0
"""Time before the function's timeout that is left for its work."""
MIN_DELAY_SECONDS, MAX_DELAY_SECONDS = 0.5, 8.0


def retry_while_denied(
    client: BaseClient, context: LambdaContext, operation: str | None = None
) -> None:
    """Lets a boto3 client retry denied calls, for a minute from now at most.

    - `operation`: the only one to retry, where others may be denied permanently; all by default.
    """
    wait = min(MAX_WAIT_SECONDS, remaining_seconds(context) - WORK_SECONDS)
    end = time.monotonic() + wait

    def delay(response: Any, attempts: int, **_: object) -> float | None:
        if not _is_denied(response):
            return None
        seconds = min(MIN_DELAY_SECONDS * 2 ** (attempts - 1), MAX_DELAY_SECONDS)
        return seconds if time.monotonic() + seconds < end else None

    service = client.meta.service_model.service_id.hyphenize()
    suffix = f".{operation}" if operation else ""
    event = f"needs-retry.{service}{suffix}"
    client.meta.events.register(event, delay)  # type: ignore[arg-type] # the stubs expect None


def _is_denied(response: Any) -> bool:
    """Whether AWS denied the call; `response` is None where it was not reached."""
    return response is not None and is_denial(response[1])
