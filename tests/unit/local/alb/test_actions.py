"""Redirects and fixed responses of rules, and what AWS refuses in a rule."""

from __future__ import annotations

from typing import Any

import pytest

from errors import PlatformError
from local.alb.actions import read_redirect
from tests.unit.local.alb.test_load_balancer import FORWARD, SIGN_IN, describe, rule

TO_PORTAL = {"Host": "portal.example.com", "Path": "/open", "Query": "mwaa_env=one"}
REQUEST: dict[str, Any] = {
    "host": "one.example.net",
    "port": 443,
    "path": "/a/b",
    "query": "x=1&login=false",
}


def redirect(**config: Any) -> dict[str, Any]:
    return {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_302", **config}}


def fixed(**config: Any) -> dict[str, Any]:
    return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "400", **config}}


@pytest.mark.parametrize(
    ("config", "location"),
    [
        (TO_PORTAL, "https://portal.example.com:443/open?mwaa_env=one"),
        ({"Host": "b.example.com"}, "https://b.example.com:443/a/b?x=1&login=false"),
        (
            {"Host": "b.example.com", "Query": "gate=1&#{query}"},
            "https://b.example.com:443/a/b?gate=1&x=1&login=false",
        ),
        ({"Path": "/to/#{path}", "Query": ""}, "https://one.example.net:443/to/a/b"),
        ({"Protocol": "HTTPS", "Port": "8443"}, "https://one.example.net:8443/a/b?x=1&login=false"),
    ],
)
def test_a_redirect_fills_what_it_does_not_name_with_parts_of_the_request(
    config: dict[str, str], location: str
) -> None:
    response = read_redirect({"StatusCode": "HTTP_302", **config}).response(**REQUEST)

    assert response.status_code == 302
    assert response.headers["location"] == location


@pytest.mark.parametrize(
    ("actions", "reason"),
    [
        ([redirect(Host="h" * 129)], "Host has 128"),
        ([redirect(Path="/" + "p" * 128)], "Path has 128"),
        ([redirect(Host="x.example.com", Query="q" * 129)], "Query has 128"),
        ([redirect()], "changes protocol, host, port or path"),
        ([redirect(Query="a=1")], "changes protocol, host, port or path"),
        ([redirect(Path="open")], "begins with a slash"),
        ([redirect(Path="/open", Query="?a=1")], "without a question mark"),
        ([redirect(Path="/#{user}")], "knows no #{user}"),
        ([{**redirect(Path="/x", StatusCode="HTTP_303")}], "HTTP_301 or HTTP_302"),
        ([fixed(StatusCode="302")], "2XX, 4XX or 5XX"),
        ([fixed(MessageBody="x" * 1025)], "1024 characters"),
        ([fixed(ContentType="image/png")], "one of the types"),
        ([fixed(), FORWARD], "not 2"),
        ([redirect(Path="/x"), FORWARD], "not 2"),
        ([SIGN_IN], "not 0"),
    ],
)
def test_what_aws_refuses_in_actions(actions: list[dict[str, Any]], reason: str) -> None:
    refused = rule("1", *actions)

    with pytest.raises(PlatformError, match=reason) as raised:
        describe(rule("default", SIGN_IN, FORWARD), refused)

    assert raised.value.place == refused["RuleArn"]


def test_what_is_at_the_limit_is_taken() -> None:
    actions = (redirect(Host="h" * 128, Path="/" + "p" * 127, Query="q" * 128), fixed())
    for action in actions:
        assert describe(rule("default", FORWARD), rule("1", action)).rules
        assert describe(rule("default", FORWARD), rule("1", SIGN_IN, action)).rules
