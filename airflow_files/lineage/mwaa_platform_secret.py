"""Values of secrets, each read from Secrets Manager by one process of the host for all.

A task waits for its events, so an answer comes within `PATIENCE_SECONDS`: one short attempt, by
one process, for which the others wait; a failure is remembered for a while. Where the host's cache
cannot be used, each process reads for itself.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field, replace
from threading import Thread
from typing import NamedTuple

import mwaa_platform_cache as cache

CONNECT_SECONDS = 1
READ_SECONDS = 2
ATTEMPT_SECONDS = 4
"""All of an attempt: finding credentials, connecting, an answer that drips in."""
PATIENCE_SECONDS = 5
"""How long a process waits for another's attempt, and for the SDK that is loaded before it."""
RETRY_SECONDS = 30
"""How long a failed attempt is not repeated, nor a secret read again that holds nothing usable."""
STALE_SECONDS = 3600
"""How long a value outlives Secrets Manager's failure."""

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

    While Secrets Manager fails, its value may be `STALE_SECONDS` old. A value of which `part`
    raises TokenUnavailableError is read again after `RETRY_SECONDS`. Raises nothing: the answer has
    the problem.
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
    """The name of a secret's file. It belongs to the endpoint that the answer came from."""
    endpoints = ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL")
    parts = [arn, *(os.environ.get(name, "") for name in endpoints)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _shared(arn: str, key: str, last: Answer | None, due: Callable[[Answer], bool]) -> Answer:
    """What another process has read meanwhile, else what this one reads now for all."""
    try:
        found = _stored(key)
        if found and not due(found):
            return found
        with cache.lock(key, PATIENCE_SECONDS) as locked:
            last = _stored(key) or last
            if last and not due(last):
                return last
            answer = _read(arn, last) if locked else _failed(last, "another process is reading it")
            if locked:
                _store(key, answer)
            return answer
    except OSError as error:
        _say_not_shared(error)
        return _read(arn, last)


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
    except OSError as error:
        _say_not_shared(error)


def _say_not_shared(error: OSError) -> None:
    log.warning(
        "The cache of lineage tokens cannot be used, so each process reads them itself: %s", error
    )


def _read(arn: str, last: Answer | None) -> Answer:
    try:
        value = _secret_value(arn)
    except Exception as error:  # noqa: BLE001 - botocore is not imported here to name its errors
        return _failed(last, str(error) or type(error).__name__)
    now = Moment.now()
    return Answer(value, read_at=now, tried_at=now)


def _failed(last: Answer | None, problem: str) -> Answer:
    now = Moment.now()
    if last and last.read_at.within(STALE_SECONDS):
        return replace(last, tried_at=now, problem=problem)
    return Answer(None, read_at=now, tried_at=now, problem=problem)


def _secret_value(arn: str) -> str:
    """The current version of a secret's text, in the ARN's own region."""
    # Too dear for processes that send nothing, and boto3 on top would add a third to each event.
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    # At DEBUG it writes every response, so the token, into the log.
    logging.getLogger("botocore.parsers").setLevel(logging.INFO)

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

    return _within_attempt(attempt)


def _within_attempt(work: Callable[[], str]) -> str:
    """The result of `work`; TimeoutError where it takes longer, for no timeout of the SDK's spans
    all that it does."""
    future: Future[str] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised again where the result is taken
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return future.result(ATTEMPT_SECONDS)
    except TimeoutError:
        if future.done():
            raise
    raise TimeoutError(f"Secrets Manager did not answer within {ATTEMPT_SECONDS} s")
