"""The catalogue's token, read from Secrets Manager when an event is sent.

The OpenLineage client loads `SecretsManagerTokenProvider` by the name in its transport's `auth`
and asks it for every event. A task waits for its events, so each answer comes within seconds: one
short attempt, and a failure is remembered for a while. An event without a token is never sent:
the exception makes the client drop it, and the task goes on.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from dataclasses import dataclass, field, replace

from openlineage.client.transport.http import TokenProvider

ARN_VARIABLE = "AIRFLOW__MWAA_PLATFORM__LINEAGE_TOKEN_SECRET"
CONNECT_SECONDS = 1
READ_SECONDS = 2
# How long a failed read is not repeated.
RETRY_SECONDS = 30
# How long a token that was read outlives Secrets Manager's failure.
STALE_SECONDS = 3600

# RFC 6750, section 2.1. Anything else could end up in the error text of the HTTP client.
BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
# "..." stands for a value that is yet to be filled in.
PLACEHOLDER = re.compile(r"\.*")

log = logging.getLogger(__name__)


class TokenUnavailableError(Exception):
    """There is no usable token. The text never holds any part of the secret's value."""


@dataclass(frozen=True)
class _Answer:
    """What is known of a secret: the last token, and why the last try to read it failed.

    Times are `time.monotonic()` seconds.
    """

    token: str = field(repr=False)
    read_at: float
    tried_at: float
    problem: str | None = None


# Of the process, not of a provider: some versions of Airflow make a client for each event. There is
# no lock, which a fork could leave locked: answers are replaced whole, and two threads that
# read the secret at the same moment do no harm.
_answers: dict[str, _Answer] = {}


class SecretsManagerTokenProvider(TokenProvider):  # type: ignore[misc]
    """Gives the bearer token of the secret named by the environment variable `ARN_VARIABLE`.

    `config` is the transport's `auth` object; `cache_seconds` in it says how long a token is used
    before the secret is read again, which is how late a rotation is noticed.

    No attribute may be called `api_key`: Airflow copies that one into Spark's properties.
    """

    def __init__(self, config: dict[str, str]) -> None:
        super().__init__(config)
        self._cache_seconds = float(config.get("cache_seconds", 300))

    def get_bearer(self) -> str:
        """The value of the Authorization header. Raises TokenUnavailableError."""
        secret_id = os.environ.get(ARN_VARIABLE, "")
        answer = _answers.get(secret_id)
        if answer is None or _due(answer, self._cache_seconds):
            answer = _answers[secret_id] = _ask(secret_id, answer)
        if not answer.token:
            raise TokenUnavailableError(answer.problem)
        return f"Bearer {answer.token}"


def _due(answer: _Answer, cache_seconds: float) -> bool:
    patience = RETRY_SECONDS if answer.problem else cache_seconds
    return time.monotonic() - answer.tried_at >= patience


def _ask(secret_id: str, last: _Answer | None) -> _Answer:
    now = time.monotonic()
    try:
        return _Answer(_token(_secret_value(secret_id)), read_at=now, tried_at=now)
    except Exception as error:  # noqa: BLE001 - botocore is not imported here to name its errors
        problem = f"No lineage token from the secret in {ARN_VARIABLE}: {error}"
    if last and last.token and now - last.read_at < STALE_SECONDS:
        log.warning("%s. The token that was read before stays in use.", problem)
        return replace(last, tried_at=now, problem=problem)
    log.error("%s. Events are not sent until there is one.", problem)
    return _Answer("", read_at=now, tried_at=now, problem=problem)


def _secret_value(secret_id: str) -> str:
    """The current version of the secret whose ARN is given, in the ARN's own region."""
    if not secret_id.startswith("arn:"):
        raise TokenUnavailableError("that is not the ARN of a secret")
    # Too dear for processes that send nothing, and boto3 on top would add a third to each event.
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    # At DEBUG it writes every response, so the token, into the log.
    logging.getLogger("botocore.parsers").setLevel(logging.INFO)
    client = get_session().create_client(
        "secretsmanager",
        region_name=secret_id.split(":")[3],
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 1},
        ),
    )
    return str(client.get_secret_value(SecretId=secret_id).get("SecretString", ""))


def _token(value: str) -> str:
    """The token in a secret's value: the text itself, or `token` of a JSON object."""
    try:
        fields = json.loads(value)
    except ValueError:
        fields = None
    text = fields.get("token") if isinstance(fields, dict) else value
    token = text.strip() if isinstance(text, str) else ""
    if PLACEHOLDER.fullmatch(token):
        raise TokenUnavailableError(
            'the secret has no token yet: put it in as text, or as {"token": …}'
        )
    if not BEARER_TOKEN.fullmatch(token):
        raise TokenUnavailableError("the secret's value is not a bearer token")
    return token
