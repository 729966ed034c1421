"""Rules that AWS refuses, and their neighbours that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local.alb.refusals import Address, refusals

HTTPS, HTTP = Address(protocol="HTTPS", port=443), Address(protocol="HTTP", port=80)
FORWARD = {"Type": "forward", "TargetGroupArn": "arn", "Order": 2}
SIGN_IN = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": {}}
OTHER_SIGN_IN = {"Type": "authenticate-cognito", "Order": 1, "AuthenticateCognitoConfig": {}}
LONGEST = "x" * 128


def redirect(**config: Any) -> dict[str, Any]:
    return {
        "Type": "redirect",
        "Order": 2,
        "RedirectConfig": {"StatusCode": "HTTP_302", "Path": "/x", **config},
    }


def fixed(**config: Any) -> dict[str, Any]:
    config = {"StatusCode": "400", **config}
    return {"Type": "fixed-response", "Order": 2, "FixedResponseConfig": config}


def same(**config: Any) -> dict[str, Any]:
    """A redirect that changes no part by itself."""
    return redirect(Path="/#{path}", **config)


@pytest.mark.parametrize(
    "actions",
    [
        [FORWARD],
        [SIGN_IN, FORWARD],
        # Their order is that of their numbers.
        [redirect(), SIGN_IN],
        [SIGN_IN, fixed()],
        [redirect(Host="h" * 128, Query="q" * 128, Path="/" + "p" * 127)],
        [redirect(Query="")],
        [redirect(Query="#{protocol}#{host}#{port}#{path}#{query}")],
        [redirect(Port=8443, Protocol="HTTPS", StatusCode="HTTP_301")],
        [same(Host="portal.example.com", Protocol="HTTPS", Port="443")],
        [same(Port="8443")],
        [same(Host="old.#{host}")],
        [fixed(StatusCode=200, ContentType="application/json", MessageBody="b" * 1024)],
        [fixed(StatusCode="503", ContentType="", MessageBody="")],
    ],
)
def test_actions_that_aws_takes(actions: list[Mapping[str, Any]]) -> None:
    assert refusals({"Actions": actions}, HTTPS) == []


def test_http_leads_to_https() -> None:
    assert refusals({"Actions": [same(Protocol="HTTPS", Port="443")]}, HTTP) == []


@pytest.mark.parametrize(
    ("actions", "reason"),
    [
        ([SIGN_IN], "exactly one action"),
        ([FORWARD, redirect()], "exactly one action"),
        ([redirect(), fixed()], "exactly one action"),
        ([{**SIGN_IN, "Order": 3}, FORWARD], "must be the last one"),
        ([SIGN_IN, OTHER_SIGN_IN, FORWARD], "only one action may authenticate"),
        ([redirect(Host="h" * 129)], "Host of a redirect has 129 of at most 128"),
        ([redirect(Path="/" + "p" * 128)], "Path of a redirect has 129 of at most 128"),
        ([redirect(Query="q" * 129)], "Query of a redirect has 129 of at most 128"),
        ([redirect(Host="")], "Host of a redirect must be one character at least"),
        ([redirect(Path="x")], "Path of a redirect must be absolute"),
        ([redirect(Path="#{path}")], "Path of a redirect must be absolute"),
        ([redirect(Host="#{path}.example.com")], "Host of a redirect may not contain #{path}"),
        ([redirect(Path="/#{query}")], "Path of a redirect may not contain #{query}"),
        ([redirect(Query="#{user}")], "Query of a redirect may not contain #{user}"),
        ([redirect(Port="0")], "Port of a redirect must be a port"),
        ([redirect(Port="65536")], "Port of a redirect is above 65535"),
        ([redirect(Port="#{query}")], "Port of a redirect must be a port"),
        ([redirect(Protocol="FTP")], "Protocol of a redirect must be HTTP"),
        ([redirect(Protocol="HTTP")], "HTTPS may not be redirected to HTTP"),
        ([redirect(StatusCode="HTTP_307")], "StatusCode of a redirect must be"),
        ([redirect(StatusCode="")], "StatusCode of a redirect must be"),
        ([same()], "creates a loop"),
        ([same(Query="only=this")], "creates a loop"),
        ([same(Host="#{host}", Port="#{port}", Protocol="#{protocol}")], "creates a loop"),
        ([same(Protocol="HTTPS", Port="443")], "creates a loop"),
        ([fixed(StatusCode="302")], "StatusCode of a fixed response must be"),
        ([fixed(StatusCode="4000")], "StatusCode of a fixed response must be"),
        ([{"Type": "fixed-response"}], "StatusCode of a fixed response must be"),
        ([fixed(ContentType="image/png")], "ContentType of a fixed response must be"),
        ([fixed(MessageBody="ü" * 513)], "MessageBody of a fixed response has 1026 of at most"),
    ],
)
def test_actions_that_aws_refuses(actions: list[Mapping[str, Any]], reason: str) -> None:
    [refusal] = refusals({"Actions": actions}, HTTPS)
    assert reason in refusal


@pytest.mark.parametrize("sign_in", [SIGN_IN, OTHER_SIGN_IN])
def test_nobody_signs_in_over_http(sign_in: Mapping[str, Any]) -> None:
    [refusal] = refusals({"Actions": [sign_in, FORWARD]}, HTTP)
    assert refusal == f"{sign_in['Type']} needs an HTTPS listener"


def on(field: str, *values: Any, **config: Any) -> dict[str, Any]:
    """A condition as templates have it."""
    names = {
        "host-header": "HostHeaderConfig",
        "path-pattern": "PathPatternConfig",
        "http-header": "HttpHeaderConfig",
        "http-request-method": "HttpRequestMethodConfig",
        "query-string": "QueryStringConfig",
    }
    return {"Field": field, names[field]: {"Values": list(values), **config}}


def pair(key: str, value: str) -> dict[str, str]:
    return {"Key": key, "Value": value}


def of(*conditions: Mapping[str, Any]) -> list[str]:
    return refusals({"Actions": [FORWARD], "Conditions": conditions, "Priority": "1"}, HTTPS)


@pytest.mark.parametrize(
    "conditions",
    [
        [on("host-header", "ui.example.com"), on("path-pattern", "/a", "/b", "/c/*")],
        [on("host-header", "h" * 124 + ".com"), on("path-pattern", "/" + "p" * 127)],
        [on("host-header", "*.EXAMPLE.com", "a-b_?.example.com")],
        [on("http-header", LONGEST, HttpHeaderName="n" * 40)],
        [on("query-string", pair(LONGEST, LONGEST)), on("query-string", {"Value": "true"})],
        [on("path-pattern", "/*/*/*", "/??")],
        # An escaped wildcard is none.
        [on("path-pattern", r"/*/*/*\**\?", "/?")],
        [on("http-request-method", "GET", "HEAD")],
    ],
)
def test_conditions_that_aws_takes(conditions: list[Mapping[str, Any]]) -> None:
    assert of(*conditions) == []


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ([on("host-header", "h" * 125 + ".com")], "host-header has 129 of at most 128"),
        ([on("path-pattern", "/" + "p" * 128)], "path-pattern has 129 of at most 128"),
        ([on("http-header", LONGEST + "x", HttpHeaderName="n")], "has 129 of at most 128"),
        ([on("http-header", "x", HttpHeaderName="n" * 41)], "name of a header has more than 40"),
        ([on("query-string", pair("k", LONGEST + "x"))], "query-string has 129 of at most 128"),
        ([on("http-request-method", "M" * 41)], "http-request-method has 41 of at most 40"),
        ([on("host-header", "portal")], "'portal' must have a dot"),
        ([on("host-header", "10.0.0.1")], "'10.0.0.1' must have a dot"),
        ([on("host-header", "ui.example.com:443")], "must have a dot"),
        ([on("path-pattern", "/1", "/2", "/3", "/4")], "path-pattern has 4 of at most 3 values"),
        ([on("path-pattern", "/1"), on("path-pattern", "/2")], "only one condition may be on path"),
        (
            [
                on("host-header", "a.example.com", "b.example.com", "c.example.com"),
                on("path-pattern", "/1", "/2"),
                on("query-string", pair("login", "true")),
            ],
            "the rule has 6 of at most 5 values",
        ),
        ([on("path-pattern", "/*/*/*", "/???")], "the rule has 6 of at most 5 wildcards"),
        # The form of the API.
        ([{"Field": "path-pattern", "Values": ["/" + "p" * 128]}], "has 129 of at most 128"),
    ],
)
def test_conditions_that_aws_refuses(conditions: list[Mapping[str, Any]], reason: str) -> None:
    [refusal] = of(*conditions)
    assert reason in refusal


@pytest.mark.parametrize(
    ("priority", "reason"),
    [
        (1, None),
        ("50000", None),
        ("default", None),
        (0, "not between 1 and 50000"),
        (50001, "not between 1 and 50000"),
        (20, "the priority 20 is in use"),
    ],
)
def test_priorities(priority: Any, reason: str | None) -> None:
    rule = {"Actions": [FORWARD], "Conditions": [], "Priority": priority}
    found = refusals(rule, HTTPS, taken={"20", "30"})
    assert [reason in each for each in found if reason] == ([True] if reason else [])
    assert bool(found) is bool(reason)
