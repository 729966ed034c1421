"""The AWS clients: one session, each client built once, on first use, with bounded patience."""

from __future__ import annotations

import time
from contextvars import ContextVar
from functools import cached_property
from typing import Any

import botocore.session
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from authenticator.errors import UnavailableError

CONNECT_SECONDS = 1
READ_SECONDS = 2
ATTEMPTS = 2
REQUEST_SECONDS = 5
"""After this time no further call is begun: with its one retry the last one ends in good time
before the function's own limit of 15 seconds, and the person still gets a page."""

USER_AGENT = "mwaa-platform-authenticator"
"""What CloudTrail shows. botocore's own is built anew for each call, at a tenth of its cost."""

_web_login_credentials: ContextVar[Credentials] = ContextVar("web_login_credentials")


class Aws:
    """The AWS services that a decision needs; every failure of theirs is `UnavailableError`."""

    def __init__(self, region: str) -> None:
        self._session = botocore.session.get_session()
        self._region = region
        self.start_request()

    def start_request(self) -> None:
        """Start the clock of one request; a Lambda environment serves one at a time."""
        self._deadline = time.monotonic() + REQUEST_SECONDS

    def build_web_login_clients(self) -> None:
        """Build the clients of a sign-in ahead of its first use of them."""
        _ = self.dynamodb, self.sts, self._mwaa_web_login

    @cached_property
    def dynamodb(self) -> Any:
        """DynamoDB, with the function's own credentials."""
        return self._client("dynamodb")

    @cached_property
    def sts(self) -> Any:
        """STS, with the function's own credentials."""
        return self._client("sts")

    @cached_property
    def mwaa(self) -> Any:
        """MWAA, with the function's own credentials."""
        return self._client("mwaa")

    @cached_property
    def _mwaa_web_login(self) -> Any:
        # A client a sign-in would load certificates and shake hands each time; one client whose
        # requests are signed with the credentials of the moment does that once.
        client = self._client("mwaa", signature_version=UNSIGNED)
        client.meta.events.register("request-created.mwaa", self._sign_web_login)
        return client

    def create_web_login_token(self, environment: str, credentials: Credentials) -> dict[str, Any]:
        """MWAA's CreateWebLoginToken, with these credentials."""
        _web_login_credentials.set(credentials)
        return self.call(self._mwaa_web_login.create_web_login_token, Name=environment)

    def call(self, operation: Any, **parameters: Any) -> dict[str, Any]:
        """Call an operation of a client."""
        name = operation.__name__
        if time.monotonic() > self._deadline:
            raise UnavailableError(f"{name}: no time left")
        try:
            response: dict[str, Any] = operation(**parameters)
        except ClientError as error:
            raise UnavailableError(f"{name}: {error.response['Error'].get('Code')}") from error
        except Exception as error:  # botocore lets errors of any kind through for nonsense
            raise UnavailableError(f"{name}: {type(error).__name__}") from error
        return response

    def _client(self, service: str, **config: Any) -> Any:
        return self._session.create_client(
            service,
            region_name=self._region,
            config=Config(
                user_agent=USER_AGENT,
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                **config,
            ),
        )

    def _sign_web_login(self, request: Any, **_: Any) -> None:
        SigV4Auth(_web_login_credentials.get(), "airflow", self._region).add_auth(request)
