"""Findings of `doctor` about what a deployment stands on, before the first one and later."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.doctor.bootstrap import NEEDED
from cli.doctor.tools import OLDEST_NODE
from local.cdk_cli import cdk_variables
from tests.unit.cli.doctor.conftest import ALB, NEW, Doctor
from tests.unit.cli.doctor.fake_aws import FakeAws
from tests.unit.config.configurations import NAMED_VPC
from tests.updates.failures_table import SNAPSHOTS

NAMED = {**ALB, **NAMED_VPC}
JOINED = "vpc-0aaaaaaaaaaaaaaa1"
FACTS = {"VpcId": JOINED, "VpcCIDR": "10.40.0.0/16", "RouteTableIds": ["rtb-0aaaaaaaaaaaaaaa1"]}


@pytest.fixture
def empty(aws: FakeAws) -> FakeAws:
    """An account to which nothing has been deployed."""
    aws.stacks, aws.environments = {}, set()
    return aws


@pytest.mark.usefixtures("empty")
def test_all_is_well_before_the_first_deployment(doctor: Doctor) -> None:
    looked = doctor("--before")
    assert looked.status == 0, looked.said
    for subject in ("CDK CLI", "Node.js", "Account 111122223333", "Quotas", "Bootstrap hnb659fds"):
        assert f"✓ {subject}" in looked.said
    assert "✓ Stack mwaa-platform-Sso It is not deployed yet." in looked.said
    assert doctor().status == 1


def test_an_account_that_the_file_is_not_about(aws: FakeAws, doctor: Doctor) -> None:
    aws.account = "999900001111"
    assert doctor.codes() == ["account-differs"]
    assert "of another account: arn:aws:acm:us-east-1:111122223333:certificate" in doctor().said


@pytest.mark.parametrize(
    ("bootstrap", "code", "said"),
    [
        ({}, "bootstrap-missing", "There is none of this qualifier"),
        ({"hnb659fds": "5"}, "bootstrap-outdated", "It has version 5, and a deployment needs 6."),
        ({"hnb659fds": "22"}, "bootstrap-outdated", "and `cdk rollback` 23."),
    ],
)
def test_a_bootstrap_that_is_missing_or_old(
    bootstrap: dict[str, str], code: str, said: str, aws: FakeAws, doctor: Doctor
) -> None:
    aws.bootstrap = bootstrap
    assert doctor.codes() == [code]
    looked = doctor()
    assert said in looked.said
    assert "npx cdk bootstrap" in looked.said


def test_the_qualifier_is_that_of_the_cdks_settings(aws: FakeAws, doctor: Doctor) -> None:
    settings = {"context": {"@aws-cdk/core:bootstrapQualifier": "acme"}}
    doctor.configuration.with_name("cdk.json").write_text(json.dumps(settings))
    assert "npx cdk bootstrap --qualifier acme" in doctor().said
    aws.bootstrap = {"acme": "30"}
    assert doctor().status == 0


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages, in which the pinned CLI is installed."""
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": {"aws-cdk": "2.1.0"}}))
    (installed := tmp_path / "node_modules" / "aws-cdk").mkdir(parents=True)
    (installed / "package.json").write_text(json.dumps({"version": "2.1.0"}))
    monkeypatch.setattr("cli.doctor.tools.PACKAGES", tmp_path)
    return installed / "package.json"


@pytest.mark.usefixtures("aws")
def test_the_cdk_cli_is_the_pinned_one(packages: Path, doctor: Doctor) -> None:
    assert doctor.codes("--before") == []
    packages.write_text(json.dumps({"version": "3.0.0"}))
    assert doctor.codes("--before") == ["cdk-cli-differs"]
    packages.unlink()
    assert doctor.codes("--before") == ["cdk-cli-missing"]
    assert doctor.codes() == []  # what reads alone needs no CLI


