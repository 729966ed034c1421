"""InvokeRestApi, for which MiniStack 1.5.33 would need the Airflow that it starts in Docker.

Here it does what MWAA does: it signs in to the environment's Airflow under the role that the
caller's policies allow, by a web login token, and passes the request on to Airflow's REST API.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from ministack.core import responses
from ministack.services import mwaa

from local.aws.adapter.airflow_access import (
    KEY_FILE,
    AirflowAccess,
    authorize,
    skip_authorization_of,
)
from local.aws.adapter.handlers import HandlerResponse, error_response

ACTION = "airflow:InvokeRestApi"
METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")
AIRFLOW_2 = "2."
TIMEOUT_SECONDS = 30


def install() -> None:
    """Replace MiniStack's answer. MWAA_LOCAL_TOKEN_KEY names the key of web login tokens."""
    mwaa._invoke_rest_api = partial(_invoke_rest_api, Path(os.environ[KEY_FILE]))
    skip_authorization_of(ACTION)


async def _invoke_rest_api(
    key_file: Path,
    _method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    query: Mapping[str, Any],
) -> HandlerResponse:
    allowed = authorize(ACTION, path, headers, query)
    if not isinstance(allowed, AirflowAccess):
        return allowed
    asked = json.loads(body or b"{}")
    if asked.get("Method") not in METHODS or not str(asked.get("Path", "")).startswith("/"):
        return error_response("ValidationException", "Method and Path are needed.", 400)
    server = _WebServer(
        address=str(allowed.environment["WebserverUrl"]),
        version=str(allowed.environment["AirflowVersion"]),
        token=allowed.token(key_file),
    )
    try:
        status, answered = await asyncio.to_thread(server.ask, asked)
    except (OSError, HTTPException, ValueError) as problem:
        return error_response("InternalServerException", f"The web server: {problem}", 500)
    return _answer(status, answered)


class _WebServer(NamedTuple):
    """An environment's web server: its host and port, and a token to sign in by."""

    address: str
    version: str
    token: str

    def ask(self, asked: Mapping[str, Any]) -> tuple[int, Any]:
        """Sign in and pass a request on; the status and what the JSON of the answer says."""
        cookies = self._sign_in()
        prefix = "/api/v1" if self.version.startswith(AIRFLOW_2) else "/api/v2"
        query = urlencode(asked.get("QueryParameters") or {}, doseq=True)
        path = f"{prefix}{asked['Path']}" + (f"?{query}" if query else "")
        body = json.dumps(asked["Body"]).encode() if "Body" in asked else None
        headers = {"Cookie": cookies, "Content-Type": "application/json"}
        answer, content = self._request(str(asked["Method"]), path, headers, body)
        return answer.status, json.loads(content) if content else {}

    def _sign_in(self) -> str:
        prefix = "" if self.version.startswith(AIRFLOW_2) else "/pluginsv2"
        form = urlencode({"token": self.token}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer, _ = self._request("POST", f"{prefix}/aws_mwaa/login", headers, form)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise ValueError(f"its sign-in answers {answer.status}")
        cookies = answer.headers.get_all("Set-Cookie") or []
        return "; ".join(each.partition(";")[0] for each in cookies)

    def _request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[HTTPResponse, bytes]:
        # The C library does not resolve names below .localhost.
        port = int(self.address.rpartition(":")[2])
        connection = HTTPSConnection(
            "localhost",
            port,
            timeout=TIMEOUT_SECONDS,
            context=ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE")),
        )
        try:
            connection.request(method, path, body, {"Host": self.address, **headers})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


def _answer(status: int, answered: Any) -> HandlerResponse:
    if status < HTTPStatus.BAD_REQUEST:
        answer: HandlerResponse = responses.json_response(
            {"RestApiStatusCode": status, "RestApiResponse": answered}
        )
        return answer
    of_the_client = status < HTTPStatus.INTERNAL_SERVER_ERROR
    code = "RestApiClientException" if of_the_client else "RestApiServerException"
    _, headers, _ = error_response(code, "", 400)
    said = {"RestApiStatusCode": status, "RestApiResponse": answered}
    return 400, headers, json.dumps(said).encode()
