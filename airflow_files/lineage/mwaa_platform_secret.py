"""Values of secrets, each read from Secrets Manager by one process of the host for all.

A task waits for its events, so an answer comes within `PATIENCE_SECONDS`: one short attempt, by
one process, for which the others wait; a failure is remembered for a while. Where the host's cache
cannot be used, each process reads for itself. Processes share what was read with the same
credentials by the same way: code of a DAG may have set others for its own.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from threading import local
from typing import NamedTuple

import mwaa_platform_cache as cache
from mwaa_platform_within import within

CONNECT_SECONDS = 1
READ_SECONDS = 2
ATTEMPT_SECONDS = 4
"""All of an attempt: finding credentials, connecting, an answer that drips in."""
PATIENCE_SECONDS = 5
"""How long a process waits in all: for another's attempt, before which the SDK is loaded, and then
for its own."""
RETRY_SECONDS = 30
"""How long a failed attempt is not repeated, nor a secret read again that holds nothing usable."""
STALE_SECONDS = 3600
"""How long a value outlives Secrets Manager's failure."""

REFUSALS = {"AccessDeniedException", "ResourceNotFoundException", "InvalidRequestException"}
"""What Secrets Manager says of a secret that this role may not read, or that is gone or going: no
failure of its own, so no value outlives it."""

SDK = ("botocore", "boto3", "urllib3")

log = logging.getLogger(__name__)


class TokenUnavailableError(Exception):
    """There is no usable token. The text never holds any part of the secret's value."""


class Moment(NamedTuple):
    """A time by two clocks that all processes of a host share.

    The first stands still while the machine sleeps and begins anew when it starts; the second can
    be set.
    """

    monotonic: float
    wall: float

    @classmethod
    def now(cls) -> Moment:
        """This moment."""
        return cls(time.monotonic(), time.time())

    def within(self, seconds: float) -> bool:
        """Whether it lies less than so many seconds back, by both clocks."""
        now = Moment.now()
        ages = (now.monotonic - self.monotonic, now.wall - self.wall)
        return all(0 <= age < seconds for age in ages)


@dataclass(eq=False)  # what else could be generated would cost each event's process its time
class Answer:
    """What is known of a secret: the last value, and why the last attempt to read it failed."""

    value: str | None = field(repr=False)
    read_at: Moment
    tried_at: Moment
    problem: str | None = None


# Of the process. There is no lock, which a fork could leave locked: answers are replaced whole.
_answers: dict[str, Answer] = {}


def latest_answer(arn: str, part: Callable[[str], str], *, cache_seconds: float) -> Answer:
    """The answer for the secret with this ARN, at most `cache_seconds` old.

    While Secrets Manager fails, but not when it refuses, its value may be `STALE_SECONDS` old. A
    value of which `part` raises TokenUnavailableError is read again after `RETRY_SECONDS`. Raises
    nothing: the answer has the problem.
    """
    key = _key(arn)

    def due(answer: Answer) -> bool:
        sound = not answer.problem and answer.value is not None and _has(part, answer.value)
        patience = cache_seconds if sound else min(cache_seconds, RETRY_SECONDS)
        return not answer.tried_at.within(patience)

    answer = _answers.get(key)
    if answer is None or due(answer):
        answer = _answers[key] = _shared(arn, key, answer, due)
    return answer


def _has(part: Callable[[str], str], value: str) -> bool:
    try:
        part(value)
    except TokenUnavailableError:
        return False
    return True


def _key(arn: str) -> str:
    """The name of a secret's file, another one for other credentials or another way there."""
    decisive = {name: text for name, text in os.environ.items() if _is_decisive(name.upper())}
    return hashlib.sha256(json.dumps([arn, decisive], sort_keys=True).encode()).hexdigest()[:32]


def _is_decisive(name: str) -> bool:
    """Whether a variable tells the SDK its credentials, or its way to Secrets Manager."""
    others = {"BOTO_CONFIG", "HOME", "REQUESTS_CA_BUNDLE"}
    return name.startswith("AWS_") or name.endswith("_PROXY") or name in others