@pytest.mark.usefixtures("aws", "packages")
def test_node_is_new_enough(
    doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def runs(program: str) -> list[str]:
        (node := tmp_path / "bin" / "node").parent.mkdir(exist_ok=True)
        node.write_text(f"#!/bin/sh\n{program}\n")
        node.chmod(0o755)
        path = {"PATH": f"{node.parent}:/usr/bin:/bin"}
        monkeypatch.setattr("cli.doctor.tools.cdk_variables", lambda _: path)
        return doctor.codes("--before")

    assert runs("echo v22.1.0") == []
    assert runs("echo v20.19.0") == ["node-differs"]
    assert runs("exit 127") == ["node-missing"]


def test_what_the_templates_demand_of_the_bootstrap_is_what_is_checked() -> None:
    template = json.loads((SNAPSHOTS / "test_templates[own-decision].json").read_text())
    refused = [
        versions
        for stack in template.values()
        for rule in [stack.get("Rules", {}).get("CheckBootstrapVersion")]
        if rule
        for versions in [rule["Assertions"][0]["Assert"]["Fn::Not"][0]["Fn::Contains"][0]]
    ]
    assert {max(map(int, each)) for each in refused} == {NEEDED - 1}


QUOTAS: Mapping[str, tuple[dict[str, Any], dict[str, tuple[int, bool]], str]] = {
    "environments": (
        {"environments": {f"other{number}" for number in range(10)}},
        {},
        "Environments of the Region: 10 are there and 1 come, and the quota is 10.",
    ),
    "raised": ({}, {"L-67D41C6B": (0, True)}, "Environments of the Region: 1 come"),
    "workers": ({}, {"L-78AC1883": (9, True)}, "Workers of an environment of fore_casting: 10"),
    "VPCs": ({"vpcs_of_region": 4}, {}, "VPCs of the Region: 4 are there and 2 come"),
    "addresses": (
        {"addresses_in_use": 4},
        {},
        "Elastic IP addresses of the Region: 4 are there and 2 come, and the quota is 5.",
    ),
    "gateways": (
        {"nat_gateways": {"us-east-1a": 4}},
        {},
        "NAT gateways of an Availability Zone us-east-1a: 4 are there and 2 come",
    ),
    "peerings": ({}, {"L-7E9ECCDB": (0, True)}, "Peering connections of a VPC: 1 come"),
    "rules": ({}, {"L-7EED9B64": (4, True)}, "Rules of a load balancer: 5 come"),
}


@pytest.mark.parametrize(("account", "values", "said"), QUOTAS.values(), ids=QUOTAS)
def test_a_quota_that_does_not_hold_what_comes(
    account: dict[str, Any],
    values: dict[str, tuple[int, bool]],
    said: str,
    empty: FakeAws,
    doctor: Doctor,
) -> None:
    for name, value in account.items():
        setattr(empty, name, value)
    empty.quotas = values
    assert doctor.codes("--before") == ["quota-exceeded"]
    looked = doctor("--before")
    assert said in looked.said
    assert "aws service-quotas request-service-quota-increase --service-code" in looked.said


def test_a_quota_that_cannot_be_raised(empty: FakeAws, doctor: Doctor) -> None:
    empty.quotas = {"L-7EED9B64": (1, False)}
    looked = doctor("--before")
    assert "AWS does not raise it at all: take fewer." in looked.said
    assert "request-service-quota-increase" not in looked.said


def test_certificates_of_hosts_count_where_each_has_its_own(empty: FakeAws, doctor: Doctor) -> None:
    zone = "Z0123456789ABCDEFGHIJ"
    empty.hosted_zones, empty.quotas = {zone: "example.com"}, {"L-9365A611": (0, True)}
    alb = {**ALB, "HostedZoneId": zone}
    assert "Certificates of a load balancer: 1 come" in doctor("--before", Alb=alb).said


def test_what_is_deployed_asks_for_nothing_more(aws: FakeAws, doctor: Doctor) -> None:
    aws.quotas = dict.fromkeys(("L-67D41C6B", "L-F678F1CE", "L-0263D0A3"), (0, True))
    looked = doctor()
    assert looked.status == 0
    assert "Quotas" not in looked.said


def test_fewer_zones_than_a_vpc_takes(empty: FakeAws, doctor: Doctor) -> None:
    empty.zones_of_region = ["us-east-1a", "us-east-1b"]
    environments = [{**NEW, "MaxAZs": 3}]
    assert doctor.codes("--before", MwaaEnvironments=environments) == ["zones-too-few"]
    assert doctor("--before").status == 0


@pytest.mark.parametrize(
    ("zones", "code"),
    [
        ({}, "hosted-zone-missing"),
        ({"Z0123456789ABCDEFGHIJ": "ample.com"}, "hosted-zone-lacks-host"),
    ],
)
def test_a_hosted_zone_that_is_not_for_the_host(
    zones: dict[str, str], code: str, aws: FakeAws, doctor: Doctor
) -> None:
    alb = {**ALB, "HostedZoneId": "Z0123456789ABCDEFGHIJ"}
    aws.hosted_zones = zones
    assert doctor.codes(Alb=alb) == [code]
    aws.hosted_zones = {"Z0123456789ABCDEFGHIJ": "example.com"}
    assert doctor.codes(Alb=alb) == []


def joined_codes(doctor: Doctor) -> list[str]:
    found = json.loads(
        doctor(
            "--before",
            "--json",
            Alb=NAMED,
            MwaaEnvironments=[{"Name": "ledger", "Existing": FACTS}],
        ).out
    )
    return [each["code"] for each in found if each["wrong"] and "Ranges" in each["subject"]]


def test_ranges_that_the_file_does_not_name(empty: FakeAws, doctor: Doctor) -> None:
    """A VPC can have several, and AWS refuses a peering where any two overlap."""
    empty.ranges = {NAMED_VPC["VpcId"]: ["10.20.0.0/16"], JOINED: ["10.40.0.0/16"]}
    assert joined_codes(doctor) == []
    empty.ranges[JOINED].append("10.20.128.0/20")
    assert joined_codes(doctor) == ["ranges-overlap"]


@pytest.mark.parametrize(
    ("table", "cidr", "is_taken"),
    [
        ("rtb-0aaaaaaaaaaaaaaa1", "10.20.0.0/16", True),
        ("rtb-0aaaaaaaaaaaaaaa1", "10.20.7.0/24", True),
        ("rtb-0123456789abcdef0", "10.40.0.0/16", True),
        ("rtb-0123456789abcdef0", "10.0.0.0/8", False),
        ("rtb-0123456789abcdef0", "10.41.0.0/16", False),
    ],
)
def test_a_route_that_leads_elsewhere_already(
    *, table: str, cidr: str, is_taken: bool, empty: FakeAws, doctor: Doctor
) -> None:
    empty.routes_of_tables = {table: {cidr: "pcx-1"}}
    assert joined_codes(doctor) == (["route-taken"] if is_taken else [])


def test_a_way_that_is_made_is_not_compared_with_itself(aws: FakeAws, doctor: Doctor) -> None:
    aws.routes_of_tables = {"rtb-0123456789abcdef0": {"10.40.0.0/16": "pcx-1"}}
    aws.stacks[f"mwaa-platform-Way-{JOINED}"] = {}
    assert joined_codes(doctor) == []


def test_the_program_is_the_one_of_the_virtual_environment() -> None:
    said = subprocess.run(
        ["node", "--version"], env=cdk_variables({}), capture_output=True, text=True, check=True
    ).stdout
    assert int(said.removeprefix("v").partition(".")[0]) >= OLDEST_NODE
