"""Reading of a load balancer from the API, and refusal of what the real ALB refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from errors import PlatformError
from local.alb.actions import FixedResponse, Redirect
from local.alb.conditions import RequestFields, host_header
from local.alb.load_balancer import LoadBalancer, read_load_balancer
from local.alb.target_groups import IpTargetGroup, LambdaTargetGroup
from tests.sessions import session_of

ACCOUNT = "arn:aws:elasticloadbalancing:us-east-1:000000000000"
ARN = f"{ACCOUNT}:loadbalancer/app/lb/1"
LISTENER = f"{ACCOUNT}:listener/app/lb/1/2"
GROUP = f"{ACCOUNT}:targetgroup/authn/3"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:authenticator"
FORWARD = {"Type": "forward", "TargetGroupArn": GROUP}
SIGN_IN = {
    "Type": "authenticate-oidc",
    "AuthenticateOidcConfig": {
        "Issuer": "https://provider.example.com",
        "AuthorizationEndpoint": "https://provider.example.com/auth",
        "TokenEndpoint": "https://provider.example.com/token",
        "UserInfoEndpoint": "https://provider.example.com/me",
        "ClientId": "the-client",
        "ClientSecret": "canary-client-secret",
        "Scope": "openid",
        "SessionCookieName": "AWSELBAuthSessionCookie",
        "SessionTimeout": 43200,
        "OnUnauthenticatedRequest": "authenticate",
    },
}
INVOKE = {
    "Effect": "Allow",
    "Principal": {"Service": "elasticloadbalancing.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Resource": FUNCTION,
}


def rule(priority: str, *actions: Mapping[str, Any], **conditions: Any) -> dict[str, Any]:
    return {
        "RuleArn": f"{ACCOUNT}:listener-rule/app/lb/1/2/{priority}",
        "Priority": priority,
        "IsDefault": priority == "default",
        "Actions": list(actions),
        "Conditions": [
            {
                "Field": name.replace("_", "-"),
                **(value if isinstance(value, dict) else {"Values": value}),
            }
            for name, value in conditions.items()
        ],
    }


def describe(
    *rules: Mapping[str, Any],
    statement: Mapping[str, Any] = INVOKE,
    target: str = FUNCTION,
    target_type: str = "lambda",
    attributes: Mapping[str, str] | None = None,
) -> LoadBalancer:
    """Read a load balancer from an account that answers with these."""
    clients = {
        name: boto3.Session().client(
            name, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        for name in ("elbv2", "lambda")
    }
    elb, functions = Stubber(clients["elbv2"]), Stubber(clients["lambda"])
    listeners = [
        {"ListenerArn": f"{LISTENER}-80", "Protocol": "HTTP", "Port": 80},
        {"ListenerArn": LISTENER, "Protocol": "HTTPS", "Port": 443},
    ]
    elb.add_response("describe_listeners", {"Listeners": listeners}, {"LoadBalancerArn": ARN})
    elb.add_response("describe_rules", {"Rules": list(rules)}, {"ListenerArn": LISTENER})
    described = [{"Key": key, "Value": value} for key, value in (attributes or {}).items()]
    elb.add_response("describe_load_balancer_attributes", {"Attributes": described}, ANY_ARGUMENTS)
    group = {"TargetGroupArn": GROUP, "TargetType": target_type, "Protocol": "HTTPS"}
    elb.add_response(
        "describe_target_groups", {"TargetGroups": [group]}, {"TargetGroupArns": [GROUP]}
    )
    if target_type == "lambda":
        health = {"TargetHealthDescriptions": [{"Target": {"Id": target}}]}
        elb.add_response("describe_target_health", health, {"TargetGroupArn": GROUP})
        elb.add_response(
            "describe_target_group_attributes",
            {"Attributes": [{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}]},
            {"TargetGroupArn": GROUP},
        )
        functions.add_response("get_policy", {"Policy": json.dumps({"Statement": [statement]})})
    with elb, functions:
        return read_load_balancer(session_of(clients), ARN)


ANY_ARGUMENTS = {"LoadBalancerArn": ANY}


def test_rules_apply_in_the_order_of_their_priority() -> None:
    read = describe(
        rule("default", SIGN_IN, FORWARD),
        rule("100", SIGN_IN, FORWARD, path_pattern=["/lo*"]),
        rule("20", FORWARD, path_pattern=["/logout", "/style.???"]),
    )

    def needs_sign_in(path: str) -> bool:
        found = read.rule_for(RequestFields(path=path, host="portal.example.com", method="GET"))
        return found.authentication is not None

    assert not needs_sign_in("/logout")
    assert not needs_sign_in("/style.css")
    assert needs_sign_in("/logoutX")
    assert needs_sign_in("/Logout")
    assert needs_sign_in("/style.cs")
    assert needs_sign_in("/")


def test_all_conditions_of_a_rule_must_hold() -> None:
    read = describe(
        rule("default", SIGN_IN, FORWARD),
        rule("1", FORWARD, host_header=["*.Example.com"], http_request_method=["GET", "HEAD"]),
    )

    def is_open(host: str, method: str) -> bool:
        facts = RequestFields(path="/", host=host, method=method)
        return read.rule_for(facts).authentication is None

    assert is_open("Portal.example.COM:8443", "HEAD")
    assert not is_open("portal.example.com", "POST")
    assert not is_open("portal.example.org", "GET")


@pytest.mark.parametrize(
    ("host", "matches"),
    [
        *((f"ui.example.com{port}", True) for port in ("", ":443", ":0443", ":123456", ":", ":x")),
        *((host, True) for host in ("UI.EXAMPLE.COM", "ui.example.com.", "Ui.Example.com.:443")),
        *((host, False) for host in ("ui.example.org", "xui.example.com", "", ":443", "[::1]")),
        ("ui.example.com.evil.example", False),
        ("ui.example.com@evil.example", False),
    ],
)
def test_a_host_matches_however_it_is_spelled(host: str, matches: bool) -> None:
    condition = host_header("ui.example.com")
    assert condition(RequestFields(path="/", host=host, method="GET")) is matches


def test_settings_are_those_of_the_listener() -> None:
    read = describe(
        rule("default", SIGN_IN, FORWARD),
        attributes={"routing.http.drop_invalid_header_fields.enabled": "true"},
    )
    [only] = read.rules
    assert only.authentication
    assert only.authentication.session_seconds == 43200
    assert isinstance(only.action, LambdaTargetGroup)
    assert only.action.multi_value_headers
    assert read.drops_invalid_headers
    assert "canary" not in repr(read)


@pytest.mark.parametrize(
    "statement",
    [
        {**INVOKE, "Principal": {"Service": "s3.amazonaws.com"}},
        {**INVOKE, "Action": "lambda:GetFunction"},
        {**INVOKE, "Condition": {"ArnLike": {"AWS:SourceArn": f"{ACCOUNT}:targetgroup/other/*"}}},
    ],
    ids=["principal", "action", "source"],
)
def test_a_function_that_does_not_let_the_load_balancer_in(statement: Mapping[str, Any]) -> None:
    with pytest.raises(PlatformError) as raised:
        describe(rule("default", FORWARD), statement=statement)
    assert raised.value.place == FUNCTION
    assert GROUP in raised.value.remedy


def test_a_function_that_lets_in_this_target_group() -> None:
    source = {"ArnLike": {"AWS:SourceArn": f"{ACCOUNT}:targetgroup/authn/*"}}
    assert describe(rule("default", FORWARD), statement={**INVOKE, "Condition": source}).rules


@pytest.mark.parametrize(
    "unknown",
    [
        rule("1", {"Type": "jwt-validation"}, FORWARD),
        rule("1", {"Type": "forward"}),
        rule("1", FORWARD, source_ip=["10.0.0.0/8"]),
    ],
    ids=["token", "several target groups", "source address"],
)
def test_what_is_unknown_here_is_named(unknown: Mapping[str, Any]) -> None:
    with pytest.raises(PlatformError) as raised:
        describe(rule("default", SIGN_IN, FORWARD), unknown)
    assert raised.value.place == unknown["RuleArn"]


REDIRECT = {
    "Type": "redirect",
    "RedirectConfig": {
        "Protocol": "HTTPS",
        "Host": "portal.example.com",
        "Port": "443",
        "Path": "/sign-in",
        "Query": "mwaa_env=lab",
        "StatusCode": "HTTP_302",
    },
}
FIXED = {
    "Type": "fixed-response",
    "FixedResponseConfig": {"StatusCode": "400", "ContentType": "text/plain", "MessageBody": "no"},
}


def test_redirects_and_fixed_responses_are_read() -> None:
    read = describe(
        rule("default", FIXED),
        rule("1", SIGN_IN, REDIRECT, host_header=["lab.example.com"]),
        rule("2", FORWARD, host_header=["portal.example.com"]),
    )
    redirecting, forwarding, default = read.rules
    assert redirecting.authentication
    facts = RequestFields(path="/", host="lab.example.com", method="GET", query="dropped")
    assert isinstance(redirecting.action, Redirect)
    answer = redirecting.action.response(facts)
    assert answer.headers["location"] == "https://portal.example.com:443/sign-in?mwaa_env=lab"
    assert isinstance(forwarding.action, LambdaTargetGroup)
    assert default.action == FixedResponse(status=400, content_type="text/plain", body="no")


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([rule("1", REDIRECT, FORWARD)], "exactly one action"),
        ([rule("1", FORWARD, path_pattern=["/" + "p" * 128])], "path-pattern has 129"),
        ([rule("1", FORWARD), rule("1", REDIRECT)], "the priority 1 is in use"),
    ],
)
def test_what_aws_refuses_is_refused(rules: list[Mapping[str, Any]], reason: str) -> None:
    with pytest.raises(PlatformError, match=reason) as raised:
        describe(rule("default", SIGN_IN, FORWARD), *rules)
    assert raised.value.place == rules[0]["RuleArn"]
    assert raised.value.remedy


def test_targets_that_are_instances() -> None:
    with pytest.raises(PlatformError) as raised:
        describe(rule("default", FORWARD), target_type="instance")
    assert raised.value.place == GROUP


def test_a_group_of_addresses_needs_no_function() -> None:
    [only] = describe(rule("default", SIGN_IN, FORWARD), target_type="ip").rules
    assert only.action == IpTargetGroup(group_arn=GROUP, scheme="https")


QUERY = {
    "QueryStringConfig": {
        "Values": [
            {"Key": "login", "Value": "true"},
            {"Value": "a\\*?"},
            {"Key": "x*", "Value": ""},
        ]
    }
}


@pytest.mark.parametrize(
    ("query", "applies"),
    [
        ("login=true", True),
        ("a=b&LOGIN=True&c", True),
        ("login=truex", False),
        ("login=false&x=true", False),
        ("relogin=true", False),
        ("login", False),
        ("login%3Dtrue", False),
        ("", False),
        ("anything=a*b", True),
        ("anything=axb", False),
        ("xyz=", True),
        ("xyz=1", False),
    ],
)
def test_one_pair_of_the_query_is_enough(query: str, applies: bool) -> None:
    read = describe(rule("default", SIGN_IN, FORWARD), rule("1", FORWARD, query_string=QUERY))
    facts = RequestFields(path="/", host="portal.example.com", method="GET", query=query)
    assert (read.rule_for(facts).authentication is None) is applies


def test_a_header_fits_in_any_case() -> None:
    header = {"HttpHeaderConfig": {"HttpHeaderName": "X-Team", "Values": ["data-*"]}}
    read = describe(rule("default", SIGN_IN, FORWARD), rule("1", FORWARD, http_header=header))

    def is_open(*headers: tuple[str, str]) -> bool:
        facts = RequestFields(path="/", host="portal.example.com", method="GET", headers=headers)
        return read.rule_for(facts).authentication is None

    assert is_open(("x-other", "1"), ("x-team", "DATA-science"))
    assert not is_open(("x-team", "science"))
    assert not is_open()
