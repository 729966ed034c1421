"""Which requests a listener hands to whom. Lower priorities are looked at first."""

from __future__ import annotations

from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from mwaa.versions import FIRST_MAJOR_WITH_NEW_PATHS, web_login_path

PATHS_WITHOUT_SIGN_IN = ("/logout", "/signed-out", "/style.css")
"""Signing out must work, and must end, without a session."""

DECISION_PATHS = (web_login_path(2), web_login_path(FIRST_MAJOR_WITH_NEW_PATHS))
"""Where the authenticator decides and mints a token, on Airflow 2 and 3."""

SIGN_OUT = 10
LOGIN = 100
"""A token that was minted goes to the web servers: `login=true`."""
DECISION = 16_700
"""Without one, the authenticator decides."""
EVERYTHING = 33_300
"""All else under the host of an environment is its web servers'."""


def host_is(host: str) -> elbv2.ListenerCondition:
    """A request under this host name."""
    return elbv2.ListenerCondition.host_headers([host])


def asks_for_a_decision() -> elbv2.ListenerCondition:
    """A request for one of the paths that lead into an environment."""
    return elbv2.ListenerCondition.path_patterns(list(DECISION_PATHS))


def brings_a_token() -> elbv2.ListenerCondition:
    """A request of a browser that holds a token in its address's fragment."""
    return elbv2.ListenerCondition.query_strings(
        [elbv2.QueryStringCondition(key="login", value="true")]
    )


def add_rule(
    scope: Construct,
    construct_id: str,
    *,
    listener: elbv2.IApplicationListener,
    priority: int,
    conditions: list[elbv2.ListenerCondition],
    action: elbv2.ListenerAction,
) -> elbv2.ApplicationListenerRule:
    """A rule in the stack of `scope`, which need not be the listener's."""
    return elbv2.ApplicationListenerRule(
        scope,
        construct_id,
        listener=listener,
        priority=priority,
        conditions=conditions,
        action=action,
    )
