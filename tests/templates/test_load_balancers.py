"""Load balancers: their hosts, networks and functions, with a portal and with QuickStart."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.templates.listener import TARGET_GROUP
from tests.templates.synthesis import (
    SAMPLES,
    Json,
    Synthesis,
    as_list,
    raw_sample,
    rendered,
    sample,
    statements,
    synthesise,
)
from web_server_ingress.rules import OWNER_TAG

AIRFLOW_2 = "/aws_mwaa/aws-console-sso"
AIRFLOW_3 = "/pluginsv2/aws_mwaa/aws-console-sso"
HOSTS, QUICK_START, NAMED = "existing-with-host-names", "quick-start", "one-new-in-a-named-vpc"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
RULE = "Custom::WebServerIngress"
CERTIFICATE, RECORD = "AWS::CertificateManager::Certificate", "AWS::Route53::RecordSet"
TARGETS = "Custom::EndpointTargets"
WITHOUT_SIGN_IN = ["/logout", "/signed-out", "/style.css"]
PORTAL, HOST = "airflow.example.com", "finance.airflow.example.net"


def both() -> Json:
    """A portal and QuickStart in one configuration, with the longest AppName that there is."""
    return {
        **raw_sample("existing"),
        "AppName": "a" * 20,
        "QuickStart": raw_sample(QUICK_START)["QuickStart"],
        "Alb": {**raw_sample("existing")["Alb"], "AllowedCidrs": ["10.0.0.0/8"]},
    }


@pytest.mark.parametrize("name", ["many-new", "one-new"])
def test_the_load_balancer_has_a_route_to_every_private_environment(name: str) -> None:
    synthesis = sample(name)
    routed: dict[str, set[str]] = {}
    for stack, _, resource in synthesis.all_resources():
        if resource["Type"] == "AWS::EC2::Route" and stack.startswith("Env-"):
            route = rendered(resource["Properties"])
            if "-Network:" in route["RouteTableId"]:
                table = _exported(route["RouteTableId"])
                routed.setdefault(route["DestinationCidrBlock"], set()).add(table)
    subnets = {
        _exported(rendered(subnet))
        for subnet in synthesis.properties("Sso", LOAD_BALANCER)["Subnets"]
    }
    tables = {
        association["Properties"]["SubnetId"]["Ref"]: association["Properties"]["RouteTableId"][
            "Ref"
        ]
        for association in synthesis.resources(
            "Network", "AWS::EC2::SubnetRouteTableAssociation"
        ).values()
    }

    assert len(subnets) == 2
    assert routed
    for reached in routed.values():
        assert {tables[subnet] for subnet in subnets} <= reached


@pytest.mark.parametrize(
    ("name", "stack", "zone"),
    [
        (HOSTS, "Ui-finance", "Z9876543210JIHGFEDCBA"),
        ("many-new", "Ui-reporting", "Z9876543210JIHGFEDCBA"),
        (NAMED, "Sso", "Z0123456789ABCDEFGHIJ"),
    ],
)
def test_a_host_has_its_certificate_and_its_record_in_its_zone(
    name: str, stack: str, zone: str
) -> None:
    synthesis = sample(name)
    certificate = synthesis.properties(stack, CERTIFICATE)
    record = synthesis.properties(stack, RECORD)

    assert certificate["ValidationMethod"] == "DNS"
    assert record["Name"] == certificate["DomainName"]
    assert record["Type"] == "A"
    (validation,) = certificate["DomainValidationOptions"]
    assert validation["HostedZoneId"] == record["HostedZoneId"] == zone


def test_without_a_hosted_zone_nothing_is_named() -> None:
    raw = raw_sample(HOSTS)
    del raw["Alb"]["HostedZoneId"], raw["Alb"]["UiHostedZoneId"]
    raw["Alb"]["CertificateArn"] = raw_sample("existing")["Alb"]["CertificateArn"]

    types = {resource["Type"] for _, _, resource in synthesise(raw).all_resources()}

    assert not {CERTIFICATE, RECORD, "AWS::ElasticLoadBalancingV2::ListenerCertificate"} & types


@pytest.mark.parametrize("name", [HOSTS, NAMED])
def test_in_a_named_vpc_no_network_is_made_and_nothing_looked_up(name: str) -> None:
    synthesis = sample(name)
    load_balancer = synthesis.properties("Sso", LOAD_BALANCER)

    assert "Network" not in synthesis.templates
    assert load_balancer["Subnets"] == raw_sample(name)["Alb"]["SubnetIds"]
    assert b"missing" not in synthesis.files["manifest.json"]


def test_a_new_environment_is_joined_to_a_named_vpc_by_its_route_tables() -> None:
    routes = [
        rendered(route["Properties"])
        for route in sample(NAMED).resources("Env-analytics", "AWS::EC2::Route").values()
        if "VpcPeeringConnectionId" in route["Properties"]
    ]

    assert {r["RouteTableId"] for r in routes if r["DestinationCidrBlock"] == "10.1.0.0/16"} == {
        "rtb-0123456789abcdef0",
        "rtb-0fedcba9876543210",
    }
    assert {r["DestinationCidrBlock"] for r in routes} == {"10.1.0.0/16", "10.20.0.0/16"}


def test_an_existing_environment_lets_the_load_balancers_vpc_in_and_nobody_else() -> None:
    rule = rendered(sample(HOSTS).properties("Ui-finance", RULE))
    ranges = sample(HOSTS).properties("Ui-finance", "AWS::EC2::PrefixList")["Entries"]

    assert [each["Cidr"] for each in ranges] == ["10.20.0.0/16"]
    assert re.fullmatch(r"<LoadBalancerVpc\w*\.PrefixListId>", rule["Source"])
    assert rule["EnvironmentName"] == "finance"
    assert rule["Owner"] == "<AWS::StackId>"


def test_quick_starts_environment_lets_the_load_balancer_in() -> None:
    rule = rendered(sample(QUICK_START).properties("QuickStart", RULE))

    assert rule["Source"] == "<EntranceSecurityGroup7874DCAF.GroupId>"


@pytest.mark.parametrize(("name", "stack"), [(HOSTS, "Ui-finance"), (QUICK_START, "QuickStart")])
def test_the_rule_that_a_function_makes_has_the_configured_tags(name: str, stack: str) -> None:
    tags = {"CostCentre": "42"}
    tagged = synthesise({**raw_sample(name), "Tags": tags})
    assert tagged.properties(stack, RULE)["Tags"] == tags
    assert "Tags" not in sample(name).properties(stack, RULE)


@pytest.mark.parametrize(
    ("name", "stack", "vpc"),
    [
        (HOSTS, "Ui-finance", r"<UiEndpointTargets\w*\.VpcId>"),
        (QUICK_START, "QuickStart", r"vpc-\w+"),
    ],
)
def test_rules_are_changed_in_the_environments_vpc_alone_and_tagged_as_the_stacks(
    name: str, stack: str, vpc: str
) -> None:
    changing = [
        (action, str(statement["Resource"]).rpartition(":")[2], statement.get("Condition"))
        for each in sample(name).resources(stack, "AWS::IAM::Policy").values()
        for statement in map(rendered, statements(each))
        for action in as_list(statement["Action"])
        if action.startswith("ec2:") and "Describe" not in action
    ]
    conditions = {(action, resource): given for action, resource, given in changing}
    tag = {f"aws:RequestTag/{OWNER_TAG}": "<AWS::StackId>"}
    in_vpc = conditions["ec2:AuthorizeSecurityGroupIngress", "security-group/*"]

    assert len(conditions) == len(changing) == 4
    assert conditions["ec2:RevokeSecurityGroupIngress", "security-group/*"] == in_vpc
    assert re.fullmatch(rf"arn:.*:ec2:.*:\*:vpc/{vpc}", in_vpc["ArnLike"]["ec2:Vpc"])
    assert conditions["ec2:AuthorizeSecurityGroupIngress", "security-group-rule/*"] == {
        "StringEquals": tag
    }
    assert conditions["ec2:CreateTags", "security-group-rule/*"] == {
        "StringEquals": {"ec2:CreateAction": "AuthorizeSecurityGroupIngress", **tag}
    }


def test_a_new_environments_lookup_may_change_no_rules() -> None:
    """Its security group is the platform's."""
    assert not sample("one-new-in-a-named-vpc").resources("Ui-analytics", RULE)
    policies = sample("one-new-in-a-named-vpc").resources("Ui-analytics", "AWS::IAM::Policy")
    assert "SecurityGroup" not in str(policies)


