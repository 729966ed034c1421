"""OIDC providers in CloudFormation, and what STS demands of a token beyond a role's trust.

MiniStack 1.5.33 compares a token's `aud` and `sub` with the trust policy. AWS also takes tokens of
the account's providers alone, for their audiences, and none that has ended. Nobody checks the
signature here: the keys are at the issuer, out of reach.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import cognito, iam, sts
from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import CreatedResource, Properties, error_response

TYPE = "AWS::IAM::OIDCProvider"
HTTPS = "https://"
WRONG_TOKEN, ENDED_TOKEN = "InvalidIdentityToken", "ExpiredTokenException"


def install() -> None:
    """Adds the type, and the demands."""
    provisioners._RESOURCE_HANDLERS[TYPE] = {
        "create": _create,
        "update": _update,
        "delete": lambda arn, _properties: iam._oidc_providers.pop(arn, None),
    }
    sts._web_identity_trust_denied = _demanding(sts._web_identity_trust_denied)


def _create(logical_id: str, properties: Properties, _stack: str) -> CreatedResource:
    url = str(properties["Url"])
    if not url.startswith(HTTPS):
        raise ValueError(f"{logical_id}: the URL must begin with {HTTPS}")
    arn = f"arn:aws:iam::{get_account_id()}:oidc-provider/{_host(url)}"
    if arn in iam._oidc_providers:
        raise ValueError(f"{logical_id}: Provider with url {url} already exists.")
    iam._oidc_providers[arn] = {
        "Arn": arn,
        "Url": _host(url),
        "ThumbprintList": list(properties.get("ThumbprintList", ())),
        "CreateDate": iam._now(),
        **_changeable(properties),
    }
    return arn, {"Arn": arn}


def _update(arn: str, old: Properties, new: Properties, stack: str) -> CreatedResource:
    if old.get("Url") != new.get("Url"):
        # The former one stays, as the templates have it.
        return _create(arn, new, stack)
    iam._oidc_providers[arn] |= _changeable(new)
    return arn, {"Arn": arn}


def _changeable(properties: Properties) -> dict[str, Any]:
    return {
        "ClientIDList": list(properties.get("ClientIdList", ())),
        "Tags": list(properties.get("Tags", ())),
    }


def _demanding(trust_denied: Callable[..., Any]) -> Callable[..., Any]:
    def denied(role_arn: str, parameters: Mapping[str, Any], use_json: bool) -> Any:
        token = sts._p(parameters, "WebIdentityToken")
        if refusal := _refusal(token, role_arn):
            code, message = refusal
            if use_json:
                return error_response(code, message, 400)
            return sts._error(400, code, message, ns="sts")
        return trust_denied(role_arn, parameters, use_json)

    return denied


def _refusal(token: str, role_arn: str) -> tuple[str, str] | None:
    """Code and message of what is wrong with a token, whatever the role trusts."""
    try:
        claims = cognito._decode_id_token_unverified(token)
        issuer, audience, ends = (claims[name] for name in ("iss", "aud", "exp"))
    except (ValueError, TypeError, KeyError):
        return (
            WRONG_TOKEN,
            "The ID Token provided is not a valid JWT. (You may see this error if "
            "you sent an Access Token)",
        )
    if float(ends) <= time.time():
        return ENDED_TOKEN, "Token expired: current date/time must be before the expiration"
    account = role_arn.split(":")[4]
    provider = iam._oidc_providers.get(f"arn:aws:iam::{account}:oidc-provider/{_host(issuer)}")
    if provider is None:
        return WRONG_TOKEN, f"No OpenIDConnect provider found in your account for {issuer}"
    if audience not in provider["ClientIDList"]:
        return WRONG_TOKEN, "Incorrect token audience"
    return None


def _host(issuer: str) -> str:
    return issuer.removeprefix(HTTPS).rstrip("/")
