"""Findings of `doctor`: registered targets, orphaned stacks and missing permissions."""

from __future__ import annotations

import json
import re

import pytest

from tests.unit.cli.doctor.conftest import (
    ADDRESSES,
    ALB,
    EXISTING,
    NEW,
    PORTAL,
    QUICK_START,
    Doctor,
)
from tests.unit.cli.doctor.fake_aws import TARGET_GROUP, FakeAws
from tests.unit.config.configurations import NAMED_VPC


@pytest.mark.usefixtures("aws")
def test_all_is_well(doctor: Doctor) -> None:
    looked = doctor()
    assert looked.status == 0
    assert "✓ Load balancer to the web server of fore_casting" in looked.said
    assert "All is well." in looked.said


def test_markdown_has_what_is_wrong_or_why_nothing_could_be_looked_at(
    aws: FakeAws, doctor: Doctor
) -> None:
    aws.targets = {}
    looked = doctor("--markdown")
    assert looked.status == 1
    assert re.search(r"\*\*1 of \d+ checks failed\.\*\*", looked.out)
    assert "  - do: " in looked.out

    wrong = doctor("--markdown", Alb={})
    assert wrong.status == 2
    assert wrong.out.startswith("### What is deployed\n\n**It could not be checked: ")
    assert "- **Alb.CertificateArn**" in wrong.out
    assert doctor("--markdown", "--json").status == 2


def test_an_existing_environment_and_quick_start(aws: FakeAws, doctor: Doctor) -> None:
    for kind in ("Ui", "Env"):
        del aws.stacks[f"mwaa-platform-{kind}-fore-casting-376318"]
    for stack in ("Ui-old-one-86f784", "QuickStart"):
        aws.stacks[f"mwaa-platform-{stack}"] = {"UiTargetGroupArn": TARGET_GROUP}
    looked = doctor(MwaaEnvironments=[EXISTING], QuickStart=QUICK_START)
    assert looked.status == 0, looked.said
    assert "web server of old_one" in looked.said
    assert "web server of reporting" in looked.said

    for stack in ("Sso", "Grants", "Network", "Ui-old-one-86f784"):
        del aws.stacks[f"mwaa-platform-{stack}"]
    assert doctor(MwaaEnvironments=[], QuickStart=QUICK_START).status == 0


def test_an_environment_without_a_host_of_its_own_has_nothing_to_look_at(
    aws: FakeAws, doctor: Doctor
) -> None:
    aws.stacks = {**PORTAL, "mwaa-platform-Env-analytics": {"EnvironmentName": "analytics"}}
    aws.environments.add("analytics")
    looked = doctor(MwaaEnvironments=[{"Name": "analytics", "VpcCIDR": "10.1.0.0/16"}])
    assert looked.status == 0
    assert "web server" not in looked.said


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ({"10.3.0.10": "healthy"}, "10.3.1.10 is not registered."),
        (
            {**dict.fromkeys(ADDRESSES, "healthy"), "10.3.9.9": "healthy"},
            "10.3.9.9 is left over.",
        ),
        ({"10.3.9.9": "healthy"}, "10.3.0.10, 10.3.1.10 is not registered; 10.3.9.9 is left over."),
        ({}, "10.3.0.10, 10.3.1.10 is not registered."),
        (
            {"10.3.0.10": "healthy", "10.3.1.10": "unhealthy Request timed out"},
            "Not healthy: 10.3.1.10: Request timed out.",
        ),
        ({"10.3.0.10": "healthy", "10.3.1.10": "initial"}, "Not healthy: 10.3.1.10: initial."),
    ],
    ids=["missing", "left over", "moved", "none", "unhealthy", "not yet"],
)
def test_targets_that_are_not_the_web_server(
    targets: dict[str, str], said: str, aws: FakeAws, doctor: Doctor
) -> None:
    aws.targets = targets
    looked = doctor()
    assert looked.status == 1
    assert said in looked.said
    assert re.search(r"\b1 of \d+ checks failed\.", looked.said)


def test_a_target_that_is_leaving_is_no_fault(aws: FakeAws, doctor: Doctor) -> None:
    aws.targets["10.3.9.9"] = "draining"
    assert doctor().status == 0