def test_another_vpc_takes_a_policy_of_its_own() -> None:
    """The former one must go on until the former environment's rule is removed."""
    raw = raw_sample(QUICK_START)
    raw["QuickStart"]["VpcId"] = "vpc-0fedcba9876543210"

    former, current = (
        {
            logical_id
            for logical_id, each in synthesis.resources("QuickStart", "AWS::IAM::Policy").items()
            if "ec2:Vpc" in str(each["Properties"]["PolicyDocument"])
        }
        for synthesis in (sample(QUICK_START), synthesise(raw))
    )

    assert len(former) == len(current) == 1
    assert not former & current


@pytest.mark.parametrize(("name", "stack"), [(HOSTS, "Ui-finance"), (QUICK_START, "QuickStart")])
def test_no_lookup_comes_after_the_rule_is_removed(name: str, stack: str) -> None:
    (rule,) = sample(name).resources(stack, RULE)
    [schedule] = [
        each
        for each in sample(name).resources(stack, "AWS::Events::Rule").values()
        if '"Owner":"<AWS::StackId>"' in str(rendered(each["Properties"]["Targets"]))
    ]

    assert rule in schedule["DependsOn"]
    assert schedule["Properties"]["ScheduleExpression"] == "rate(5 minutes)"


def test_a_security_group_that_is_named_is_used_as_it_is() -> None:
    raw = raw_sample(QUICK_START)
    raw["QuickStart"]["SecurityGroupId"] = "sg-0123456789abcdef0"
    synthesis = synthesise(raw)

    load_balancer = synthesis.properties("QuickStart", LOAD_BALANCER)
    assert load_balancer["SecurityGroups"] == ["sg-0123456789abcdef0"]
    types = {resource["Type"] for _, _, resource in synthesis.all_resources()}
    assert not [each for each in types if each.startswith("AWS::EC2::")]
    assert RULE not in types


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "analytics.airflow.example.net"), ({"webserver.base_url": "mine"}, "mine")],
)
def test_airflow_2_is_told_its_host_unless_somebody_else_does(
    given: dict[str, str], expected: str
) -> None:
    raw = raw_sample(NAMED)
    raw["MwaaEnvironments"][0]["ConfigurationOptions"] = given

    environment = synthesise(raw).properties("Env-analytics", "AWS::MWAA::Environment")

    assert environment["AirflowConfigurationOptions"]["webserver.base_url"] == expected


