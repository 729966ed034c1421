"""Permissions that the same deployment gave a moment ago.

IAM has them at once and the services some seconds later, which CloudFormation does not wait for.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

from __future__ import annotations

import time
from typing import Any

from custom_resource import Context, seconds_left

LONGEST_WAIT_SECONDS = 60.0
LEFT_FOR_THE_WORK_SECONDS = 15.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 8.0

# As S3, load balancing, DynamoDB, MWAA and EC2 say it; an answer to HEAD has no text.
REFUSALS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403")


def wait_for_permissions(client: Any, context: Context, operation: str | None = None) -> None:
    """Have a boto3 client repeat what is refused, for a minute from now at most.

    `operation` is the only one to be repeated, where others may well be refused for good.
    """
    seconds = min(LONGEST_WAIT_SECONDS, seconds_left(context) - LEFT_FOR_THE_WORK_SECONDS)
    end = time.monotonic() + seconds

    def pause(response: Any, attempts: int, **_: object) -> float | None:
        if not _is_refused(response):
            return None
        again_in = min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), LONGEST_PAUSE_SECONDS)
        return again_in if time.monotonic() + again_in < end else None

    service = client.meta.service_model.service_id.hyphenize()
    named = f".{operation}" if operation else ""
    client.meta.events.register(f"needs-retry.{service}{named}", pause)


def _is_refused(response: Any) -> bool:
    """Whether AWS refused; there is no response where it could not be asked."""
    return response is not None and response[1].get("Error", {}).get("Code") in REFUSALS
