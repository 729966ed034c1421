"""Target groups of web servers: protocol, health checks and addresses."""

from __future__ import annotations

import pytest

from cli.doctor.web_servers import OUTPUT
from tests.templates.listener import TARGET_GROUP
from tests.templates.synthesis import (
    SAMPLES,
    raw_sample,
    rendered,
    sample,
    synthesise,
)

AIRFLOW_2 = "/aws_mwaa/aws-console-sso"
AIRFLOW_3 = "/pluginsv2/aws_mwaa/aws-console-sso"
HOSTS, QUICK_START, NAMED = "existing-with-host-names", "quick-start", "one-new-in-a-named-vpc"
PROTECTION = "Custom::LoadBalancerProtection"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
CERTIFICATE, RECORD = "AWS::CertificateManager::Certificate", "AWS::Route53::RecordSet"
TARGETS = "Custom::EndpointTargets"
WITHOUT_SIGN_IN = ["/logout", "/signed-out", "/style.css"]
PORTAL, HOST = "airflow.example.com", "finance.airflow.example.net"


@pytest.mark.parametrize(
    ("name", "stack"),
    [("many-new", "Ui-reporting"), (HOSTS, "Ui-finance"), (QUICK_START, "QuickStart")],
)
def test_the_doctor_finds_the_target_group(name: str, stack: str) -> None:
    output = sample(name).templates[stack]["Outputs"][OUTPUT]

    assert rendered(output["Value"]).strip("<>") in sample(name).resources(stack, TARGET_GROUP)


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
    (protection,) = synthesis.resources("QuickStart", PROTECTION).values()

    assert set(synthesis.resources("QuickStart", TARGETS)) <= set(protection["DependsOn"])


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
