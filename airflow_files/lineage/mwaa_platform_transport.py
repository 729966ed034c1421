"""OpenLineage transports for what the client's own cannot do.

Clients before 1.33 (Airflow 2.10.3) have filters, but not for the events of the providers from 1.11
(Airflow 2.10.1) on, and no way to set them beside a transport. So a transport of ours leaves out
what `OPENLINEAGE__FILTERS` does later.

A catalogue may take its token in a header of its own: the client puts what a token provider gives
into `Authorization` alone, and its `custom_headers`, where it has them, are fixed. Clients of
Airflow 2.5 and 2.6 ask a token provider once and never again, or silently not at all. So the
other transport gives the client a session that adds the token to each request, which every client
from 0.20 on takes in its configuration.

Both bound all attempts to send an event: a catalogue that drips its answer would hold a task for
ever on Airflow before 2.10, which has no limit of its own. A session that did so would not do: the
client takes the token of a transport with a session once, when it makes the transport.
"""

from __future__ import annotations

import re
from typing import Any

from openlineage.client.transport.http import HttpConfig, HttpTransport
from requests import PreparedRequest, Response, Session
from requests.auth import AuthBase

from mwaa_platform_token import BEARER_TOKEN, DEFAULT_CACHE_SECONDS, token
from mwaa_platform_within import within

LEFT_OUT = re.compile(r"mwaa_platform_lineage_preflight(\.|$)")
"""The jobs of the preflight's own runs, which nobody looks for in a catalogue."""

# RFC 9110, section 5.5, in ASCII.
HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")


class _Token(AuthBase):  # type: ignore[misc]
    """Adds the token to a request; raises TokenUnavailableError where there is none."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._secret = str(config["secret"])
        self._field = config.get("field")
        self._cache_seconds = float(config.get("cache_seconds", DEFAULT_CACHE_SECONDS))
        self._bearer = "header" not in config
        self.header = str(config.get("header", "Authorization"))

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        found = self.read()
        request.headers[self.header] = f"Bearer {found}" if self._bearer else found
        return request

    def read(self) -> str:
        """The token, which is cached. Raises TokenUnavailableError."""
        return token(
            self._secret,
            self._field,
            cache_seconds=self._cache_seconds,
            form=BEARER_TOKEN if self._bearer else HEADER_VALUE,
        )


class _TokenSession(Session):  # type: ignore[misc]
    """Keeps every such header, as requests does `Authorization`, from other hosts that a redirect
    leads to."""

    auth: _Token

    def rebuild_auth(self, prepared_request: PreparedRequest, response: Response) -> None:
        """Drop what must not go to the redirect's target."""
        super().rebuild_auth(prepared_request, response)
        if self.should_strip_auth(response.request.url, prepared_request.url):
            prepared_request.headers.pop(self.auth.header, None)


class TokenConfig(HttpConfig):  # type: ignore[misc]
    """The configuration of an HTTP transport, with another `auth`.

    In it `secret` is the catalogue's id, `field` and `cache_seconds` are as `token` takes them, and
    `header` is the header that takes the plain token; without it the token is a bearer token.
    """

    @classmethod
    def from_dict(cls, params: dict[str, Any]) -> TokenConfig:
        """Make it of what stands in the transport's JSON."""
        rest = {key: value for key, value in params.items() if key != "auth"}
        config: TokenConfig = super().from_dict(rest)
        config.session = _TokenSession()
        config.session.auth = _Token(params["auth"])
        return config


class QuietTransport(HttpTransport):  # type: ignore[misc]
    """Sends events as the HTTP transport does, but for those of the preflight's own runs.

    Its JSON is that of the HTTP transport, with `"type": "mwaa_platform_transport.QuietTransport"`.
    """

    kind = "mwaa_platform_http"

    def emit(self, event: Any) -> Any:
        """Send one event. Raises what the client's transport raises, and TimeoutError."""
        job = getattr(event, "job", None)
        if job and LEFT_OUT.match(job.name):
            return None
        # Its reading has a bound of its own, and is then in the cache.
        self._read_token()
        retry = getattr(self.config, "retry", None) or {}
        seconds = float(self.timeout) * (1 + int(retry.get("total", 0)))
        send = super().emit
        return within(seconds, lambda: send(event), server="The catalogue")

    def _read_token(self) -> None:
        self.config.auth.get_bearer()


class TokenTransport(QuietTransport):
    """Sends events as that transport does, with a token that the client cannot add.

    Its JSON is that of the HTTP transport, with `"type": "mwaa_platform_transport.TokenTransport"`
    and the `auth` of `TokenConfig`.
    """

    kind = "mwaa_platform_token"  # not "http", which Airflow would repeat to Spark without a token
    config = config_class = TokenConfig  # the first for clients before 1.0

    def _read_token(self) -> None:
        self.session.auth.read()

    def close(self, timeout: float = -1) -> bool:  # noqa: ARG002 - the base class's parameter
        """Close the connections but keep the session: another would send without the token."""
        self.config.session.close()
        return True
