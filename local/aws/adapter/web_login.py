"""CreateWebLoginToken, which MiniStack 1.5.33 answers with a random string for anybody.

Here it does what MWAA does: the Airflow role is the one that the caller's policies allow, and the
token carries it to the Airflow of that environment, where a plugin takes it for MWAA.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ministack.core import responses
from ministack.services import mwaa

from local.aws.adapter.airflow_access import (
    KEY_FILE,
    AirflowAccess,
    authorize,
    skip_authorization_of,
)
from local.aws.adapter.handlers import HandlerResponse

ACTION = "airflow:CreateWebLoginToken"


def install() -> None:
    """Replace MiniStack's answer. MWAA_LOCAL_TOKEN_KEY names the key of web login tokens."""
    key_file = Path(os.environ[KEY_FILE])
    mwaa._create_web_login_token = partial(_create_web_login_token, key_file)
    skip_authorization_of(ACTION)


def _create_web_login_token(
    key_file: Path,
    _method: str,
    path: str,
    headers: Mapping[str, str],
    _body: bytes,
    query: Mapping[str, Any],
) -> HandlerResponse:
    allowed = authorize(ACTION, path, headers, query)
    if not isinstance(allowed, AirflowAccess):
        return allowed
    answer: HandlerResponse = responses.json_response(
        {
            "WebToken": allowed.token(key_file),
            "WebServerHostname": allowed.environment["WebserverUrl"],
            "IamIdentity": allowed.identity,
            "AirflowIdentity": allowed.identity,
        }
    )
    return answer
