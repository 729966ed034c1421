"""InvokeRestApi, for which MiniStack 1.5.33 would need its Airflow in Docker.

As on MWAA, it signs in to the environment's Airflow with a web login token, in the role that the
caller's policies allow, and forwards the request to Airflow's REST API.
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

from ministack.services import mwaa

from local.aws.adapter.airflow_access import (
    KEY_FILE,
    AirflowAccess,
    authorize,
    skip_authorization_of,
)
from local.aws.adapter.handlers import HandlerResponse, error_response, json_response

ACTION = "airflow:InvokeRestApi"
METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")
AIRFLOW_2 = "2."
TIMEOUT_SECONDS = 30


def install() -> None:
    """Replaces MiniStack's handler. MWAA_LOCAL_TOKEN_KEY is the file of the tokens' key."""
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
    access = authorize(ACTION, path, headers, query)
    if not isinstance(access, AirflowAccess):
        return access
    call = json.loads(body or b"{}")
    if call.get("Method") not in METHODS or not str(call.get("Path", "")).startswith("/"):
        return error_response("ValidationException", "Method and Path are needed.", 400)
    server = _WebServer(
        address=str(access.environment["WebserverUrl"]),
        version=str(access.environment["AirflowVersion"]),
        token=access.token(key_file),
    )
    try:
        status, content = await asyncio.to_thread(server.call, call)
    except (OSError, HTTPException, ValueError) as problem:
        return error_response("InternalServerException", f"The web server: {problem}", 500)
    return _response(status, content)


class _WebServer(NamedTuple):
    """An environment's web server: its host and port, and a web login token."""

    address: str
    version: str
    token: str

    def call(self, call: Mapping[str, Any]) -> tuple[int, Any]:
        """Signs in and forwards a call; returns the status and the JSON content of the response."""
        cookies = self._sign_in()
        prefix = "/api/v1" if self.version.startswith(AIRFLOW_2) else "/api/v2"
        query = urlencode(call.get("QueryParameters") or {}, doseq=True)
        path = f"{prefix}{call['Path']}" + (f"?{query}" if query else "")
        body = json.dumps(call["Body"]).encode() if "Body" in call else None
        headers = {"Cookie": cookies, "Content-Type": "application/json"}
        # Airflow 3.0 takes its token in this header alone, later ones in the cookie as well.
        if token := dict(each.split("=", 1) for each in cookies.split("; ") if each).get("_token"):
            headers["Authorization"] = f"Bearer {token}"
        response, content = self._request(str(call["Method"]), path, headers, body)
        return response.status, json.loads(content) if content else {}

    def _sign_in(self) -> str:
        prefix = "" if self.version.startswith(AIRFLOW_2) else "/pluginsv2"
        form = urlencode({"token": self.token}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response, _ = self._request("POST", f"{prefix}/aws_mwaa/login", headers, form)
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise ValueError(f"its sign-in answers {response.status}")
        cookies = response.headers.get_all("Set-Cookie") or []
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
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()


def _response(status: int, content: Any) -> HandlerResponse:
    body = {"RestApiStatusCode": status, "RestApiResponse": content}
    if status < HTTPStatus.BAD_REQUEST:
        return json_response(body)
    is_client_error = status < HTTPStatus.INTERNAL_SERVER_ERROR
    code = "RestApiClientException" if is_client_error else "RestApiServerException"
    _, headers, _ = error_response(code, "", 400)
    return 400, headers, json.dumps(body).encode()
