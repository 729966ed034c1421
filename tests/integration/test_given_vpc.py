"""Environments in existing VPCs, deployed by the real CDK CLI; their VPCs are made before."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from app import platform
from cli.deployed import DeployedPlatform
from cli.doctor.bootstrap import check_bootstrap
from cli.doctor.codes import Code
from cli.doctor.drift import check_drift
from cli.doctor.networks import check_networks
from cli.doctor.quotas import check_quotas, check_zones
from cli.doctor.ranges import check_ranges
from config.loader import parse_configuration
from config.model import Configuration
from config.outline import outline_of
from config.stack_names import Kind, stacks
from errors import Level
from local.aws import service
from local.aws_stand_in import AwsStandIn
from local.deployment import Deployment
from local.layout import ACCOUNT, CACHE, REGION, ROOT, Layout
from local.local_configuration import local_configuration
from local.ports import choose
from local.prerequisites import Prerequisites, create_prerequisites
from local.processes import Processes
from local.toolchain import install_node_packages
from tests.templates.synthesis import Json, raw_sample
from tests.waits import DEADLINE_SECONDS

pytestmark = pytest.mark.xdist_group("given VPC")

PREFERRED_PORTS = {"aws": 14606, "alb": 14607, "idp": 14608, "lineage": 14609}
SHARED, APART = ("analytics", "finance"), "marts"


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account, with the environments of `configuration` in it."""

    cloud: AwsStandIn
    configuration: Configuration

    @property
    def deployed(self) -> DeployedPlatform:
        return DeployedPlatform(
            configuration=self.configuration,
            outline=outline_of(self.configuration),
            place="here",
            session=self.cloud.session,
            variables={},
            ca_file="",
        )

    def environment(self, name: str) -> dict[str, Any]:
        return dict(self.cloud.session.client("mwaa").get_environment(Name=name)["Environment"])


def _raw() -> Json:
    """Two environments in the load balancer's VPC, and one in a VPC that is joined to it."""
    raw = raw_sample("everything-given")
    raw["AppName"] = "given"
    del raw["MwaaEnvironments"][2:], raw["Grants"]
    raw["Alb"]["RouteTableIds"] = ["rtb-0123456789abcdef0"]
    apart = copy.deepcopy(raw["MwaaEnvironments"][0])
    apart |= {"Name": APART, "AirflowVersion": "2.10.3"}
    apart["Vpc"] |= {"VpcId": "vpc-0aaaaaaaaaaaaaaa0", "VpcCIDR": "10.40.0.0/16"}
    apart["Vpc"]["OwnsInterfaceEndpoints"] = True
    for number, subnet in enumerate(apart["Vpc"]["Subnets"]):
        subnet |= {
            "SubnetId": f"subnet-0bbbbbbbbbbbbbbb{number}",
            "SubnetCIDR": f"10.40.{number}.0/24",
            "RouteTableId": "rtb-0bbbbbbbbbbbbbbb0",
        }
    raw["MwaaEnvironments"].append(apart)
    return raw


def _parsed(layout: Layout, prerequisites: Prerequisites) -> Configuration:
    folder = ROOT / "samples"
    local = local_configuration(_raw(), layout=layout, folder=folder, prerequisites=prerequisites)
    return parse_configuration(local, source=folder / "cdk.context.json")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    install_node_packages(ROOT)
    layout = Layout(state=tmp_path_factory.mktemp("given"), ports=choose(PREFERRED_PORTS))
    (key := layout.state / "token.key").write_bytes(b"a key")
    program = service.program(
        service.install(CACHE), layout, webservers={}, token_key=key, lineage=layout.lineage
    )
    processes = Processes(layout.state / "processes.json")
    processes.start(program)
    try:
        processes.wait_until(lambda: service.ready(layout), program.name, seconds=DEADLINE_SECONDS)
        yield _deployed(layout, processes)
    finally:
        processes.stop()


