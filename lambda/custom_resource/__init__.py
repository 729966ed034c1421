"""Answers CloudFormation on behalf of a custom resource.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 10
LONGEST_REASON = 1000  # the whole answer may have 4096 bytes

Event = Mapping[str, Any]


def answer(
    event: Event, handle: Callable[[Event], Mapping[str, str] | None], physical_id: str
) -> None:
    """Do what the event asks for and tell CloudFormation how it went.

    What `handle` returns are the resource's attributes, if it has any.

    `physical_id` must stay the same for as long as the resource does: CloudFormation takes another
    one for a replacement and deletes the former.
    """
    try:
        attributes = handle(event)
    except Exception as error:  # noqa: BLE001 - without an answer the stack waits for an hour
        _send(event, physical_id, Status="FAILED", Reason=_reason(error))
    else:
        data = {"Data": dict(attributes)} if attributes else {}
        _send(event, physical_id, Status="SUCCESS", **data)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:LONGEST_REASON]


def _send(event: Event, physical_id: str, **outcome: Any) -> None:
    body = {
        **outcome,
        "PhysicalResourceId": physical_id,
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    request = Request(  # noqa: S310 - CloudFormation's own address
        event["ResponseURL"],
        data=json.dumps(body).encode(),
        # The address is signed without a content type.
        headers={"Content-Type": ""},
        method="PUT",
    )
    with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
        pass
