"""Deletions of a parameter one at a time, so that what was read is what is deleted.

Systems Manager deletes a parameter by its name alone: no call deletes a value, or a version, and
nothing else. So whoever deletes one first makes a second parameter, which PutParameter makes for
one of many alone. Between the reading and the deletion nobody else can then have deleted the
first, nor made it again.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html

A process that is killed meanwhile leaves the second parameter behind. Another takes it for
abandoned once it has seen it unchanged for ABANDONED_SECONDS, longer than the two calls of a
process that lives take with their retries. This is where it is not certain: a process that was
stopped for that long, and goes on, may delete what was made meanwhile.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient

ABANDONED_SECONDS = 180.0
POLL_SECONDS = 1.0


@contextmanager
def one_deletion(ssm: SSMClient, name: str) -> Iterator[None]:
    """Keeps other deletions of the parameter `name` out for the block, after waiting for theirs.

    Raises the AWS SDK's errors.
    """
    guard, own = f"{name}-deletion", uuid.uuid4().hex
    _take(ssm, guard, own)
    try:
        yield
    finally:
        delete(ssm, guard)


def delete(ssm: SSMClient, name: str) -> None:
    """Deletes a parameter that another may have deleted already."""
    try:
        ssm.delete_parameter(Name=name)
    except ssm.exceptions.ParameterNotFound:
        return


def value(ssm: SSMClient, name: str) -> str | None:
    """The value of a parameter; None where it is not there."""
    try:
        return ssm.get_parameter(Name=name)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return None


def _take(ssm: SSMClient, guard: str, own: str) -> None:
    seen, since = "", 0.0
    while not _made(ssm, guard, own):
        other = value(ssm, guard)
        if other == own:  # the answer was lost, and the SDK asked again
            return
        if other is None:
            continue
        if other != seen:
            seen, since = other, time.monotonic()
        elif time.monotonic() - since >= ABANDONED_SECONDS:
            delete(ssm, guard)
            continue
        time.sleep(POLL_SECONDS)


def _made(ssm: SSMClient, guard: str, own: str) -> bool:
    try:
        ssm.put_parameter(
            Name=guard, Value=own, Type="String", Description="A lock is being released."
        )
    except ssm.exceptions.ParameterAlreadyExists:
        return False
    return True
