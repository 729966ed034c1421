"""Rules of the HTTPS listener: their paths and priorities, of which the lowest is matched first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from mwaa.versions import FIRST_MAJOR_WITH_NEW_PATHS, web_login_path
from mwaa_platform.sign_in.oidc_action import OidcAction

PUBLIC_PATHS = ("/logout", "/signed-out", "/style.css")
"""Paths without authentication: signing out must work, and end, without a session."""

WEB_LOGIN_PATHS = (web_login_path(2), web_login_path(FIRST_MAJOR_WITH_NEW_PATHS))
"""Paths of the web login on Airflow 2 and 3."""

PUBLIC_PRIORITY = 10
TOKEN_PRIORITY = 100
"""`login=true`: the browser has a web login token for the web server."""
LOGIN_PRIORITY = 16_700
"""Other requests for a login path: the authenticator creates a token."""
WEB_SERVER_PRIORITY = 33_300
"""All other requests under an environment's host name."""
OWN_HOST_PRIORITY = 50_000
"""All other requests under the host name that people open."""

GATED_TOKEN_PRIORITY = 100
GATED_RETURN_PRIORITY = 12_500
"""`gate`: the authenticator sent the browser to sign in at the gate."""
GATED_LOGIN_PRIORITY = 24_900
GATED_WEB_SERVER_PRIORITY = 37_300

GATE_PARAMETER = "gate"
"""Parameter with which the authenticator sends a browser to the gate, and gets it back."""

MAX_REDIRECT_PART = 128
"""Characters of a redirect's host or query.
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html
"""


def unknown_host() -> elbv2.ListenerAction:
    """Action for a host name that the load balancer does not serve."""
    return elbv2.ListenerAction.fixed_response(
        400, content_type="text/plain", message_body="This address is not served here."
    )


def add_quick_start_rules(
    scope: Construct,
    *,
    listener: elbv2.IApplicationListener,
    oidc_action: OidcAction,
    web_servers: elbv2.IApplicationTargetGroup,
    authenticator: elbv2.IApplicationTargetGroup,
    host: str | None = None,
) -> None:
    """Adds the login rules of the one environment behind a load balancer, which sign people in.

    Whoever comes with a token and without a session is refused: a browser keeps the fragment, which
    holds the token, through redirects, and so would take it to the provider.

    `host` is the host name that people open; by default the rules are for every host name.
    """
    own_host = host_conditions(host)
    to_web_servers = elbv2.ListenerAction.forward([web_servers])
    for construct_id, priority, conditions, action in (
        (
            "Login",
            TOKEN_PRIORITY,
            [_login_paths(), _has_token()],
            oidc_action.then(to_web_servers, redirects_others=False),
        ),
        (
            "Decision",
            LOGIN_PRIORITY,
            [_login_paths()],
            oidc_action.then_forward(authenticator),
        ),
    ):
        elbv2.ApplicationListenerRule(
            scope,
            construct_id,
            listener=listener,
            priority=priority,
            conditions=[*own_host, *conditions],
            action=action,
        )


def add_ui_host_rules(
    scope: Construct,
    *,
    listener: elbv2.IApplicationListener,
    web_servers: elbv2.IApplicationTargetGroup,
    environment_name: str,
    host: str,
    portal_host: str,
    gate: OidcAction | None,
    index: int,
) -> Sequence[elbv2.ApplicationListenerRule]:
    """Adds the rules of an environment's host name, in the stack of `scope`.

    A login path without a token leads to the portal, and drops the query, which a web server may
    have written. Without a gate none of the rules signs people in, so that the web server never
    sees a session of the load balancer or a visitor's access token.

    - `gate`: signs people in before the web server is reached.
    - `index`: number of the environment among those of the listener, from 0.
    """
    to_portal = _to_portal(portal_host, f"mwaa_env={environment_name}")
    to_web_servers = elbv2.ListenerAction.forward([web_servers])
    rules = (
        _gated_rules(gate, to_web_servers, to_portal, _to_portal(portal_host, "#{query}"))
        if gate
        else _open_rules(to_web_servers, to_portal)
    )
    return [
        elbv2.ApplicationListenerRule(
            scope,
            construct_id,
            listener=listener,
            priority=priority + index,
            conditions=[*host_conditions(host), *conditions],
            action=action,
        )
        for construct_id, priority, conditions, action in rules
    ]


_HostRule = tuple[str, int, list[elbv2.ListenerCondition], elbv2.ListenerAction]
"""Id, first priority, conditions beside the host, and action of a rule."""


def _open_rules(
    to_web_servers: elbv2.ListenerAction, to_portal: elbv2.ListenerAction
) -> Iterator[_HostRule]:
    yield "Login", TOKEN_PRIORITY, [_login_paths(), _has_token()], to_web_servers
    yield "Decision", LOGIN_PRIORITY, [_login_paths()], to_portal
    yield "Everything", WEB_SERVER_PRIORITY, [], to_web_servers


def _gated_rules(
    gate: OidcAction,
    to_web_servers: elbv2.ListenerAction,
    to_portal: elbv2.ListenerAction,
    back_to_portal: elbv2.ListenerAction,
) -> Iterator[_HostRule]:
    """Rules that sign people in, but never with a token in the URL.

    A browser keeps the fragment, which holds the token, through redirects: on to the provider.
    """
    yield (
        "Login",
        GATED_TOKEN_PRIORITY,
        [_login_paths(), _has_token()],
        gate.then(to_web_servers, redirects_others=False),
    )
    yield (
        "Return",
        GATED_RETURN_PRIORITY,
        [_login_paths(), _has_parameter(GATE_PARAMETER, "*")],
        gate.then(back_to_portal),
    )
    yield "Decision", GATED_LOGIN_PRIORITY, [_login_paths()], to_portal
    yield "Everything", GATED_WEB_SERVER_PRIORITY, [], gate.then(to_web_servers)


def host_conditions(host: str | None) -> list[elbv2.ListenerCondition]:
    """Conditions of a rule for a host name; none where it is for every host name."""
    return [elbv2.ListenerCondition.host_headers([host])] if host else []


def _to_portal(portal_host: str, query: str) -> elbv2.ListenerAction:
    """Redirect to the portal's links; raises ValueError for what AWS refuses."""
    if longer := [part for part in (portal_host, query) if len(part) > MAX_REDIRECT_PART]:
        raise ValueError(f"A redirect takes {MAX_REDIRECT_PART} characters: {longer[0]}")
    return elbv2.ListenerAction.redirect(
        protocol="HTTPS", port="443", host=portal_host, path=WEB_LOGIN_PATHS[0], query=query
    )


def _login_paths() -> elbv2.ListenerCondition:
    return elbv2.ListenerCondition.path_patterns(list(WEB_LOGIN_PATHS))


def _has_token() -> elbv2.ListenerCondition:
    return _has_parameter("login", "true")


def _has_parameter(name: str, value: str) -> elbv2.ListenerCondition:
    return elbv2.ListenerCondition.query_strings(
        [elbv2.QueryStringCondition(key=name, value=value)]
    )
