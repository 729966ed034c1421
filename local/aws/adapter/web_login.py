"""CreateWebLoginToken, for which MiniStack 1.5.33 returns a random string to every caller.

As on MWAA, the caller's policies determine the Airflow role. The token carries it to the Airflow of
the environment, where a plugin accepts it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ministack.services import mwaa

from local.aws.adapter.airflow_access import (
    KEY_FILE,
    AirflowAccess,
    authorize,
    skip_authorization_of,
)
from local.aws.adapter.handlers import HandlerResponse, json_response

ACTION = "airflow:CreateWebLoginToken"


def install() -> None:
    """Replaces MiniStack's handler. MWAA_LOCAL_TOKEN_KEY is the file of the tokens' key."""
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
    access = authorize(ACTION, path, headers, query)
    if not isinstance(access, AirflowAccess):
        return access
    return json_response(
        {
            "WebToken": access.token(key_file),
            "WebServerHostname": access.environment["WebserverUrl"],
            "IamIdentity": access.identity,
            "AirflowIdentity": access.identity,
        }
    )