def _deployed(layout: Layout, processes: Processes) -> Account:
    cloud = AwsStandIn(endpoint=layout.aws)
    (folder := layout.state / "cdk").mkdir()
    prerequisites = create_prerequisites(
        cloud,
        _parsed(layout, Prerequisites()),
        (),
        folder=layout.state / "existing",
        certificate_arn=Prerequisites.certificate_arn,
        client_secret_arns={},
        lineage_token="",
    )
    configuration = _parsed(layout, prerequisites)
    env = cdk.Environment(account=ACCOUNT, region=REGION)
    assembly: Path = layout.state / "assembly"
    platform(configuration, outdir=str(assembly), env=env, checked=False).synth()
    deployment = Deployment(
        folder=folder,
        stand_in=cloud,
        processes=processes,
        log=layout.log("cdk"),
        assembly=assembly,
    )
    deployment.bootstrap()
    ways = (each.id for each in stacks(configuration) if each.kind is Kind.WAY)
    deployment.deploy(*(f"Env-{name}" for name in (*SHARED, APART)), *ways)
    return Account(cloud=cloud, configuration=configuration)


def test_environments_share_the_subnets_that_are_given(account: Account) -> None:
    one, other = map(account.environment, SHARED)
    entries = {each.name: each for each in account.configuration.new_environments}

    assert {one["Status"], other["Status"]} == {"AVAILABLE"}
    for each in (one, other):
        vpc = entries[each["Name"]].vpc
        assert vpc
        network = each["NetworkConfiguration"]
        assert {*network["SubnetIds"]} == {subnet.subnet_id for subnet in vpc.subnets}
        assert {*vpc.security_group_ids} < {*network["SecurityGroupIds"]}
    assert one["NetworkConfiguration"]["SubnetIds"] == other["NetworkConfiguration"]["SubnetIds"]


def test_no_vpc_is_made_and_one_alone_is_joined(account: Account) -> None:
    ec2 = account.cloud.session.client("ec2")
    vpcs = {each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"] if not each["IsDefault"]}
    given = {each.vpc.vpc_id for each in account.configuration.new_environments if each.vpc}
    peerings = ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]

    assert vpcs == given
    assert [each["RequesterVpcInfo"]["VpcId"] for each in peerings] == [
        each.vpc.vpc_id
        for each in account.configuration.new_environments
        if each.vpc and each.name == APART
    ]


def test_the_doctor_finds_the_networks_as_the_file_says(account: Account) -> None:
    found = {each.subject: each for each in check_networks(account.deployed)}

    assert found.keys() == {f"Existing VPC of {name}" for name in (*SHARED, APART)}
    assert {each.level for each in found.values()} == {Level.OK}, found


def test_the_doctor_finds_the_account_ready(account: Account) -> None:
    """The real bootstrap of the pinned CLI among it."""
    deployed = account.deployed

    found = [
        *check_bootstrap(deployed, file=ROOT / "cdk.context.json"),
        *check_quotas(deployed),
        *check_zones(deployed),
        *check_ranges(deployed),
    ]

    assert [each for each in found if each.is_wrong] == []
    assert {"Bootstrap hnb659fds", "Quotas"} <= {each.subject for each in found}


def test_the_doctor_finds_what_was_changed_by_hand(account: Account) -> None:
    stack = f"given-Env-{APART}"
    assert {each.subject: each.level for each in check_drift(account.deployed)} == {
        f"Drift of given-{each.id}": Level.OK
        for each in stacks(account.configuration)
        if each.kind in {Kind.ENVIRONMENT, Kind.WAY}
    }
    resources = account.cloud.session.client("cloudformation").list_stack_resources(StackName=stack)
    group = next(
        each
        for each in resources["StackResourceSummaries"]
        if each["ResourceType"] == "AWS::Logs::LogGroup"
    )
    name = group["PhysicalResourceId"]
    account.cloud.session.client("logs").put_retention_policy(logGroupName=name, retentionInDays=1)

    [wrong] = [each for each in check_drift(account.deployed) if each.is_wrong]

    assert (wrong.code, wrong.subject) == (Code.STACK_DRIFTED, f"Drift of {stack}")
    assert f"{group['LogicalResourceId']} (/RetentionInDays differs)" in wrong.message
