"""Discovery document of an identity provider, and the load balancer's settings from it.

https://openid.net/specs/openid-connect-discovery-1_0.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
"""

from __future__ import annotations

import shlex
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import httpx
from pydantic import TypeAdapter, ValidationError

import console
from config.entra import is_issuer_of_one_tenant, is_one_tenant, tenant_of
from config.types import HttpsUrl
from errors import PlatformError

WELL_KNOWN = "/.well-known/openid-configuration"
TIMEOUT_SECONDS = 10.0
MAX_BYTES = 1_000_000
HTTPS_PORT = 443
ENDPOINTS: Mapping[str, str] = {
    "AuthorizationEndpoint": "authorization_endpoint",
    "TokenEndpoint": "token_endpoint",
    "UserInfoEndpoint": "userinfo_endpoint",
    "EndSessionEndpoint": "end_session_endpoint",
}
OPTIONAL = "EndSessionEndpoint"
# Default of OpenID Connect Discovery.
DEFAULT_METHODS = ["client_secret_basic"]
SECRET_METHODS = {"client_secret_basic", "client_secret_post"}
# Amazon Cognito's own name for what OpenID Connect calls post_logout_redirect_uri.
LOGOUT_URI = "logout_uri"
URL = TypeAdapter(HttpsUrl)
CLAIMS = "claims_supported"
EMAIL_VERIFIED = "email_verified"
KEYCLOAK_AUTHORIZATION = "/protocol/openid-connect/auth"


class DiscoveredSettings(NamedTuple):
    """Keys for the configuration's `Oidc`, and warnings and hints about the provider.

    `verified_email` is the value of `RequireVerifiedEmail`, `reason` why.
    """

    settings: Mapping[str, str]
    warnings: tuple[str, ...]
    verified_email: bool
    reason: str
    hints: tuple[str, ...]


def fetch_document(issuer: str, *, ca: Path | None) -> tuple[str, dict[str, Any]]:
    """Returns the issuer's exact spelling and its discovery document.

    `ca` is a PEM file of authorities to trust instead of the public ones. Raises PlatformError
    where there is no document, or it is another issuer's.
    """
    issuer = _issuer(issuer)
    url = issuer.rstrip("/") + WELL_KNOWN
    document = _fetch(url, ca)
    _check_issuer(issuer, document.get("issuer"), url)
    return issuer, document


def settings_from(
    issuer: str, document: Mapping[str, Any], *, scope: str, groups_claim: str, host: str | None
) -> DiscoveredSettings:
    """Returns the settings; raises PlatformError where the load balancer does not support them.

    `host` is the platform's host name, where the configuration names it.
    """
    problems = list(_problems(issuer, document))
    if problems:
        raise PlatformError(
            "The load balancer cannot sign people in with this provider.\n" + "\n".join(problems),
            place=issuer,
            remedy="Change the provider's settings, or put a provider in front of it that can "
            "(Amazon Cognito, Keycloak).",
        )
    settings = {"Issuer": issuer} | {
        key: document[name] for key, name in ENDPOINTS.items() if document.get(name)
    }
    if _needs_id_token(settings.get(OPTIONAL, "")):
        del settings[OPTIONAL]
    if host and OPTIONAL in settings and _is_cognito(issuer):
        parameters = urlencode({LOGOUT_URI: f"https://{host}/signed-out"})
        settings[OPTIONAL] = f"{settings[OPTIONAL]}?{parameters}"
    verified_email, reason = _verified_email(issuer, document)
    return DiscoveredSettings(
        settings,
        tuple(_warnings(settings, document, scope, groups_claim)),
        verified_email,
        reason,
        tuple(_hints(settings)),
    )