def _shared(arn: str, key: str, last: Answer | None, due: Callable[[Answer], bool]) -> Answer:
    """What another process has read meanwhile, else what this one reads now for all."""
    deadline = time.monotonic() + PATIENCE_SECONDS

    def left() -> float:
        return min(ATTEMPT_SECONDS, deadline - time.monotonic())

    try:
        found = _stored(key)
        if found and not due(found):
            return found
        with cache.lock(key, PATIENCE_SECONDS) as locked:
            last = _stored(key) or last
            if last and not due(last):
                return last
            if not locked:
                return _failed(last, "another process is reading it")
            seconds = left()
            answer = _read(arn, last, seconds)
            # A failure for want of time says nothing to others.
            if not answer.problem or seconds > ATTEMPT_SECONDS / 2:
                _store(key, answer)
            return answer
    except OSError as error:
        _say_not_shared(error)
        return _read(arn, last, left())


def _stored(key: str) -> Answer | None:
    """The answer in the file; None where there is none, or something else."""
    content = cache.read(key)
    try:
        fields = json.loads(content or b"")
        value, problem = fields["value"], fields["problem"]
        read_at, tried_at = (Moment(*map(float, fields[at])) for at in ("read_at", "tried_at"))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not isinstance(value, str | None) or not isinstance(problem, str | None):
        return None
    return Answer(value, read_at=read_at, tried_at=tried_at, problem=problem)


def _store(key: str, answer: Answer) -> None:
    try:
        cache.write(key, json.dumps(asdict(answer)).encode())
        cache.remove_older(STALE_SECONDS)  # credentials that change leave a file each
    except OSError as error:
        _say_not_shared(error)


def _say_not_shared(error: OSError) -> None:
    log.warning(
        "The cache of lineage tokens cannot be used, so each process reads them itself: %s", error
    )


def _read(arn: str, last: Answer | None, seconds: float) -> Answer:
    try:
        value = _secret_value(arn, seconds)
    except Exception as error:  # noqa: BLE001 - botocore is not imported here to name its errors
        return _failed(None if _is_refusal(error) else last, str(error) or type(error).__name__)
    now = Moment.now()
    return Answer(value, read_at=now, tried_at=now)


def _is_refusal(error: Exception) -> bool:
    response = getattr(error, "response", None)  # of a ClientError; None in others
    return isinstance(response, dict) and response.get("Error", {}).get("Code") in REFUSALS


def _failed(last: Answer | None, problem: str) -> Answer:
    now = Moment.now()
    if last and last.read_at.within(STALE_SECONDS):
        return replace(last, tried_at=now, problem=problem)
    return Answer(None, read_at=now, tried_at=now, problem=problem)


def _secret_value(arn: str, seconds: float) -> str:
    """The current version of a secret's text, in the ARN's own region.

    Raises TimeoutError after so many seconds, which begin when the SDK is loaded.
    """
    # Too dear for processes that send nothing, and boto3 on top would add a third to each event.
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    @_unlogged()
    def attempt() -> str:
        client = get_session().create_client(
            "secretsmanager",
            region_name=arn.split(":")[3],
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": 1},
            ),
        )
        return str(client.get_secret_value(SecretId=arn).get("SecretString", ""))

    # No timeout of the SDK's spans all that it does.
    return within(seconds, attempt, server="Secrets Manager")


class _Reading(local):
    """Whether this thread is reading a secret."""

    now = False


_reading = _Reading()


def _may_be_logged(record: logging.LogRecord) -> bool:
    return not _reading.now or record.levelno >= logging.INFO


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep what the SDK says at DEBUG in this thread out of every log: the response, and the signed
    request, which whoever reads it could send again. Its loggers stay as they are to all others."""
    for name, logger in [*logging.root.manager.loggerDict.items()]:
        if name.startswith(SDK) and isinstance(logger, logging.Logger):
            logger.addFilter(_may_be_logged)
    _reading.now = True
    try:
        yield
    finally:
        _reading.now = False
