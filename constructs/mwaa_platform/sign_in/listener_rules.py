"""Rules of the HTTPS listener: their paths and priorities, of which the lowest is matched first."""

from __future__ import annotations

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


def add_web_server_rules(
    scope: Construct,
    *,
    listener: elbv2.IApplicationListener,
    oidc_action: OidcAction,
    web_servers: elbv2.IApplicationTargetGroup,
    authenticator: elbv2.IApplicationTargetGroup,
    host: str | None = None,
    index: int = 0,
) -> list[elbv2.ApplicationListenerRule]:
    """Adds the rules of an environment that the load balancer serves, in the stack of `scope`.

    - `host`: the environment's host name. By default the rules are for the login paths under every
      host name, and the listener's default action serves the rest.
    - `index`: number of the environment among those of the listener, from 0, its default.
    """
    login = elbv2.ListenerCondition.path_patterns(list(WEB_LOGIN_PATHS))
    token = elbv2.ListenerCondition.query_strings(
        [elbv2.QueryStringCondition(key="login", value="true")]
    )
    rules: list[tuple[str, int, list[elbv2.ListenerCondition], elbv2.IApplicationTargetGroup]] = [
        ("Login", TOKEN_PRIORITY, [login, token], web_servers),
        ("Decision", LOGIN_PRIORITY, [login], authenticator),
    ]
    host_conditions = []
    if host:
        host_conditions = [elbv2.ListenerCondition.host_headers([host])]
        rules.append(("Everything", WEB_SERVER_PRIORITY, [], web_servers))
    return [
        elbv2.ApplicationListenerRule(
            scope,
            construct_id,
            listener=listener,
            priority=priority + index,
            conditions=[*host_conditions, *conditions],
            action=oidc_action.then_forward(target_group),
        )
        for construct_id, priority, conditions, target_group in rules
    ]