def _verified_email(issuer: str, document: Mapping[str, Any]) -> tuple[bool, str]:
    """Value of `RequireVerifiedEmail` for an issuer, and why."""
    if EMAIL_VERIFIED in _strings(document, CLAIMS, []):
        return True, f"true, because the provider lists the claim {EMAIL_VERIFIED}."
    if is_issuer_of_one_tenant(issuer):
        return False, (
            f"false, because Entra ID never sends {EMAIL_VERIFIED}: a grant by User is only as "
            "good as the tenant, where whoever may edit users or invite guests can give somebody "
            "that address."
        )
    return True, (
        f"true, its default. The provider does not list the claim {EMAIL_VERIFIED}: people get in "
        "only if its userinfo endpoint sends it all the same."
    )


def _hints(settings: Mapping[str, str]) -> Iterator[str]:
    """Keys that the file may need for a provider that is known by its address."""
    if _is_cognito(settings["Issuer"]):
        yield (
            "Groups of a SAML provider behind Amazon Cognito are one text: they count with "
            '"GroupsAsText": true alone.'
        )
    if settings["AuthorizationEndpoint"].endswith(KEYCLOAK_AUTHORIZATION):
        yield (
            "Keycloak's groups are paths (/data/engineers): grant to them so, or without the first "
            'slash under "GroupPaths": true.'
        )


def _issuer(typed: str) -> str:
    issuer = typed.strip().removesuffix(WELL_KNOWN)
    try:
        return str(URL.validate_python(issuer))
    except ValidationError as error:
        [details] = error.errors()
        raise PlatformError(
            f"This is not an issuer: {details['msg']}",
            place="what you typed",
            remedy="An issuer is a URL such as https://login.example.com/oauth2/default.",
        ) from None


def _fetch(url: str, ca: Path | None) -> dict[str, Any]:
    try:
        verify = ssl.create_default_context(cafile=ca) if ca else True
        with (
            httpx.Client(verify=verify, timeout=TIMEOUT_SECONDS) as client,
            client.stream("GET", url, headers={"Accept": "application/json"}) as response,
        ):
            content = b"".join(_bounded(response))
    except OSError as error:
        raise PlatformError(
            f"The certificates cannot be read: {error.strerror or error}.",
            place=str(ca),
            remedy="Give --ca a file with certificates in PEM.",
        ) from None
    except httpx.HTTPError as error:
        raise _unreachable(url, error) from None
    if response.status_code != httpx.codes.OK:
        to = response.headers.get("Location")
        raise PlatformError(
            f"The provider has no discovery document there: it answers {response.status_code}"
            + (f" and points to {console.printable(to)}." if to else "."),
            place=url,
            remedy="Give the issuer as the provider's own documentation names it; "
            "docs/identity-providers.md has its form for common ones.",
        )
    document = _parsed(content)
    if document is None:
        raise PlatformError(
            "What the provider answers is not a discovery document.",
            place=url,
            remedy="Open that address in a browser: it must show one JSON object.",
        )
    return document


def _bounded(response: httpx.Response) -> Iterator[bytes]:
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > MAX_BYTES:
            return
        yield part


def _parsed(content: bytes) -> dict[str, Any] | None:
    try:
        return TypeAdapter(dict[str, Any]).validate_json(content)
    except ValidationError:
        return None


def _unreachable(url: str, error: httpx.HTTPError) -> PlatformError:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return PlatformError(
            "The provider's certificate is not trusted here.",
            place=url,
            remedy="The load balancer trusts public certificates alone. If yours is one, a proxy "
            "of your company stands between: give its authority with --ca <file.pem>.",
        )
    return PlatformError(
        f"The provider cannot be reached ({type(error).__name__}).",
        place=url,
        remedy="Check the address and the network. A proxy is taken from HTTPS_PROXY.",
    )


