"""Sign-in with web login tokens, which MWAA's images have and PyPI's Airflow lacks.

The pages are below /aws_mwaa on Airflow 2, and below /pluginsv2/aws_mwaa on Airflow 3, which mounts
the Flask blueprints of plugins there. `aws-console-sso` posts the token of the URL's fragment to
`login`, which signs the user in through FAB, with the token's role as the only one of Airflow's
default roles. Unauthenticated users are redirected to `aws-console-sso` instead of a login form;
the load balancer may handle that request itself.
"""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from airflow import __version__ as airflow_version
from airflow.plugins_manager import AirflowPlugin
from flask import Blueprint, Response, current_app, g, redirect, request
from flask_login import login_user
from mwaa_local_token import ROLES, AirflowLogin, TokenError, redeem  # type: ignore[import-not-found]

log = logging.getLogger(__name__)

PATH = "/aws_mwaa/aws-console-sso"
# FAB's login form on Airflow 2; that of Airflow 3 and the path that its pages redirect to.
LOGIN_FORM = "/login"
AIRFLOW_3_LOGIN_FORMS = ("/auth/login", "/api/v2/auth/login")

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<main>
<h1>{title}</h1>
{body}
</main>
"""
SIGNING_IN = PAGE.format(
    title="Signing in to Airflow",
    body="""<form method="post" action="login"><input type="hidden" name="token"></form>
<noscript><p>Airflow's sign-in needs JavaScript. Allow it and open the link again.</p></noscript>
<script src="sign-in.js"></script>""",
)
REFUSED = PAGE.format(
    title="You are not signed in",
    body="<p>This link has been used before, has expired, or is not for this environment. "
    "Open the environment from the portal again.</p>",
)
SCRIPT = """const form = document.forms[0];
form.elements.token.value = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
form.submit();
"""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# Not a hash, so FAB accepts no password.
NO_PASSWORD = "none"  # noqa: S105


def sign_in_page() -> Any:
    """GET aws-console-sso: the page whose script reads the token from the fragment."""
    if request.args.get("login") != "true":  # status 200, because health checks request this page
        return Response(REFUSED, headers=HEADERS)
    return Response(SIGNING_IN, headers=HEADERS)


def script() -> Any:
    """GET sign-in.js"""
    return Response(SCRIPT, headers=HEADERS, mimetype="text/javascript")


def login() -> Any:
    """POST login: a redirect to Airflow's home page with a session, or 403."""
    try:
        identity = redeem(request.form.get("token", ""))
    except TokenError as error:
        log.warning("A web login token was refused: %s", error)
        return Response(REFUSED, status=403, headers=HEADERS)
    log.info("%s signs in as %s", identity.user, identity.role)
    user = _user(identity)
    return _sign_in_to_2(user) if airflow_version.startswith("2.") else _sign_in_to_3(user)


def _user(identity: AirflowLogin) -> Any:
    """FAB's user with this default role and no other; a team's own roles are kept."""
    security = current_app.appbuilder.sm
    role = security.find_role(identity.role)
    user = security.find_user(username=identity.user)
    if user:
        user.roles = [role, *(each for each in user.roles if each.name not in ROLES)]
        security.update_user(user)
        return user
    name = identity.user.rpartition("/")[2]
    return security.add_user(
        identity.user, name, "", identity.user, role, hashed_password=NO_PASSWORD
    )


def _sign_in_to_2(user: Any) -> Any:
    login_user(user)
    return redirect("/")


def _sign_in_to_3(user: Any) -> Any:
    # Importing it with the plugin would load FAB before Airflow is ready for it.
    from airflow.providers.fab.www.views import FabIndexView  # noqa: PLC0415

    # FAB's home page redirects to Airflow's, with the cookie of the user's session.
    g.user = user
    response = FabIndexView().index()
    # Relative to the current host, which may be the load balancer's.
    response.headers["Location"] = "/"
    return response


def _redirect_login_form() -> Any:
    """Handler before every request of Airflow 2; None lets the request pass."""
    return redirect(PATH) if request.path.rstrip("/") == LOGIN_FORM else None


class LoginRedirectMiddleware:
    """The redirect of the login form on Airflow 3, as ASGI middleware."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Redirects requests for the login form, passes on all others."""
        if scope["type"] != "http" or scope["path"].rstrip("/") not in AIRFLOW_3_LOGIN_FORMS:
            await self._app(scope, receive, send)
            return
        headers = [(b"location", f"/pluginsv2{PATH}".encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body"})


def _blueprint() -> Any:
    routes = Blueprint("aws_mwaa", __name__, url_prefix="/aws_mwaa")
    routes.before_app_request(_redirect_login_form)
    routes.add_url_rule("/aws-console-sso", view_func=sign_in_page)
    routes.add_url_rule("/sign-in.js", view_func=script)
    routes.add_url_rule("/login", view_func=login, methods=["POST"])

    def exempt(state: Any) -> None:
        # FAB also creates applications without CSRF protection, for its API.
        if csrf := state.app.extensions.get("csrf"):
            csrf.exempt(routes)

    # No CSRF token is needed: a web login token is valid once, and only for this path.
    routes.record(exempt)
    return routes


class LocalSignIn(AirflowPlugin):  # type: ignore[misc]
    """The registration with Airflow's plugin manager."""

    name = "mwaa_local_sign_in"
    flask_blueprints: ClassVar[list[Any]] = [_blueprint()]
    fastapi_root_middlewares: ClassVar[list[Any]] = [
        {"name": "login redirect", "middleware": LoginRedirectMiddleware}
    ]
