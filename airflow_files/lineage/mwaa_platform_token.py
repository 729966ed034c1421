"""The catalogues' tokens, read from Secrets Manager when an event is sent.

The OpenLineage client loads `SecretsManagerTokenProvider` by the name in its transport's `auth`
and asks it for every event; the others ask `token`. A task waits for its events, so each answer
comes within `mwaa_platform_secret.PATIENCE_SECONDS`. An event without a token is never sent: the
exception makes the client drop it, and the task goes on.
"""

from __future__ import annotations

import json
import logging
import os
import re
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

from mwaa_platform_secret import Moment, TokenUnavailableError, latest_answer

try:
    from openlineage.client.transport.http import TokenProvider
except ImportError:  # an environment whose only catalogue is OpenMetadata by its own backend
    TokenProvider = object

ARN_VARIABLE = "AIRFLOW__MWAA_PLATFORM__LINEAGE_SECRET_{}"
"""Where the ARN of a catalogue's secret stands; it takes the catalogue's id in capital letters."""

DEFAULT_CACHE_SECONDS = 300.0

# RFC 6750, section 2.1. Anything else could end up in the error text of the HTTP client.
BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
# "..." stands for a value that is yet to be filled in.
PLACEHOLDER = "."

log = logging.getLogger(__name__)

# The attempt of which the log of this process has said that it failed, for each catalogue.
_said: dict[str, Moment | None] = {}


def _part(value: str, field: str | None, *, whole: bool, form: re.Pattern[str] | None) -> str:
    """The part of a secret's value that is the token. Raises TokenUnavailableError."""
    fields = None
    if not whole:
        with suppress(ValueError, RecursionError):
            fields = json.loads(value)
    text: object = value
    if isinstance(fields, dict):
        text = fields.get(field or "token")
    elif field:
        raise TokenUnavailableError(
            f"the secret is not a JSON object, so it has no field {field!r}"
        )
    found = text.strip() if isinstance(text, str) else ""
    if not found.strip(PLACEHOLDER):
        wanted = f"{{{json.dumps(field or 'token')}: …}}"
        raise TokenUnavailableError(
            f"the secret has no token yet: put it in as {wanted}" + ("" if field else " or as text")
        )
    if form and not form.fullmatch(found):
        raise TokenUnavailableError("the secret's value cannot stand in an HTTP header")
    return found


def token(
    secret: str,
    field: str | None = None,
    *,
    cache_seconds: float = DEFAULT_CACHE_SECONDS,
    whole: bool = False,
    form: re.Pattern[str] | None = None,
) -> str:
    """The token of a catalogue, at most `cache_seconds` old while Secrets Manager answers.

    `secret` is the catalogue's id, `field` the field of a JSON object that holds the token;
    without one it is the secret's text, or `token` of a JSON object. `whole` takes the text as it
    is, for a token that is itself JSON. All of the token must have the `form`, where one is given.
    Raises TokenUnavailableError; the log has one line for each attempt to read the secret.
    """
    variable = ARN_VARIABLE.format(secret.upper())
    about = f"No lineage token for {secret} from the secret in {variable}"
    arn = os.environ.get(variable, "")
    if not arn.startswith("arn:"):
        return _refuse(secret, None, f"{about}: that is not the ARN of a secret")
    part = partial(_part, field=field, whole=whole, form=form)
    answer = latest_answer(arn, part, cache_seconds=cache_seconds)
    if answer.value is None:
        return _refuse(secret, answer.tried_at, f"{about}: {answer.problem}")
    try:
        result = part(answer.value)
    except TokenUnavailableError as error:
        return _refuse(secret, answer.tried_at, f"{about}: {error}")
    if answer.problem and _first_time(secret, answer.tried_at):
        log.warning("%s: %s. The token that was read before stays in use.", about, answer.problem)
    return result


def _refuse(secret: str, tried_at: Moment | None, problem: str) -> NoReturn:
    if _first_time(secret, tried_at):
        log.error("%s. Events are not sent until there is one.", problem)
    raise TokenUnavailableError(problem)


def _first_time(secret: str, tried_at: Moment | None) -> bool:
    """Whether this process has not yet spoken of this attempt."""
    first = secret not in _said or _said[secret] != tried_at
    _said[secret] = tried_at
    return first


class SecretsManagerTokenProvider(TokenProvider):  # type: ignore[misc]
    """Gives the bearer token of a catalogue.

    `config` is the transport's `auth` object: `secret`, the catalogue's id, with `field` and
    `cache_seconds` as `token` takes them.

    No attribute may be called `api_key`: Airflow copies that one into Spark's properties.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._secret = str(config["secret"])
        self._field = config.get("field")
        self._cache_seconds = float(config.get("cache_seconds", DEFAULT_CACHE_SECONDS))

    def get_bearer(self) -> str:
        """The value of the Authorization header. Raises TokenUnavailableError."""
        found = token(
            self._secret, self._field, cache_seconds=self._cache_seconds, form=BEARER_TOKEN
        )
        return f"Bearer {found}"
