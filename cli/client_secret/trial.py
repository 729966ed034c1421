"""Trial of a client secret at the provider's token endpoint, without anybody's sign-in.

It asks for the tokens of an authorization code that does not exist. A provider authenticates the
client first (RFC 6749, 4.1.3), and says `invalid_client` where it does not (5.2).
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus

import httpx
from pydantic import TypeAdapter, ValidationError

from errors import PlatformError

TIMEOUT_SECONDS = 10.0
UNTRIED = "Try again, or leave the trial out: --untried."


def check_accepted(endpoint: str, client_id: str, secret: str, *, host: str, ca: str) -> None:
    """Returns where the provider does not refuse the secret of a client.

    `host` is one of the client's redirect URIs, `ca` a PEM file of authorities to trust. Raises
    PlatformError where the provider refuses the secret, or its answer does not tell.
    """
    body = {
        "grant_type": "authorization_code",
        "code": "none",
        "redirect_uri": f"https://{host}/oauth2/idpresponse",
    }
    refused = ""
    with httpx.Client(
        verify=ssl.create_default_context(cafile=ca), timeout=TIMEOUT_SECONDS
    ) as client:
        for credentials in _credentials(client_id, secret):
            refused = _refusal(client, endpoint, body, credentials)
            if not refused:
                return
    raise PlatformError(
        f"The provider does not take this secret for the client {client_id} ({refused}).",
        place=endpoint,
        remedy="Nothing was changed. Look whether it is the secret's value, not its ID, and of "
        "this client.",
    )


def _credentials(client_id: str, secret: str) -> Iterator[Mapping[str, Any]]:
    """Both ways to send them; which one the load balancer uses is not documented."""
    yield {"auth": (quote_plus(client_id), quote_plus(secret))}
    yield {"data": {"client_id": client_id, "client_secret": secret}}


def _refusal(
    client: httpx.Client, endpoint: str, body: Mapping[str, str], credentials: Mapping[str, Any]
) -> str:
    """How the provider refuses the credentials; empty where it refuses the code alone."""
    data = {**body, **credentials.get("data", {})}
    try:
        answer = client.post(endpoint, **{**credentials, "data": data})
    except httpx.HTTPError as error:
        raise PlatformError(
            f"The provider cannot be reached from here ({type(error).__name__}).",
            place=endpoint,
            remedy=UNTRIED,
        ) from None
    code = _error(answer)
    if answer.status_code == httpx.codes.UNAUTHORIZED or code == "invalid_client":
        return code or str(answer.status_code)
    if not code:
        raise PlatformError(
            f"The provider does not say whether it takes the secret: it answers "
            f"{answer.status_code}.",
            place=endpoint,
            remedy=UNTRIED,
        )
    return ""


def _error(answer: httpx.Response) -> str:
    """The answer's error code, where it has one of RFC 6749's form."""
    try:
        code = TypeAdapter(dict[str, Any]).validate_json(answer.content).get("error")
    except ValidationError:
        return ""
    return code if isinstance(code, str) and code.isidentifier() else ""