def test_what_is_not_deployed_is_said_and_the_rest_looked_at(aws: FakeAws, doctor: Doctor) -> None:
    del aws.stacks["mwaa-platform-Sso"], aws.stacks["mwaa-platform-Ui-fore-casting-376318"]
    looked = doctor()
    assert looked.status == 1
    assert "✗ Stack mwaa-platform-Sso It is not deployed" in looked.said
    assert "✗ Stack mwaa-platform-Ui-fore-casting-376318 It is not deployed" in looked.said
    assert "./mwaa-platform deploy --only Ui-fore-casting-376318" in looked.said
    assert "✓ Stack mwaa-platform-Grants" in looked.said
    # What is missing is said once.
    assert re.search(r"\b2 of \d+ checks failed\.", looked.said)


def test_an_environment_that_is_gone(aws: FakeAws, doctor: Doctor) -> None:
    aws.environments.clear()
    looked = doctor()
    assert looked.status == 1
    assert "✗ Load balancer to the web server of fore_casting" in looked.said


@pytest.mark.parametrize("operation", ["DescribeTargetHealth", "DescribeVpcEndpoints"])
def test_a_check_that_is_not_allowed_is_a_finding(
    operation: str, aws: FakeAws, doctor: Doctor
) -> None:
    aws.refused = {operation}
    looked = doctor()
    assert looked.status == 1
    assert f"does not let you do {operation}. where You are not authorized." in looked.said
    assert "✓ Stack mwaa-platform-Sso" in looked.said


def test_for_programs(aws: FakeAws, doctor: Doctor) -> None:
    aws.targets = {}
    looked = doctor("--json")
    found = json.loads(looked.out)
    assert looked.status == 1
    assert [finding["subject"] for finding in found if finding["wrong"]] == [
        "Load balancer to the web server of fore_casting"
    ]
    assert all(finding["remedy"] for finding in found if finding["wrong"])
    assert {finding["from"] for finding in found} == {
        "Account",
        "Sign-in",
        "Stacks",
        "fore_casting",
    }


def test_what_stands_in_the_heading_is_not_said_again(aws: FakeAws, doctor: Doctor) -> None:
    aws.stacks["mwaa-platform-Sso"] = {}
    assert doctor().said.count("in AWS, Region us-east-1") == 1
    [finding] = [each for each in json.loads(doctor("--json").out) if each["wrong"]]
    assert finding["where"] == "in AWS, Region us-east-1"


LOAD_BALANCER = (
    "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/main/0123456789abcdef"
)
UNLOCK = (
    "aws cloudformation update-termination-protection --no-enable-termination-protection "
    "--stack-name mwaa-platform-"
)
NAMED_AS_NEW = {"MwaaEnvironmentName": "fore_casting"}
DELETE = "aws cloudformation delete-stack --stack-name mwaa-platform-"


@pytest.mark.parametrize(
    ("stack", "outputs", "still", "commands"),
    [
        (
            "QuickStart",
            {"LoadBalancerArn": LOAD_BALANCER},
            "still lets everybody who signs in into its environment, under its fixed role",
            [f"{UNLOCK}QuickStart", f"{DELETE}QuickStart"],
        ),
        ("Ui-old-one", {}, "still forwards people who sign in", [f"{DELETE}Ui-old-one"]),
        ("Deployers", {}, "still lets jobs of its repository look", [f"{DELETE}Deployers"]),
        (
            "Env-old-one",
            {},
            "still runs its environment",
            [f"{UNLOCK}Env-old-one", f"{DELETE}Env-old-one"],
        ),
    ],
)
def test_a_stack_that_left_the_configuration_is_said_to_go_on(
    *,
    stack: str,
    outputs: dict[str, str],
    still: str,
    commands: list[str],
    aws: FakeAws,
    doctor: Doctor,
) -> None:
    aws.stacks[f"mwaa-platform-{stack}"] = outputs
    looked = doctor()
    assert looked.status == 1
    assert (
        f"✗ Stack mwaa-platform-{stack} No longer in the configuration; it {still}" in looked.said
    )
    assert [line.strip() for line in looked.out.splitlines() if " aws " in line] == commands
    [finding] = [each for each in json.loads(doctor("--json").out) if each["wrong"]]
    assert finding["commands"] == commands


