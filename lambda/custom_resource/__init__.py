"""Responses of custom resources to CloudFormation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from custom_resource.denials import is_denial

TIMEOUT_SECONDS = 10
RETRY_DELAYS_SECONDS = (1.0, 3.0)
MAX_RESPONSE_BYTES = 4096  # CloudFormation's limit
MAX_REASON_LENGTH = 1000  # in characters, for a person to read
NOT_CREATED = "/not-created"
"""Ends the physical id of a resource whose creation failed."""

Event = Mapping[str, Any]


class LambdaContext(Protocol):
    """Context that Lambda passes to a handler."""

    def get_remaining_time_in_millis(self) -> int: ...


def remaining_seconds(context: LambdaContext) -> float:
    """Time until the function's timeout."""
    return context.get_remaining_time_in_millis() / 1000


def respond(
    event: Event,
    context: LambdaContext,
    handle: Callable[[Event, LambdaContext], Mapping[str, str] | None],
    physical_id: str,
) -> None:
    """Handles the event and sends the result to CloudFormation.

    - `handle`: returns the resource's attributes, if it has any; an error fails the deployment.
    - `physical_id`: must not change during the resource's life: CloudFormation takes another id for
      a replacement and deletes the former resource. One whose creation failed has another id. Its
      deletion may be denied: what a permission lacks could not be made either.
    """
    former = str(event.get("PhysicalResourceId"))
    failed_before = event["RequestType"] == "Delete" and former.endswith(NOT_CREATED)
    ids = {
        "PhysicalResourceId": former if failed_before else physical_id,
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    try:
        attributes = handle(event, context)
    except Exception as error:  # noqa: BLE001 - without a response the stack waits for an hour
        if failed_before and is_denial(getattr(error, "response", {})):
            content = _encoded({"Status": "SUCCESS", **ids})
        else:
            if event["RequestType"] == "Create":
                ids["PhysicalResourceId"] += NOT_CREATED
            content = _failure(ids, error)
    else:
        data = {"Data": dict(attributes)} if attributes else {}
        content = _encoded({"Status": "SUCCESS", **data, **ids})
    _send(event["ResponseURL"], content, context)


def _failure(ids: Mapping[str, str], error: Exception) -> bytes:
    """Response with as much of the error as fits, in whole characters."""
    response = {"Status": "FAILED", "Reason": "", **ids}
    remaining = MAX_RESPONSE_BYTES - len(_encoded(response))
    reason = f"{type(error).__name__}: {error}"[:MAX_REASON_LENGTH]
    for character in reason:
        remaining -= len(_encoded(character)) - len(_encoded(""))
        if remaining < 0:
            break
        response["Reason"] += character
    return _encoded(response)


def _encoded(content: object) -> bytes:
    return json.dumps(content).encode()


def _send(url: str, content: bytes, context: LambdaContext) -> None:
    """Sends the response, with retries: without it CloudFormation rolls finished work back."""
    for delay in RETRY_DELAYS_SECONDS:
        try:
            return _put(url, content)
        except (OSError, HTTPException) as error:
            if _is_final(error) or remaining_seconds(context) < delay + TIMEOUT_SECONDS:
                raise
        time.sleep(delay)
    return _put(url, content)


def _put(url: str, content: bytes) -> None:
    request = Request(  # noqa: S310 - a URL of CloudFormation
        url,
        data=content,
        # The URL is signed without a content type.
        headers={"Content-Type": ""},
        method="PUT",
    )
    with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
        pass


def _is_final(error: Exception) -> bool:
    return isinstance(error, HTTPError) and error.code < HTTPStatus.INTERNAL_SERVER_ERROR
