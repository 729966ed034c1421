"""Answers CloudFormation on behalf of a custom resource.

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

TIMEOUT_SECONDS = 10
PAUSES_SECONDS = (1.0, 3.0)  # between the tries to answer
LONGEST_ANSWER = 4096  # bytes, of which CloudFormation takes no more
LONGEST_REASON = 1000  # characters that a person would read

Event = Mapping[str, Any]


class Context(Protocol):
    """What Lambda tells a function of its own run."""

    def get_remaining_time_in_millis(self) -> int: ...


def seconds_left(context: Context) -> float:
    """How long the function still runs."""
    return context.get_remaining_time_in_millis() / 1000


def answer(
    event: Event,
    context: Context,
    handle: Callable[[Event, Context], Mapping[str, str] | None],
    physical_id: str,
) -> None:
    """Do what the event asks for and tell CloudFormation how it went.

    What `handle` returns are the resource's attributes, if it has any.

    `physical_id` must stay the same for as long as the resource does: CloudFormation takes another
    one for a replacement and deletes the former.
    """
    about = {
        "PhysicalResourceId": physical_id,
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    try:
        attributes = handle(event, context)
    except Exception as error:  # noqa: BLE001 - without an answer the stack waits for an hour
        content = _failure(about, error)
    else:
        data = {"Data": dict(attributes)} if attributes else {}
        content = _encoded({"Status": "SUCCESS", **data, **about})
    _send(event["ResponseURL"], content, context)


def _failure(about: Mapping[str, str], error: Exception) -> bytes:
    """As much of the error as there is room for, in whole characters."""
    outcome = {"Status": "FAILED", "Reason": "", **about}
    room = LONGEST_ANSWER - len(_encoded(outcome))
    reason = f"{type(error).__name__}: {error}"[:LONGEST_REASON]
    for character in reason:
        room -= len(_encoded(character)) - len(_encoded(""))
        if room < 0:
            break
        outcome["Reason"] += character
    return _encoded(outcome)


def _encoded(content: object) -> bytes:
    return json.dumps(content).encode()


def _send(url: str, content: bytes, context: Context) -> None:
    """Answer, again after a passing fault: without an answer, work that is done is rolled back."""
    for pause in PAUSES_SECONDS:
        try:
            return _put(url, content)
        except (OSError, HTTPException) as error:
            if _is_final(error) or seconds_left(context) < pause + TIMEOUT_SECONDS:
                raise
        time.sleep(pause)
    return _put(url, content)


def _put(url: str, content: bytes) -> None:
    request = Request(  # noqa: S310 - CloudFormation's own address
        url,
        data=content,
        # The address is signed without a content type.
        headers={"Content-Type": ""},
        method="PUT",
    )
    with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
        pass


def _is_final(error: Exception) -> bool:
    return isinstance(error, HTTPError) and error.code < HTTPStatus.INTERNAL_SERVER_ERROR
