"""`authenticate-oidc`: the authorization code flow of a load balancer."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import httpx
from cryptography.fernet import Fernet, InvalidToken
from starlette.requests import Request
from starlette.responses import Response

from local.alb.cookies import read_cookies
from local.alb.http_error import HttpError
from local.alb.load_balancer import AuthenticateOidcConfig
from local.alb.sessions import Session, Sessions, set_cookie

CALLBACK = "/oauth2/idpresponse"
NONCE_COOKIE = "AWSALBAuthNonce"
LOGIN_SECONDS = 15 * 60
CLAIMS_LIMIT_BYTES = 11 * 1024
# The ALB's own status for an error of the identity provider.
PROVIDER_ERROR = 561


class OidcFlow:
    """Redirects browsers to the identity provider and handles its callback.

    One for all load balancers of a run: sessions and states have the same keys everywhere.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._sessions = Sessions()
        # Not the sessions' key: the provider and every log on the way see the state.
        self._states = Fernet(Fernet.generate_key())

    def session(self, request: Request, config: AuthenticateOidcConfig) -> Session | None:
        """The session of the request; None if there is none of this client, or it has expired."""
        session = self._sessions.read(read_cookies(request), config.cookie_name)
        if session and (session.issuer, session.client_id) == (config.issuer, config.client_id):
            return session
        return None

    def start(self, request: Request, config: AuthenticateOidcConfig) -> Response:
        """The redirect to the identity provider, with a state bound to this browser."""
        # An existing nonce is reused, so that two tabs can sign in at once.
        nonce = read_cookies(request).get(NONCE_COOKIE) or secrets.token_urlsafe(12)
        query = {
            "client_id": config.client_id,
            "redirect_uri": _redirect_uri(request),
            "response_type": "code",
            "scope": config.scope,
            "state": self._states.encrypt(json.dumps([nonce, _url(request)]).encode()).decode(),
            **config.extra_parameters,
        }
        response = _redirect(f"{config.authorization_endpoint}?{urlencode(query, quote_via=quote)}")
        set_cookie(response, NONCE_COOKIE, nonce)
        self._sessions.forget(response, name=config.cookie_name, cookies=read_cookies(request))
        return response

    async def finish(self, request: Request, config: AuthenticateOidcConfig) -> Response:
        """Handles the provider's callback: the redirect to the requested page, with a session."""
        url = self._checked_state(request)
        if error := request.query_params.get("error"):
            raise HttpError(PROVIDER_ERROR, f"the provider answered {error}")
        code = request.query_params.get("code")
        if not code:
            raise HttpError(401, "the callback has no code")
        access_token = await self._access_token(code, _redirect_uri(request), config)
        claims = await self._claims(access_token, config)
        if len(json.dumps(claims)) + len(access_token) > CLAIMS_LIMIT_BYTES:
            raise HttpError(500, "claims and access token are larger than 11 KB")
        session = Session(
            issuer=config.issuer,
            client_id=config.client_id,
            claims=claims,
            access_token=access_token,
            expires=time.time() + config.session_seconds,
        )
        response = _redirect(url)
        self._sessions.write(
            response, session, name=config.cookie_name, cookies=read_cookies(request)
        )
        return response

    def _checked_state(self, request: Request) -> str:
        try:
            state = self._states.decrypt(request.query_params.get("state", ""), ttl=LOGIN_SECONDS)
        except InvalidToken:
            raise HttpError(401, "the state is missing, foreign or too old") from None
        nonce, url = json.loads(state)
        if not secrets.compare_digest(nonce, read_cookies(request).get(NONCE_COOKIE, "")):
            raise HttpError(401, "the state belongs to another browser")
        return str(url)

    async def _access_token(
        self, code: str, redirect_uri: str, config: AuthenticateOidcConfig
    ) -> str:
        tokens = await self._request_json(
            "POST",
            config.token_endpoint,
            data={"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri},
            # RFC 6749, 2.3.1: both are form-encoded first.
            auth=(quote_plus(config.client_id), quote_plus(config.client_secret)),
        )
        if "id_token" not in tokens or "access_token" not in tokens:
            raise HttpError(401, "the provider issued no ID token or no access token")
        return str(tokens["access_token"])

    async def _claims(self, access_token: str, config: AuthenticateOidcConfig) -> dict[str, Any]:
        claims = await self._request_json(
            "GET",
            config.user_info_endpoint,
            headers={"Authorization": f"Bearer {access_token}"},
        )
        if "sub" not in claims:
            raise HttpError(PROVIDER_ERROR, "the user info has no subject")
        return claims

    async def _request_json(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        try:
            response = await self._http.request(method, url, **options)
        except httpx.HTTPError as error:
            raise HttpError(500, f"no answer from {url}: {error!r}") from error
        if not response.is_success:
            raise HttpError(PROVIDER_ERROR, f"{url} answered {response.status_code}")
        try:
            content = response.json()
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise HttpError(PROVIDER_ERROR, f"{url} answered no JSON object")
        return content


def _redirect(url: str) -> Response:
    return Response(status_code=302, headers={"location": url})


def _redirect_uri(request: Request) -> str:
    return f"https://{request.headers['host']}{CALLBACK}"


def _url(request: Request) -> str:
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope["raw_path"].decode("latin-1")
    return f"https://{request.headers['host']}{path}{'?' if query else ''}{query}"