def _check_issuer(typed: str, named: Any, url: str) -> None:
    if named == typed:
        return
    shown = console.printable(str(named))
    command = f"./mwaa-platform oidc discover {shlex.quote(shown)}"
    if isinstance(named, str) and named.rstrip("/") == typed.rstrip("/"):
        slash = "with a slash" if named.endswith("/") else "without a slash"
        raise PlatformError(
            f"The provider spells its issuer {slash} at the end, and they are compared letter by "
            "letter.",
            place=url,
            remedy=f"Run: {command}",
        )
    raise PlatformError(
        f"The provider says that its issuer is {shown}.",
        place=url,
        remedy="It must be the very address that is asked. With Entra ID name your tenant: "
        "https://login.microsoftonline.com/<tenant id>/v2.0."
        if "{tenantid}" in shown
        else f"If that is the one you want, run: {command}",
    )


def _problems(issuer: str, document: Mapping[str, Any]) -> Iterator[str]:
    tenant = tenant_of(issuer)
    if tenant is not None and not is_one_tenant(tenant):
        yield "It signs in people of other directories: name your own tenant of Entra ID."
    for key, name in ENDPOINTS.items():
        value = document.get(name)
        if not value and key == OPTIONAL:
            continue
        if not value:
            why = ": a person's claims come from there" if key == "UserInfoEndpoint" else ""
            yield f"It has no {name}{why}."
            continue
        try:
            URL.validate_python(value)
        except ValidationError:
            yield f"Its {name} is no https:// address."
    if "code" not in _strings(document, "response_types_supported", ["code"]):
        yield "It has no code flow (response_types_supported lacks code)."
    methods = _strings(document, "token_endpoint_auth_methods_supported", DEFAULT_METHODS)
    if not SECRET_METHODS & set(methods):
        yield "It takes no client secret (token_endpoint_auth_methods_supported has neither "
        yield "client_secret_basic nor client_secret_post)."
    if document.get("require_pushed_authorization_requests") is True:
        yield "It wants pushed authorization requests, which the load balancer does not make."


def _warnings(
    settings: Mapping[str, str], document: Mapping[str, Any], scope: str, groups_claim: str
) -> Iterator[str]:
    if OPTIONAL not in settings and document.get(ENDPOINTS[OPTIONAL]):
        yield (
            "Its end_session_endpoint is not written: Okta's wants an ID token, which the load "
            "balancer keeps to itself. docs/identity-providers.md says what to write instead."
        )
    elif OPTIONAL not in settings:
        yield (
            "It names no end_session_endpoint: signing out of the platform leaves the provider's "
            "own session, and the next person at that browser may come back in without a password."
        )
    elif _is_cognito(settings["Issuer"]) and LOGOUT_URI not in settings[OPTIONAL]:
        yield (
            "Amazon Cognito's sign-out wants its own parameter logout_uri. With Alb.DomainName in "
            "the file this command writes it; else see docs/identity-providers.md."
        )
    for key, value in settings.items():
        url = urlsplit(value)
        if (url.port or HTTPS_PORT) != HTTPS_PORT and key in {"TokenEndpoint", "UserInfoEndpoint"}:
            yield f"{key} is on port {url.port}: the load balancer may go out to port 443 alone."
    scopes = _strings(document, "scopes_supported", scope.split())
    for name in scope.split():
        if name not in scopes:
            yield f"It does not list the scope {name}, which Oidc.Scope asks for."
    claims = _strings(document, CLAIMS, ["email", groups_claim])
    if "email" not in claims:
        yield "It does not list the claim email, without which nobody gets in."
    if groups_claim not in claims:
        yield (
            f"It does not list the claim {groups_claim} (Oidc.GroupsClaim). Grants to people work; "
            "grants to groups only if its userinfo endpoint sends that claim all the same."
        )


def _is_cognito(issuer: str) -> bool:
    return (urlsplit(issuer).hostname or "").startswith("cognito-idp.")


def _needs_id_token(end_session_endpoint: str) -> bool:
    """Whether the endpoint is one of Okta, on any host."""
    path = urlsplit(end_session_endpoint).path
    return path.startswith("/oauth2/") and path.endswith("/v1/logout")


def _strings(document: Mapping[str, Any], name: str, default: list[str]) -> list[str]:
    value = document.get(name, default)
    return [str(each) for each in value] if isinstance(value, list) else default
