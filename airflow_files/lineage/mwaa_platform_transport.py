"""An OpenLineage transport whose catalogue takes an API key in a header of its own.

The client of every version puts what a token provider gives into `Authorization` alone, and its
`custom_headers`, where it has them, are fixed. So this transport hands it a session that adds the
header to each request, which it has taken in its configuration since before 1.0.
"""

from __future__ import annotations

import re
from typing import Any

from openlineage.client.transport.http import HttpConfig, HttpTransport
from requests import PreparedRequest, Response, Session
from requests.auth import AuthBase

from mwaa_platform_token import DEFAULT_CACHE_SECONDS, token

# RFC 9110, section 5.5, in ASCII.
HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")


class _ApiKey(AuthBase):  # type: ignore[misc]
    """Adds the key to a request; raises TokenUnavailableError where there is none."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.header = str(config["header"])
        self._secret = str(config["secret"])
        self._field = config.get("field")
        self._cache_seconds = float(config.get("cache_seconds", DEFAULT_CACHE_SECONDS))

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers[self.header] = token(
            self._secret, self._field, cache_seconds=self._cache_seconds, form=HEADER_VALUE
        )
        return request


class _ApiKeySession(Session):  # type: ignore[misc]
    """Keeps the key from the hosts that a redirect leads to, as requests does `Authorization`."""

    auth: _ApiKey

    def rebuild_auth(self, prepared_request: PreparedRequest, response: Response) -> None:
        """Drop what must not go to the redirect's target."""
        super().rebuild_auth(prepared_request, response)
        if self.should_strip_auth(response.request.url, prepared_request.url):
            prepared_request.headers.pop(self.auth.header, None)


class ApiKeyConfig(HttpConfig):  # type: ignore[misc]
    """The configuration of an HTTP transport, with another `auth`: `header`, the header's name,
    `secret`, the catalogue's id, and `field` and `cache_seconds` as `token` takes them."""

    @classmethod
    def from_dict(cls, params: dict[str, Any]) -> ApiKeyConfig:
        """Make it of what stands in the transport's JSON."""
        rest = {key: value for key, value in params.items() if key != "auth"}
        config: ApiKeyConfig = super().from_dict(rest)
        config.session = _ApiKeySession()
        config.session.auth = _ApiKey(params["auth"])
        return config


class ApiKeyTransport(HttpTransport):  # type: ignore[misc]
    """Sends events as the HTTP transport does.

    Its JSON is that of the HTTP transport, with `"type": "mwaa_platform_transport.ApiKeyTransport"`
    and the `auth` of `ApiKeyConfig`.
    """

    kind = "mwaa_platform_api_key"  # not "http", which Airflow would repeat to Spark without a key
    config_class = ApiKeyConfig

    def close(self, timeout: float = -1) -> bool:  # noqa: ARG002 - the base class's parameter
        """Close the connections but keep the session: another would send without the key."""
        self.config.session.close()
        return True