@pytest.mark.parametrize(
    "sections",
    [
        {"MwaaEnvironments": [{"Name": "fore_casting"}]},
        {"MwaaEnvironments": [], "QuickStart": {**QUICK_START, **NAMED_AS_NEW}},
    ],
)
def test_a_listed_environment_is_not_offered_for_deletion(
    sections: dict[str, object], aws: FakeAws, doctor: Doctor
) -> None:
    aws.stacks["mwaa-platform-QuickStart"] = {"UiTargetGroupArn": TARGET_GROUP}
    looked = doctor(**sections)
    assert looked.status == 1
    assert "It still owns fore_casting, which the file lists" in looked.said
    assert f"{DELETE}Env-" not in looked.out
    assert f"{UNLOCK}Env-" not in looked.out


FACTS = {"VpcId": "vpc-0aaaaaaaaaaaaaaa1", "VpcCIDR": "10.40.0.0/16"}


def test_who_loses_the_endpoints_of_an_orphaned_stack_is_said(aws: FakeAws, doctor: Doctor) -> None:
    aws.stacks["mwaa-platform-Env-owner"] = {}
    aws.resources = [("EndpointsSqs", "AWS::EC2::VPCEndpoint", "vpce-1")]
    aws.endpoints = {"vpce-1": FACTS["VpcId"]}
    entries = [NEW, {"Name": "user", "Existing": FACTS}]
    looked = doctor(MwaaEnvironments=entries)
    assert f"interface endpoints of {FACTS['VpcId']}: deleting it takes them away from user." in (
        looked.said
    )
    assert "First move the endpoints" in looked.said
    aws.endpoints = {"vpce-1": "vpc-0aaaaaaaaaaaaaaa2"}
    assert "First move the endpoints" not in doctor(MwaaEnvironments=entries).said


def test_hosts_go_before_the_sign_in_that_they_stand_on(aws: FakeAws, doctor: Doctor) -> None:
    aws.stacks["mwaa-platform-Sso"] = {"LoadBalancerArn": LOAD_BALANCER}
    aws.stacks["mwaa-platform-QuickStart"] = {"UiTargetGroupArn": TARGET_GROUP}
    looked = doctor(MwaaEnvironments=[], QuickStart=QUICK_START)
    assert [line.strip() for line in looked.out.splitlines() if " aws " in line] == [
        f"{DELETE}Ui-fore-casting-376318",
        f"{UNLOCK}Sso",
        f"{DELETE}Sso",
        f"{UNLOCK}Env-fore-casting-376318",
        f"{DELETE}Env-fore-casting-376318",
        f"{DELETE}Network",
    ]


def test_an_environment_that_lost_its_host_keeps_its_own_stack(
    doctor: Doctor, aws: FakeAws
) -> None:
    looked = doctor(MwaaEnvironments=[{key: NEW[key] for key in ("Name", "VpcCIDR")}])
    assert looked.status == 1
    assert f"{DELETE}Ui-fore-casting-376318" in looked.said
    assert f"{DELETE}Env-fore-casting-376318" not in looked.said
    del aws.stacks["mwaa-platform-Ui-fore-casting-376318"]
    assert doctor(MwaaEnvironments=[{key: NEW[key] for key in ("Name", "VpcCIDR")}]).status == 0


@pytest.mark.usefixtures("aws")
def test_a_network_is_left_over_where_an_existing_vpc_took_its_place(doctor: Doctor) -> None:
    looked = doctor(Alb={**ALB, **NAMED_VPC})
    assert looked.status == 1
    assert f"{DELETE}Network" in looked.said


def test_stacks_of_others_and_those_that_are_gone_are_no_finding(
    aws: FakeAws, doctor: Doctor
) -> None:
    aws.stacks |= {"another-QuickStart": {}, "mwaa-platform-QuickStarter": {}, "Sso": {}}
    aws.gone = {
        "mwaa-platform-QuickStart": "DELETE_COMPLETE",
        "mwaa-platform-Ui-old-one": "DELETE_IN_PROGRESS",
        "mwaa-platform-Env-planned": "REVIEW_IN_PROGRESS",
    }
    assert doctor().status == 0
    aws.gone = {"mwaa-platform-Ui-old-one": "DELETE_FAILED"}
    assert doctor().status == 1


def test_not_being_allowed_to_list_stacks_is_a_finding(aws: FakeAws, doctor: Doctor) -> None:
    aws.refused = {"ListStacks"}
    looked = doctor()
    assert looked.status == 1
    assert "✗ Stacks that left the configuration" in looked.said
    assert "✓ Load balancer to the web server of fore_casting" in looked.said


