"""The OIDC token of a workflow's job, which says which repository and branch it works for.

GitHub makes one whenever it is asked, good for five minutes.
https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import base64
import json
import os

import httpx

from errors import PlatformError
from mwaa.permissions.operation import AUDIENCE

TIMEOUT_SECONDS = 20.0
VARIABLES = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")


def request_token() -> str:
    """Asks GitHub for a token; raises PlatformError where the job gets none."""
    url, permission = (os.environ.get(name, "").strip() for name in VARIABLES)
    if not (url and permission):
        raise PlatformError(
            "GitHub gives this job no OIDC token.",
            place="ACTIONS_ID_TOKEN_REQUEST_URL",
            remedy="Give the job `permissions: id-token: write`. The workflow of a pull request "
            "from a fork gets none. On a laptop sign in to AWS as always.",
        )
    try:
        response = httpx.get(
            httpx.URL(url).copy_set_param("audience", AUDIENCE),
            headers={"Authorization": f"Bearer {permission}"},
            timeout=TIMEOUT_SECONDS,
        )
        return str(response.raise_for_status().json()["value"])
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        # Their texts may have what was sent.
        raise PlatformError(
            f"GitHub gave no OIDC token ({_reason(error)}).",
            place="ACTIONS_ID_TOKEN_REQUEST_URL",
            remedy="Run the job again; https://www.githubstatus.com says whether GitHub is well.",
        ) from None


def subject_of(token: str) -> str | None:
    """Whom a token is about, without a proof of it; None where it does not say."""
    try:
        claims = token.split(".")[1]
        decoded = base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))
        return str(json.loads(decoded)["sub"])
    except (IndexError, ValueError, KeyError, TypeError):
        return None


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return str(error.response.status_code)
    return type(error).__name__
