"""Whom each listener lets pass, and where a request then goes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cli.doctor.web_servers import OUTPUT
from config.loader import parse_configuration
from stacks.alb import portal_environments
from tests.templates.listener import TARGET_GROUP, https_rules, rule_for
from tests.templates.synthesis import (
    SAMPLES,
    Json,
    Synthesis,
    raw_sample,
    rendered,
    sample,
    synthesise,
)

AIRFLOW_2 = "/aws_mwaa/aws-console-sso"
AIRFLOW_3 = "/pluginsv2/aws_mwaa/aws-console-sso"
HOSTS, QUICK_START, NAMED = "existing-with-host-names", "quick-start", "one-new-in-a-named-vpc"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
INGRESS = "AWS::EC2::SecurityGroupIngress"
CERTIFICATE, RECORD = "AWS::CertificateManager::Certificate", "AWS::Route53::RecordSet"
TARGETS = "Custom::EndpointTargets"
WITHOUT_SIGN_IN = ["/logout", "/signed-out", "/style.css"]
PORTAL, HOST = "airflow.example.com", "finance.airflow.example.com"


def both() -> Json:
    """A portal and QuickStart in one configuration, with the longest AppName that there is."""
    return {
        **raw_sample("existing"),
        "AppName": "a" * 20,
        "QuickStart": raw_sample(QUICK_START)["QuickStart"],
        "Alb": {**raw_sample("existing")["Alb"], "AllowedCidrs": ["10.0.0.0/8"]},
    }


def _is_authenticator(synthesis: Synthesis, target: str) -> bool:
    stack, _, logical_id = target.partition("/")
    group = synthesis.resources(stack, TARGET_GROUP)[logical_id]["Properties"]
    return bool(group["TargetType"] == "lambda")


@pytest.mark.parametrize("name", SAMPLES)
def test_whoever_has_not_signed_in_gets_only_to_the_pages_for_signing_out(name: str) -> None:
    rules = list(https_rules(sample(name)))
    open_to_all = [rule for rule in rules if not rule.signs_in_first]

    assert len(open_to_all) == len({rule.stack for rule in rules})
    for rule in open_to_all:
        (condition,) = rule.conditions
        assert condition["Field"] == "path-pattern"
        assert condition["PathPatternConfig"]["Values"] == WITHOUT_SIGN_IN
        assert _is_authenticator(sample(name), rule.target)


@pytest.mark.parametrize("name", SAMPLES)
def test_no_two_rules_of_a_listener_have_one_priority(name: str) -> None:
    places = [(rule.stack, rule.priority) for rule in https_rules(sample(name))]

    assert len(set(places)) == len(places)
    assert all(1 <= priority <= 50_001 for _, priority in places)


@pytest.mark.parametrize("login_path", [AIRFLOW_2, AIRFLOW_3])
@pytest.mark.parametrize(
    ("stack", "host", "web_servers"),
    [("Sso", HOST, "Ui-finance/"), ("QuickStart", "any.example.com", "QuickStart/WebServers")],
)
def test_a_decision_is_the_authenticators_and_its_token_the_web_servers(
    stack: str, host: str, web_servers: str, login_path: str
) -> None:
    synthesis = sample(HOSTS if stack == "Sso" else QUICK_START)
    asked = rule_for(synthesis, stack, host, login_path, {"mwaa_env": "finance"})
    brought = rule_for(synthesis, stack, host, login_path, {"login": "true"})
    other = rule_for(synthesis, stack, host, "/dags/one/grid")

    assert _is_authenticator(synthesis, asked.target)
    for rule in (brought, other):
        assert rule.target.startswith(web_servers)
        assert not _is_authenticator(synthesis, rule.target)


@pytest.mark.parametrize("path", ["/", AIRFLOW_2, "/dags/one/grid"])
@pytest.mark.parametrize("query", [{}, {"login": "true"}])
def test_any_other_host_is_the_authenticators(path: str, query: dict[str, str]) -> None:
    for host in (PORTAL, "unknown.example.com", "finance.airflow.example.com.example.net"):
        rule = rule_for(sample(HOSTS), "Sso", host, path, query)
        assert _is_authenticator(sample(HOSTS), rule.target)


@pytest.mark.parametrize("name", [HOSTS, "many-new", NAMED])
def test_what_a_web_server_sees_of_a_session_is_good_at_no_other_host(name: str) -> None:
    """The load balancer sends its cookie on to web servers, whose plugins a team writes."""
    names: dict[str, set[str]] = {}
    for rule in https_rules(sample(name)):
        if rule.signs_in_first:
            hosts = [
                host
                for each in rule.conditions
                if each["Field"] == "host-header"
                for host in each["HostHeaderConfig"]["Values"]
            ]
            names.setdefault("".join(hosts), set()).add(rule.session_cookie_name)

    assert len(names) > 1
    assert all(len(of_a_host) == 1 for of_a_host in names.values())
    assert len(set.union(*names.values())) == len(names)


def test_the_authenticator_knows_the_cookie_of_each_host() -> None:
    configuration = parse_configuration(raw_sample("many-new"), source=SAMPLES["many-new"])
    cookies = {each.ui_host: each.ui_session_cookie for each in portal_environments(configuration)}
    served = {
        host: rule.session_cookie_name
        for rule in https_rules(sample("many-new"))
        for condition in rule.conditions
        if condition["Field"] == "host-header"
        for host in condition["HostHeaderConfig"]["Values"]
    }

    assert served
    assert served == {host: name for host, name in cookies.items() if host}


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
    ("name", "stack"),
    [("many-new", "Ui-reporting"), (HOSTS, "Ui-finance"), (QUICK_START, "QuickStart")],
)
def test_the_doctor_finds_the_target_group(name: str, stack: str) -> None:
    output = sample(name).templates[stack]["Outputs"][OUTPUT]

    assert rendered(output["Value"]).strip("<>") in sample(name).resources(stack, TARGET_GROUP)


def test_a_host_leads_to_its_own_environment() -> None:
    for name in ("finance", "research"):
        rule = rule_for(sample(HOSTS), "Sso", f"{name}.airflow.example.com", "/home")
        assert rule.place.startswith(f"Ui-{name}/")


def test_nothing_of_an_environment_is_served_without_a_host_of_its_own() -> None:
    assert {name for name in sample(HOSTS).templates if name.startswith("Ui-")} == {
        "Ui-finance",
        "Ui-research",
    }
    assert [rule.priority for rule in https_rules(sample("existing"))] == [50_001, 10]


@pytest.mark.parametrize("name", SAMPLES)
def test_web_servers_are_spoken_to_and_looked_at_in_https(name: str) -> None:
    for stack, _, resource in sample(name).all_resources():
        if resource["Type"] != TARGET_GROUP or resource["Properties"]["TargetType"] == "lambda":
            continue
        group = resource["Properties"]
        assert (group["Protocol"], group["Port"], group["TargetType"]) == ("HTTPS", 443, "ip")
        assert group["HealthCheckProtocol"] == "HTTPS"
        assert group["Matcher"]["HttpCode"] == "200-399"
        # One that must be replaced is made before the former goes, so their names must differ.
        assert "Name" not in group, stack


@pytest.mark.parametrize(("stack", "path"), [("Ui-finance", AIRFLOW_2), ("Ui-research", AIRFLOW_3)])
def test_health_is_asked_for_where_this_airflow_answers(stack: str, path: str) -> None:
    assert sample(HOSTS).properties(stack, TARGET_GROUP)["HealthCheckPath"] == path


def test_health_of_an_unknown_airflow_is_asked_for_at_its_root() -> None:
    raw = raw_sample(HOSTS)
    del raw["MwaaEnvironments"][0]["AirflowVersion"]

    assert synthesise(raw).properties("Ui-finance", TARGET_GROUP)["HealthCheckPath"] == "/"


@pytest.mark.parametrize(
    ("name", "stack"), [(HOSTS, "Ui-finance"), ("many-new", "Ui-reporting"), (NAMED, "Sso")]
)
def test_a_host_has_its_certificate_and_its_record(name: str, stack: str) -> None:
    synthesis = sample(name)
    certificate = synthesis.properties(stack, CERTIFICATE)
    record = synthesis.properties(stack, RECORD)

    assert certificate["ValidationMethod"] == "DNS"
    assert record["Name"] == certificate["DomainName"]
    assert record["Type"] == "A"
    (validation,) = certificate["DomainValidationOptions"]
    assert validation["HostedZoneId"] == record["HostedZoneId"] == "Z0123456789ABCDEFGHIJ"


def test_without_a_hosted_zone_nothing_is_named() -> None:
    raw = raw_sample(HOSTS)
    del raw["Alb"]["HostedZoneId"]
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
    rule = sample(HOSTS).properties("Ui-finance", INGRESS)
    ranges = sample(HOSTS).properties("Ui-finance", "AWS::EC2::PrefixList")["Entries"]

    assert [each["Cidr"] for each in ranges] == ["10.20.0.0/16"]
    assert rule["SourcePrefixListId"]["Fn::GetAtt"][1] == "PrefixListId"
    assert not {"CidrIp", "SourceSecurityGroupId"} & rule.keys()
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)
    assert rule["GroupId"]["Fn::GetAtt"][1] == "SecurityGroupId"


def test_quick_starts_environment_lets_the_load_balancer_in() -> None:
    rule = sample(QUICK_START).properties("QuickStart", INGRESS)

    assert rendered(rule["SourceSecurityGroupId"]) == "<EntranceSecurityGroup7874DCAF.GroupId>"
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)
    assert "CidrIp" not in rule


def test_a_security_group_that_is_named_is_used_as_it_is() -> None:
    raw = raw_sample(QUICK_START)
    raw["QuickStart"]["SecurityGroupId"] = "sg-0123456789abcdef0"
    synthesis = synthesise(raw)

    load_balancer = synthesis.properties("QuickStart", LOAD_BALANCER)
    assert load_balancer["SecurityGroups"] == ["sg-0123456789abcdef0"]
    types = {resource["Type"] for _, _, resource in synthesis.all_resources()}
    assert not [each for each in types if each.startswith("AWS::EC2::")]


def test_addresses_that_are_given_are_registered_and_none_is_looked_for() -> None:
    raw = raw_sample(QUICK_START)
    raw["QuickStart"]["MwaaEndpointIps"] = ["10.0.1.10", "10.0.2.10"]
    synthesis = synthesise(raw)

    assert not synthesis.resources("QuickStart", TARGETS)
    (targets,) = (
        group["Properties"]["Targets"]
        for group in synthesis.resources("QuickStart", TARGET_GROUP).values()
        if group["Properties"]["TargetType"] == "ip"
    )
    assert targets == [{"Id": "10.0.1.10", "Port": 443}, {"Id": "10.0.2.10", "Port": 443}]
    # The group in which addresses were found is another: none of them is left over.
    found = sample(QUICK_START).resources("QuickStart", TARGET_GROUP)
    given = synthesis.resources("QuickStart", TARGET_GROUP)
    assert len(found.keys() & given.keys()) == 1


def test_an_environment_that_is_not_there_leaves_no_protected_load_balancer() -> None:
    synthesis = sample(QUICK_START)
    (load_balancer,) = synthesis.resources("QuickStart", LOAD_BALANCER).values()

    assert set(synthesis.resources("QuickStart", TARGETS)) <= set(load_balancer["DependsOn"])


@pytest.mark.parametrize(
    ("name", "stack"), [(HOSTS, "Ui-finance"), (HOSTS, "Ui-research"), (NAMED, "Ui-analytics")]
)
def test_nobody_is_sent_to_a_host_before_it_has_an_address(name: str, stack: str) -> None:
    (targets,) = sample(name).resources(stack, TARGETS)
    rules = sample(name).resources(stack, "AWS::ElasticLoadBalancingV2::ListenerRule")

    assert len(rules) == 3
    assert all(targets in rule["DependsOn"] for rule in rules.values())


def test_addresses_are_found_again_every_five_minutes() -> None:
    synthesis = sample(NAMED)
    properties = synthesis.properties("Ui-analytics", TARGETS)
    schedule = synthesis.properties("Ui-analytics", "AWS::Events::Rule")

    assert schedule["ScheduleExpression"] == "rate(5 minutes)"
    (target,) = schedule["Targets"]
    event = rendered(target["Input"])
    for key in ("EnvironmentName", "TargetGroupArn", "VpcId"):
        assert f'"{key}":"{rendered(properties[key])}"' in event


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "analytics.airflow.example.com"), ({"webserver.base_url": "mine"}, "mine")],
)
def test_airflow_2_is_told_its_host_unless_somebody_else_does(
    given: dict[str, str], expected: str
) -> None:
    raw = raw_sample(NAMED)
    raw["MwaaEnvironments"][0]["ConfigurationOptions"] = given

    environment = synthesise(raw).properties("Env-analytics", "AWS::MWAA::Environment")

    assert environment["AirflowConfigurationOptions"] == {"webserver.base_url": expected}


def test_airflow_3_is_not_told() -> None:
    environment = sample("many-new").properties("Env-forecasting", "AWS::MWAA::Environment")

    assert "webserver.base_url" not in environment.get("AirflowConfigurationOptions", {})


def test_every_request_passes_the_web_acl() -> None:
    association = sample("many-new").properties("Sso", "AWS::WAFv2::WebACLAssociation")

    assert association["WebACLArn"] == raw_sample("many-new")["Alb"]["WebAclArn"]
    assert rendered(association["ResourceArn"]) == "<EntranceLoadBalancerF84991F0>"


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
