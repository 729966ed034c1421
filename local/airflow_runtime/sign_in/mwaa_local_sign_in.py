"""What MWAA's own images bring and PyPI's Airflow lacks: the beginning and end of the sign-in.

Below /aws_mwaa on Airflow 2 and /pluginsv2/aws_mwaa on Airflow 3, which mounts Flask blueprints of
plugins there: `aws-console-sso` posts the token of the URL's fragment to `login`, which signs its
user in through FAB, with exactly the token's role of Airflow's default ones. Whom Airflow does not
know is sent to `aws-console-sso` instead of a form for a password; the load balancer in front may
answer there itself.
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
# FAB's form on Airflow 2; on Airflow 3 that too, and what its pages send people to.
FORM = "/login"
FORMS = ("/auth/login", "/api/v2/auth/login")

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
# FAB compares passwords with a hash: no password has this one.
NO_PASSWORD = "none"  # noqa: S105


def sign_in_page() -> Any:
    """GET aws-console-sso: the token is in the fragment, which only a script can read."""
    if request.args.get("login") != "true":  # no refusal: health checks ask for this page too
        return Response(REFUSED, headers=HEADERS)
    return Response(SIGNING_IN, headers=HEADERS)


def script() -> Any:
    """GET sign-in.js"""
    return Response(SCRIPT, headers=HEADERS, mimetype="text/javascript")


def login() -> Any:
    """POST login: to Airflow's first page with a session, or 403."""
    try:
        visitor = redeem(request.form.get("token", ""))
    except TokenError as refusal:
        log.warning("A web login token was refused: %s", refusal)
        return Response(REFUSED, status=403, headers=HEADERS)
    log.info("%s signs in as %s", visitor.user, visitor.role)
    user = _user(visitor)
    return _signed_in_to_2(user) if airflow_version.startswith("2.") else _signed_in_to_3(user)


def _user(visitor: AirflowLogin) -> Any:
    """FAB's user of that name, with this default role and no other; a team's own roles stay."""
    security = current_app.appbuilder.sm
    role = security.find_role(visitor.role)
    user = security.find_user(username=visitor.user)
    if user:
        user.roles = [role, *(each for each in user.roles if each.name not in ROLES)]
        security.update_user(user)
        return user
    name = visitor.user.rpartition("/")[2]
    return security.add_user(
        visitor.user, name, "", visitor.user, role, hashed_password=NO_PASSWORD
    )


def _signed_in_to_2(user: Any) -> Any:
    login_user(user)
    return redirect("/")


def _signed_in_to_3(user: Any) -> Any:
    # Importing it with the plugin would load FAB before Airflow is ready for it.
    from airflow.providers.fab.www.views import FabIndexView  # noqa: PLC0415

    # FAB's first page sends people on to Airflow's, with the cookie that Airflow knows them by.
    g.user = user
    answer = FabIndexView().index()
    # On the host that they are on, which may be the load balancer's.
    answer.headers["Location"] = "/"
    return answer


def _instead_of_the_form() -> Any:
    """Before every request of Airflow 2: None lets it pass."""
    return redirect(PATH) if request.path.rstrip("/") == FORM else None


class LoginRedirectMiddleware:
    """The same on Airflow 3, around its whole application."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer the form's requests, pass on all others."""
        if scope["type"] != "http" or scope["path"].rstrip("/") not in FORMS:
            await self._app(scope, receive, send)
            return
        headers = [(b"location", f"/pluginsv2{PATH}".encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body"})


def _blueprint() -> Any:
    routes = Blueprint("aws_mwaa", __name__, url_prefix="/aws_mwaa")
    routes.before_app_request(_instead_of_the_form)
    routes.add_url_rule("/aws-console-sso", view_func=sign_in_page)
    routes.add_url_rule("/sign-in.js", view_func=script)
    routes.add_url_rule("/login", view_func=login, methods=["POST"])

    def exempt(state: Any) -> None:
        # FAB also makes applications without CSRF protection, to answer requests of its API.
        if csrf := state.app.extensions.get("csrf"):
            csrf.exempt(routes)

    # No CSRF token is needed: a web login token works once, and only here.
    routes.record(exempt)
    return routes


class LocalSignIn(AirflowPlugin):  # type: ignore[misc]
    """Read by Airflow's plugin manager."""

    name = "mwaa_local_sign_in"
    flask_blueprints: ClassVar[list[Any]] = [_blueprint()]
    fastapi_root_middlewares: ClassVar[list[Any]] = [
        {"name": "instead of the form", "middleware": LoginRedirectMiddleware}
    ]
