"""Clients of AWS services: one session, each client built once on first use, with timeouts."""

from __future__ import annotations

import time
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from authenticator.errors import UnavailableError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_mwaa import MWAAClient
    from types_boto3_sts import STSClient

CONNECT_TIMEOUT_SECONDS = 1
READ_TIMEOUT_SECONDS = 2
MAX_ATTEMPTS = 2
REQUEST_TIMEOUT_SECONDS = 5
"""Time after which a request starts no further call. The last call, with its retry, then ends
before the function's timeout of 15 seconds, and the person gets a page."""

USER_AGENT = "mwaa-platform-authenticator"
"""User agent in CloudTrail. botocore would build its own for each call, at a tenth of the cost."""

_web_login_credentials: ContextVar[Credentials] = ContextVar("web_login_credentials")


class AwsClients:
    """AWS services of a request; each of their failures is an `UnavailableError`."""

    def __init__(self, region: str) -> None:
        self._session = botocore.session.get_session()
        self._region = region
        self.start_request()

    def start_request(self) -> None:
        """Starts the timeout of a request; Lambda serves one at a time."""
        self._deadline = time.monotonic() + REQUEST_TIMEOUT_SECONDS

    def require_time(self, name: str) -> None:
        """Raises `UnavailableError` if the request may start nothing further, such as `name`."""
        if time.monotonic() > self._deadline:
            raise UnavailableError(f"{name}: no time left")

    def build_web_login_clients(self) -> None:
        """Builds the clients of a sign-in."""
        _ = self.dynamodb, self.sts, self._mwaa_web_login

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """Client of DynamoDB with the function's own credentials."""
        return cast("DynamoDBClient", self._client("dynamodb"))

    @cached_property
    def sts(self) -> STSClient:
        """Client of STS with the function's own credentials."""
        return cast("STSClient", self._client("sts"))

    @cached_property
    def mwaa(self) -> MWAAClient:
        """Client of MWAA with the function's own credentials."""
        return cast("MWAAClient", self._client("mwaa"))

    @cached_property
    def _mwaa_web_login(self) -> MWAAClient:
        # A client for each sign-in would load certificates and connect each time. This one signs
        # each request with the credentials of its sign-in.
        client = cast("MWAAClient", self._client("mwaa", signature_version=UNSIGNED))
        client.meta.events.register("request-created.mwaa", self._sign_web_login)
        return client

    def create_web_login_token(self, environment: str, credentials: Credentials) -> dict[str, Any]:
        """Calls CreateWebLoginToken of MWAA with these credentials."""
        _web_login_credentials.set(credentials)
        return self.call(self._mwaa_web_login.create_web_login_token, Name=environment)

    def call(self, operation: Any, **parameters: Any) -> dict[str, Any]:
        """Calls an operation of a client."""
        name = operation.__name__
        self.require_time(name)
        try:
            response: dict[str, Any] = operation(**parameters)
        except ClientError as error:
            raise UnavailableError(f"{name}: {error.response['Error'].get('Code')}") from error
        except Exception as error:  # of any kind, for a malformed response
            raise UnavailableError(f"{name}: {type(error).__name__}") from error
        return response

    def _client(self, service: str, **config: Any) -> BaseClient:
        return self._session.create_client(
            service,
            region_name=self._region,
            config=Config(
                user_agent=USER_AGENT,
                connect_timeout=CONNECT_TIMEOUT_SECONDS,
                read_timeout=READ_TIMEOUT_SECONDS,
                retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
                **config,
            ),
        )

    def _sign_web_login(self, request: Any, **_: Any) -> None:
        SigV4Auth(_web_login_credentials.get(), "airflow", self._region).add_auth(request)