def test_airflow_3_is_not_told() -> None:
    environment = sample("many-new").properties("Env-forecasting", "AWS::MWAA::Environment")

    assert "webserver.base_url" not in environment.get("AirflowConfigurationOptions", {})


def test_every_request_passes_the_web_acl() -> None:
    association = sample("many-new").properties("Sso", "Custom::WebAcl")

    assert association["WebAclArn"] == raw_sample("many-new")["Alb"]["WebAclArn"]
    assert rendered(association["LoadBalancerArn"]) == "<EntranceLoadBalancerF84991F0>"


def test_quick_start_alone_makes_no_portal_and_no_grants() -> None:
    assert set(sample(QUICK_START).templates) == {"QuickStart"}
    variables = _variables(sample(QUICK_START), "QuickStart")
    assert variables["FIXED_ROLE"] == "Viewer"
    assert "GRANTS_TABLE" not in variables
    assert "FIXED_ROLE" not in _variables(sample("existing"), "Sso")


def test_a_portal_and_quick_start_stand_side_by_side() -> None:
    synthesis = synthesise(both())
    limits = {"RoleName": 64, "Name": 32}
    names = [
        (key, resource["Properties"][key])
        for _, _, resource in synthesis.all_resources()
        for key in limits
        if resource["Type"] in {"AWS::IAM::Role", TARGET_GROUP}
        and key in resource.get("Properties", {})
    ]

    assert {"QuickStart", "Sso"} <= set(synthesis.templates)
    assert len(names) == 8
    assert len(set(names)) == len(names)
    assert all(len(name) <= limits[key] for key, name in names)


@pytest.mark.parametrize("name", SAMPLES)
def test_no_function_is_in_a_vpc_or_has_an_address_of_its_own(name: str) -> None:
    for _, _, resource in sample(name).all_resources():
        assert resource["Type"] != "AWS::Lambda::Url"
        if resource["Type"] == "AWS::Lambda::Function":
            assert "VpcConfig" not in resource["Properties"]


def _exported(reference: str) -> str:
    """The logical id behind a value that another stack exports."""
    (name,) = re.findall(r"ExportsOutputRef(\w+)[0-9A-F]{8}", reference)
    return str(name)


def _variables(synthesis: Synthesis, stack: str) -> dict[str, Any]:
    (variables,) = (
        function["Properties"]["Environment"]["Variables"]
        for function in synthesis.resources(stack, "AWS::Lambda::Function").values()
        if function["Properties"]["Handler"].startswith("authenticator.")
    )
    return dict(variables)
