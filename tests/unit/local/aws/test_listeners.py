"""Listeners, rules, targets, certificates and records in the stand-in."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local.layout import ACCOUNT, REGION
from tests.unit.local.aws.stand_in import DeployFailedError, StandIn
from tests.unit.local.aws.test_templates import Resources, attribute, certificate, ref

RANGES = ("10.7.0.0/24", "10.7.1.0/24")


def listener(**rule: Any) -> Resources:
    sign_in = {
        "Type": "authenticate-oidc",
        "Order": 1,
        "AuthenticateOidcConfig": {
            "Issuer": "https://idp.example.com",
            "AuthorizationEndpoint": "https://idp.example.com/auth",
            "TokenEndpoint": "https://idp.example.com/token",
            "UserInfoEndpoint": "https://idp.example.com/me",
            "ClientId": "portal",
            "ClientSecret": "secret",
        },
    }
    forward = {"Type": "forward", "TargetGroupArn": ref("Targets"), "Order": 2}
    return {
        "Balancer": {
            "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "Properties": {"Scheme": "internal"},
        },
        "Targets": {
            "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
            "Properties": {
                "TargetType": "ip",
                "Protocol": "HTTPS",
                "Port": 443,
                "HealthCheckProtocol": "HTTPS",
                "HealthCheckPath": "/health",
                "Matcher": {"HttpCode": "200,302"},
                **rule.pop("targets", {}),
            },
        },
        "Listener": {
            "Type": "AWS::ElasticLoadBalancingV2::Listener",
            "Properties": {
                "LoadBalancerArn": ref("Balancer"),
                "Port": 443,
                "Protocol": "HTTPS",
                "Certificates": [{"CertificateArn": ref("Certificate")}],
                "DefaultActions": [sign_in, forward],
            },
        },
        "Certificate": certificate(),
        "Rule": {
            "Type": "AWS::ElasticLoadBalancingV2::ListenerRule",
            "Properties": {
                "ListenerArn": ref("Listener"),
                "Priority": 100,
                "Actions": [sign_in, forward],
                "Conditions": [
                    {
                        "Field": "host-header",
                        "HostHeaderConfig": {"Values": ["ui.example.com"]},
                    },
                    {
                        "Field": "path-pattern",
                        "PathPatternConfig": {"Values": ["/a", "/b/*"]},
                    },
                    {
                        "Field": "query-string",
                        "QueryStringConfig": {"Values": [{"Key": "login", "Value": "<true>"}]},
                    },
                ],
                **rule,
            },
        },
    }


def test_a_target_group_belongs_to_one_load_balancer(stand_in: StandIn) -> None:
    resources = listener()
    properties = resources["Listener"]["Properties"]
    resources["Other"] = resources["Balancer"]
    resources["OtherListener"] = {
        **resources["Listener"],
        "Properties": {**properties, "LoadBalancerArn": ref("Other")},
        "DependsOn": "Rule",
    }
    with pytest.raises(DeployFailedError, match="more than one load balancer: arn:aws"):
        stand_in.deploy(resources)

    stack, _ = stand_in.deploy(listener())
    resources = listener()
    resources["Balancer"]["Properties"]["Scheme"] = "internet-facing"
    with pytest.raises(DeployFailedError, match="more than one load balancer: arn:aws"):
        stand_in.deploy(resources, stack=stack)
    stand_in.destroy(stack)


def test_a_rule_keeps_its_conditions_and_how_people_sign_in(stand_in: StandIn) -> None:
    stack, made = stand_in.deploy(listener(), {"Listener": ref("Listener")})
    rules = stand_in.session.client("elbv2").describe_rules(ListenerArn=made["Listener"])["Rules"]
    rule = next(each for each in rules if not each["IsDefault"])
    conditions = {each["Field"]: each for each in rule["Conditions"]}
    assert conditions["host-header"]["Values"] == ["ui.example.com"]
    assert conditions["path-pattern"]["Values"] == ["/a", "/b/*"]
    assert conditions["query-string"]["QueryStringConfig"]["Values"] == [
        {"Key": "login", "Value": "<true>"}
    ]
    authenticate, forward = rule["Actions"]
    assert authenticate["AuthenticateOidcConfig"]["ClientSecret"] == "secret"
    assert forward["Type"] == "forward"
    stand_in.destroy(stack)


CONFUSED: dict[str, Any] = {
    "Type": "redirect",
    "RedirectConfig": {
        "Host": "portal.example.com",
        "Path": "/<sign-in>&",
        "Query": "a=<b>&#{query}",
        "StatusCode": "HTTP_302",
    },
}
PAGE = {
    "Type": "fixed-response",
    "FixedResponseConfig": {
        "StatusCode": "400",
        "ContentType": "text/html",
        "MessageBody": "<p>No such host &amp; no more.</p>",
    },
}


def test_redirects_and_fixed_responses_are_kept_as_they_are(stand_in: StandIn) -> None:
    resources = listener(Actions=[CONFUSED])
    resources["Listener"]["Properties"]["DefaultActions"] = [PAGE]
    stack, made = stand_in.deploy(resources, {"Listener": ref("Listener")})
    rules = stand_in.session.client("elbv2").describe_rules(ListenerArn=made["Listener"])["Rules"]
    redirect, page = sorted(rules, key=lambda rule: rule["IsDefault"])
    described = redirect["Actions"][0]["RedirectConfig"]
    assert CONFUSED["RedirectConfig"].items() <= described.items()
    assert described["Port"] == "#{port}"
    assert page["Actions"][0]["FixedResponseConfig"] == PAGE["FixedResponseConfig"]
    stand_in.destroy(stack)


UNKNOWN = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/unknown"


@pytest.mark.parametrize(
    ("certificates", "reason"),
    [
        ([], "A certificate must be specified for HTTPS listeners"),
        ([{"CertificateArn": UNKNOWN}], f"Certificate '{UNKNOWN}' not found"),
    ],
)
def test_an_https_listener_needs_a_certificate_that_exists(
    stand_in: StandIn, certificates: list[dict[str, str]], reason: str
) -> None:
    resources = listener()
    stack, _ = stand_in.deploy(resources)
    resources["Listener"]["Properties"]["Certificates"] = certificates

    with pytest.raises(DeployFailedError, match=re.escape(reason)):
        stand_in.deploy(resources)
    with pytest.raises(DeployFailedError, match=re.escape(reason)):
        stand_in.deploy(resources, stack=stack)

    stand_in.destroy(stack)


LOOP = {"Type": "redirect", "RedirectConfig": {"Query": "again", "StatusCode": "HTTP_302"}}


def test_rules_that_aws_refuses_are_not_made(stand_in: StandIn) -> None:
    with pytest.raises(DeployFailedError, match="creates a loop"):
        stand_in.deploy(listener(Actions=[LOOP]))
    twice = listener()
    twice["Second"] = twice["Rule"]
    with pytest.raises(DeployFailedError, match="the priority 100 is in use"):
        stand_in.deploy(twice)
    for properties, reason in (
        ({"DefaultActions": [PAGE, LOOP]}, "exactly one action"),
        ({"Protocol": "HTTP", "Port": 80}, "authenticate-oidc needs an HTTPS listener"),
    ):
        resources = listener()
        del resources["Rule"]
        resources["Listener"]["Properties"] |= properties
        with pytest.raises(DeployFailedError, match=reason):
            stand_in.deploy(resources)


def test_a_rule_may_keep_its_priority_and_take_no_others(stand_in: StandIn) -> None:
    resources = listener()
    other = {**resources["Rule"], "Properties": {**resources["Rule"]["Properties"], "Priority": 7}}
    stack, _ = stand_in.deploy({**resources, "Other": other})
    changed = listener(Actions=[CONFUSED])
    stand_in.deploy({**changed, "Other": other}, stack=stack)
    with pytest.raises(DeployFailedError, match="the priority 7 is in use"):
        stand_in.deploy({**listener(Priority=7), "Other": other}, stack=stack)
    stand_in.destroy(stack)


def test_addresses_that_were_registered_survive_an_update(stand_in: StandIn) -> None:
    targets = {"Targets": ref("Targets")}
    stack, made = stand_in.deploy(listener(), targets)
    elb = stand_in.session.client("elbv2")
    arn = made["Targets"]

    def registered() -> list[str]:
        found = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return [each["Target"]["Id"] for each in found]

    elb.register_targets(
        TargetGroupArn=arn, Targets=[{"Id": "10.7.0.4"}, {"Id": "10.7.1.4", "Port": 443}]
    )
    elb.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": "10.7.0.4"}])
    stand_in.deploy(listener(targets={"HealthCheckPath": "/"}), targets, stack=stack)
    assert registered() == ["10.7.1.4"]
    [group] = elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    assert (group["HealthCheckPath"], group["Matcher"]["HttpCode"]) == ("/", "200,302")
    assert (group["TargetType"], group["Protocol"], group["Port"]) == ("ip", "HTTPS", 443)
    stand_in.destroy(stack)


def certified(certificate: Any) -> Resources:
    return {
        **listener(),
        "Zone": {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": "example.com"}},
        "Record": {
            "Type": "AWS::Route53::RecordSet",
            "Properties": {
                "HostedZoneId": ref("Zone"),
                "Name": "ui.example.com",
                "Type": "A",
                "AliasTarget": {
                    "DNSName": attribute("DNSName", "Balancer"),
                    "HostedZoneId": attribute("CanonicalHostedZoneID", "Balancer"),
                },
            },
        },
        "Certificate": {
            "Type": "AWS::CertificateManager::Certificate",
            "Properties": {
                "DomainName": "ui.example.com",
                "ValidationMethod": "DNS",
                "DomainValidationOptions": [
                    {"DomainName": "ui.example.com", "HostedZoneId": ref("Zone")}
                ],
            },
        },
        "More": {
            "Type": "AWS::ElasticLoadBalancingV2::ListenerCertificate",
            "Properties": {
                "ListenerArn": ref("Listener"),
                "Certificates": [{"CertificateArn": certificate}],
            },
        },
    }


def test_a_host_gets_its_record_and_its_certificate_at_once(stand_in: StandIn) -> None:
    stack, made = stand_in.deploy(
        certified(ref("Certificate")), {"Zone": ref("Zone"), "Certificate": ref("Certificate")}
    )
    records = stand_in.session.client("route53").list_resource_record_sets(
        HostedZoneId=made["Zone"]
    )
    assert "ui.example.com." in [each["Name"] for each in records["ResourceRecordSets"]]
    issued = stand_in.session.client("acm").describe_certificate(CertificateArn=made["Certificate"])
    assert issued["Certificate"]["Status"] == "ISSUED"
    stand_in.destroy(stack)
    with pytest.raises(DeployFailedError, match="no certificate arn:aws:acm"):
        stand_in.deploy(certified("arn:aws:acm:us-east-1:1:certificate/unknown"))