def test_what_is_left_of_a_failed_creation_is_named_with_the_way_on(
    aws: FakeAws, doctor: Doctor
) -> None:
    """The CDK alone cannot replace it, since it protects a stack before it creates it."""
    aws.states["mwaa-platform-Grants"] = "ROLLBACK_COMPLETE"
    looked = doctor()
    assert looked.status == 1
    assert "✗ Stack mwaa-platform-Grants Its creation failed (ROLLBACK_COMPLETE)" in looked.said
    assert "it has no resources" in looked.said
    [finding] = [each for each in json.loads(doctor("--json").out) if each["wrong"]]
    assert finding["commands"] == ["./mwaa-platform deploy --only Grants"]


def test_what_a_rollback_could_not_delete_is_not_said_to_be_nothing(
    aws: FakeAws, doctor: Doctor
) -> None:
    aws.states["mwaa-platform-Grants"] = "ROLLBACK_FAILED"
    looked = doctor()
    assert looked.status == 1
    assert "something could not be deleted (ROLLBACK_FAILED)" in looked.said
    assert "it has no resources" not in looked.said
    assert "--retain-resources" in looked.said
    [finding] = [each for each in json.loads(doctor("--json").out) if each["wrong"]]
    assert finding["commands"] == [
        f"{UNLOCK}Grants",
        "aws cloudformation delete-stack --stack-name mwaa-platform-Grants",
        "./mwaa-platform deploy --only Grants",
    ]


LIST = "pl-0123456789abcdef0"
LOGS = {
    "UiTargetsLogGroup": "/aws/lambda/targets",
    "UiIngressLogGroup": "/aws/lambda/ingress",
    "UiIngressSource": LIST,
}


def test_a_recreated_environment_that_does_not_let_the_load_balancer_in(
    aws: FakeAws, doctor: Doctor
) -> None:
    aws.stacks["mwaa-platform-Ui-fore-casting-376318"] |= LOGS
    aws.admitted = {aws.security_group: LIST}
    assert doctor().status == 0

    aws.security_group = "sg-0fedcba9876543210"

    looked = doctor()
    assert looked.status == 1
    assert (
        f"security group sg-0fedcba9876543210 does not let the load balancer in ({LIST}"
        in looked.said
    )
    assert "Wait five minutes" in looked.said
    [finding] = [each for each in json.loads(doctor("--json").out) if each["wrong"]]
    assert finding["commands"] == ["aws logs tail /aws/lambda/ingress --since 15m"]
    aws.admitted = {aws.security_group: "pl-0fedcba9876543210"}
    assert doctor().status == 1


def test_targets_that_do_not_follow_are_explained_by_the_lookups_log(
    aws: FakeAws, doctor: Doctor
) -> None:
    """A deployment that changes nothing does not run the lookup."""
    aws.stacks["mwaa-platform-Ui-fore-casting-376318"] |= LOGS
    aws.targets = {}
    looked = doctor()
    assert "aws logs tail /aws/lambda/targets --since 15m" in looked.said
    assert "./mwaa-platform deploy" not in looked.said


def test_addresses_that_are_given_are_to_be_corrected(aws: FakeAws, doctor: Doctor) -> None:
    aws.stacks = {"mwaa-platform-QuickStart": {"UiTargetGroupArn": TARGET_GROUP}}
    aws.targets = {}
    given = {**QUICK_START, "MwaaEndpointIps": ["10.3.9.9", "10.3.9.10"]}
    looked = doctor(MwaaEnvironments=[], QuickStart=given)
    assert looked.status == 1
    assert "Correct the addresses in QuickStart.MwaaEndpointIps; then deploy." in looked.said


def test_a_zone_without_the_load_balancer_is_named(aws: FakeAws, doctor: Doctor) -> None:
    aws.balancer_zones = ["us-east-1a", "us-east-1c"]

    looked = doctor()

    assert looked.status == 1
    assert "has no subnet in us-east-1b (10.3.1.10)" in looked.said
    assert "Add a subnet of the zone" in looked.said


def test_zones_do_not_matter_where_the_web_server_is_in_another_vpc(
    aws: FakeAws, doctor: Doctor
) -> None:
    aws.vpc, aws.balancer_zones = "vpc-0fedcba9876543210", ["us-east-1c", "us-east-1d"]

    assert doctor().status == 0
