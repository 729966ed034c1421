"""The sign-in stack: what the internet or the company's network can reach."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.templates.synthesis import Json, raw_sample, rendered, sample, synthesise

LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
TENANT = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555"
ENTRA = {
    "Issuer": f"{TENANT}/v2.0",
    "AuthorizationEndpoint": f"{TENANT}/oauth2/v2.0/authorize",
    "TokenEndpoint": f"{TENANT}/oauth2/v2.0/token",
}


def _listener(port: int) -> Json:
    listeners = sample("existing").resources("Sso", LISTENER).values()
    (properties,) = (each["Properties"] for each in listeners if each["Properties"]["Port"] == port)
    return dict(properties)


def _attributes(name: str) -> dict[str, Any]:
    attributes = sample(name).properties("Sso", LOAD_BALANCER)["LoadBalancerAttributes"]
    return {each["Key"]: rendered(each["Value"]) for each in attributes}


def test_plain_http_only_redirects() -> None:
    (action,) = _listener(80)["DefaultActions"]

    assert action["Type"] == "redirect"
    assert action["RedirectConfig"]["Protocol"] == "HTTPS"
    assert action["RedirectConfig"]["StatusCode"] == "HTTP_301"


def test_https_takes_nothing_older_than_tls_1_2_with_forward_secrecy() -> None:
    assert _listener(443)["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"


def test_everything_needs_a_sign_in_but_the_paths_for_signing_out() -> None:
    sign_in, forward = _listener(443)["DefaultActions"]
    rule = sample("existing").properties("Sso", RULE)

    assert (sign_in["Type"], forward["Type"]) == ("authenticate-oidc", "forward")
    assert sign_in["Order"] < forward["Order"]
    assert sign_in["AuthenticateOidcConfig"]["OnUnauthenticatedRequest"] == "authenticate"
    assert [condition["Field"] for condition in rule["Conditions"]] == ["path-pattern"]
    assert rule["Conditions"][0]["PathPatternConfig"]["Values"] == [
        "/logout",
        "/signed-out",
        "/style.css",
    ]


def test_a_session_ends_within_hours() -> None:
    listeners = sample("many-with-lineage").resources("Sso", LISTENER).values()
    timeouts = re.findall(r"'SessionTimeout': '(\d+)'", str(list(listeners)))

    assert timeouts == [str(8 * 3600)]


def test_the_client_secret_is_a_reference() -> None:
    config = _listener(443)["DefaultActions"][0]["AuthenticateOidcConfig"]

    assert config["ClientSecret"] == (
        "{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:111122223333:"
        "secret:mwaa-oidc-client-AbCdEf:SecretString:::}}"
    )


@pytest.mark.parametrize("name", ["existing", "many-with-lineage", "published-two-new"])
def test_the_load_balancer_is_hardened_and_logs(name: str) -> None:
    attributes = _attributes(name)

    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes["access_logs.s3.enabled"] == "true"


def test_access_logs_go_to_the_bucket_that_is_named() -> None:
    attributes = _attributes("published-two-new")

    assert attributes["access_logs.s3.bucket"] == "example-access-logs"
    assert attributes["access_logs.s3.prefix"] == "customer-alb"
    assert not sample("published-two-new").resources("Sso", "AWS::S3::Bucket")


def test_otherwise_our_own_bucket_takes_logs_of_this_account_alone() -> None:
    synthesis = sample("existing")
    (policy,) = synthesis.resources("Sso", "AWS::S3::BucketPolicy").items()
    allowed = [
        statement
        for statement in policy[1]["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    (load_balancer,) = synthesis.resources("Sso", LOAD_BALANCER).values()

    assert [statement["Principal"] for statement in allowed] == [
        {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    ]
    assert rendered(allowed[0]["Resource"]).endswith("/alb/AWSLogs/<AWS::AccountId>/*")
    # The load balancer is refused if its log service does not send what a condition asks for.
    assert "Condition" not in allowed[0]
    # Turning logs on is refused before the bucket accepts them.
    assert policy[0] in load_balancer["DependsOn"]


@pytest.mark.parametrize(
    ("name", "scheme", "cidrs"),
    [
        ("existing", "internal", {"192.168.0.0/16"}),
        ("many-with-lineage", "internet-facing", {"203.0.113.0/24"}),
    ],
)
def test_who_may_connect(name: str, scheme: str, cidrs: set[str]) -> None:
    security_group = sample(name).properties("Sso", "AWS::EC2::SecurityGroup")
    ingress = security_group["SecurityGroupIngress"]

    assert sample(name).properties("Sso", LOAD_BALANCER)["Scheme"] == scheme
    assert {rule["CidrIp"] for rule in ingress} == cidrs
    assert {(rule["FromPort"], rule["ToPort"]) for rule in ingress} == {(80, 80), (443, 443)}
    # The load balancer calls the provider, and nothing else.
    assert [(r["FromPort"], r["ToPort"]) for r in security_group["SecurityGroupEgress"]] == [
        (443, 443)
    ]


@pytest.mark.parametrize(
    ("token", "user_info", "ports"), [(":8443", "", [443, 8443]), (":8443", ":8443", [8443])]
)
def test_the_load_balancer_reaches_the_providers_ports(
    token: str, user_info: str, ports: list[int]
) -> None:
    raw = raw_sample("existing")
    raw["Oidc"] |= {
        "TokenEndpoint": f"https://idp.example.com{token}/token",
        "UserInfoEndpoint": f"https://idp.example.com{user_info}/userinfo",
    }
    group = synthesise(raw).properties("Sso", "AWS::EC2::SecurityGroup")
    assert [rule["FromPort"] for rule in group["SecurityGroupEgress"]] == ports


def test_the_internet_may_connect_only_where_that_is_configured() -> None:
    raw = raw_sample("existing")
    raw["Alb"]["InternetFacing"] = True

    ingress = synthesise(raw).properties("Sso", "AWS::EC2::SecurityGroup")["SecurityGroupIngress"]

    assert {rule["CidrIp"] for rule in ingress} == {"0.0.0.0/0"}


def test_the_authenticator_gets_every_header_and_parameter() -> None:
    target_group = sample("existing").properties("Sso", TARGET_GROUP)

    assert target_group["TargetGroupAttributes"] == [
        {"Key": "lambda.multi_value_headers.enabled", "Value": "true"}
    ]


def test_the_authenticator_knows_its_own_load_balancer_and_client() -> None:
    function = sample("existing").authenticator()
    variables = rendered(function["Environment"]["Variables"])

    assert function["MemorySize"] == 256
    assert variables["ALB_ARN"] == "<EntranceLoadBalancerF84991F0>"
    assert variables["OIDC_CLIENT_ID"] == "0oa1example"
    assert variables["PUBLIC_KEY_ENDPOINT"] == (
        "https://public-keys.auth.elb.<AWS::Region>.<AWS::URLSuffix>"
    )
    assert variables["TARGET_GROUP_PREFIX"].endswith(":targetgroup/mwaa-platform-authn/")


@pytest.mark.parametrize(
    ("oidc", "expected"),
    [
        ({}, {}),
        ({"GroupPaths": True}, {"OIDC_GROUP_PATHS": "true"}),
        ({"GroupsAsText": True}, {"OIDC_GROUPS_AS_TEXT": "true"}),
        ({"RequireVerifiedEmail": False}, {"OIDC_REQUIRE_VERIFIED_EMAIL": "false"}),
        (ENTRA, {"OIDC_REQUIRE_VERIFIED_EMAIL": "false"}),
        ({**ENTRA, "RequireVerifiedEmail": True}, {}),
    ],
    ids=["nothing", "paths", "text", "not verified", "Entra", "Entra, verified"],
)
def test_the_authenticator_reads_claims_as_the_file_says(
    oidc: dict[str, Any], expected: dict[str, str]
) -> None:
    raw = raw_sample("existing")
    raw["Oidc"] |= oidc
    variables = synthesise(raw).authenticator()["Environment"]["Variables"]

    names = {"OIDC_GROUP_PATHS", "OIDC_GROUPS_AS_TEXT", "OIDC_REQUIRE_VERIFIED_EMAIL"}
    assert {name: variables[name] for name in names & variables.keys()} == expected
