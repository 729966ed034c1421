"""Moving in from AWS's published sample, whose stacks stand in the account (docs/moving-in.md).

They are made as that sample's templates make them, as far as anything of the platform meets them:
its two VPCs with their peering, its environment and its table.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cli.deployed import DeployedPlatform
from cli.plan.taken_names import taken_names
from config.outline import outline_of
from config.stack_names import Kind, kind_of
from local.given_networks import resource
from local.layout import REGION
from local.prerequisites import Prerequisites
from tests.integration.test_ways import Joined
from tests.templates.synthesis import Json, raw_sample
from tests.unit.local.aws.conftest import catalogue, stand_in  # noqa: F401 - fixtures
from tests.unit.local.aws.stand_in import DeployFailedError, StandIn

APP = "mwaa-sso"
PORTAL_CIDR, ENVIRONMENT_CIDR, OTHER_CIDR = "192.168.0.0/16", "172.16.0.0/16", "10.99.0.0/16"
BUCKET = "published-env2"


@dataclass(frozen=True)
class Published:
    """The sample's deployment: what the stacks have made, by stack and output."""

    stand_in: StandIn
    outputs: dict[str, dict[str, str]]

    @property
    def file(self) -> Json:
        """The sample's own file, filled in."""
        raw = raw_sample("published-two-new")
        raw["AppName"] = APP
        return raw

    @property
    def moved(self) -> Json:
        """The file of the first step: the environments as they are, and another range."""
        raw = copy.deepcopy(self.file)
        network, environment = self.outputs["MwaaVpc-Env2"], self.outputs["MwaaEnvironment-Env2"]
        raw["CustomerVpc"]["VpcCIDR"] = OTHER_CIDR
        raw["MwaaEnvironments"] = [
            {"Name": "Env1"},
            {
                "Name": "Env2",
                "Existing": {
                    "VpcId": network["Vpc"],
                    "VpcCIDR": ENVIRONMENT_CIDR,
                    "RouteTableIds": [network["Table"]],
                    "SecurityGroupId": environment["Group"],
                },
            },
        ]
        return raw

    def joined(self, raw: Json) -> Joined:
        return Joined(self.stand_in, raw, Prerequisites())

    def destroy(self, *names: str) -> None:
        for name in names:
            self.stand_in.destroy(f"{APP}-{name}")


def ref(name: str) -> Json:
    return {"Ref": name}


def network(cidr: str, *subnets: str) -> Json:
    """A VPC with private subnets, and one route table of theirs."""
    made = {
        "Vpc": resource("EC2::VPC", CidrBlock=cidr),
        "Table": resource("EC2::RouteTable", VpcId=ref("Vpc")),
    }
    for number, subnet in enumerate(subnets):
        zone = f"{REGION}{'ab'[number]}"
        made[f"Subnet{number}"] = resource(
            "EC2::Subnet", VpcId=ref("Vpc"), CidrBlock=subnet, AvailabilityZone=zone
        )
    return made


def environment(outputs: Json) -> Json:
    """The sample's private environment, which lets the load balancer's range in."""
    subnets = [outputs["Subnet0"], outputs["Subnet1"]]
    inward = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": PORTAL_CIDR}
    group = {"GroupDescription": "MwaaSecurityGroup", "SecurityGroupIngress": [inward]}
    return {
        "Group": resource("EC2::SecurityGroup", VpcId=outputs["Vpc"], **group),
        "Environment": resource(
            "MWAA::Environment",
            Name="Env2",
            AirflowVersion="2.10.3",
            EnvironmentClass="mw1.small",
            WebserverAccessMode="PRIVATE_ONLY",
            SourceBucketArn=f"arn:aws:s3:::{BUCKET}",
            DagS3Path="dags",
            NetworkConfiguration={"SubnetIds": subnets, "SecurityGroupIds": [ref("Group")]},
        ),
    }


def peering(portal: Json, other: Json) -> Json:
    """What the sample's stack CustomerAlb makes between the two VPCs."""
    way = {"VpcPeeringConnectionId": ref("Peering")}
    routes = {"Local": (portal, ENVIRONMENT_CIDR), "Peer": (other, PORTAL_CIDR)}
    return {
        "Peering": resource(
            "EC2::VPCPeeringConnection", VpcId=portal["Vpc"], PeerVpcId=other["Vpc"]
        ),
        **{
            name: resource(
                "EC2::Route", RouteTableId=each["Table"], DestinationCidrBlock=cidr, **way
            )
            for name, (each, cidr) in routes.items()
        },
    }


TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [
            {"AttributeName": "email", "KeyType": "HASH"},
            {"AttributeName": "mwaa_env", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": each, "AttributeType": "S"} for each in ("email", "mwaa_env")
        ],
    },
}


@pytest.fixture(scope="module")
def published(stand_in: StandIn) -> Iterator[Published]:  # noqa: F811
    stand_in.session.client("s3").create_bucket(Bucket=BUCKET)
    made = Published(stand_in, {})

    def deploy(name: str, resources: Json) -> Json:
        values = {each: {"Value": ref(each)} for each in resources}
        cloudformation: Any = stand_in.session.client("cloudformation")
        cloudformation.create_stack(
            StackName=f"{APP}-{name}",
            TemplateBody=json.dumps({"Resources": resources, "Outputs": values}),
        )
        [stack] = cloudformation.describe_stacks(StackName=f"{APP}-{name}")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
        made.outputs[name] = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
        return made.outputs[name]

    portal = deploy("CustomerVpc", network(PORTAL_CIDR, "192.168.0.0/24"))
    deploy("MwaaAuthxLambda", {"AirflowPermissions": TABLE})
    other = deploy("MwaaVpc-Env2", network(ENVIRONMENT_CIDR, "172.16.0.0/18", "172.16.64.0/18"))
    deploy("MwaaEnvironment-Env2", environment(other))
    deploy("CustomerAlb", peering(portal, other))
    yield made
    stand_in.session.client("s3").delete_bucket(Bucket=BUCKET)


def test_no_stack_of_the_sample_is_taken_for_one_of_the_platform(published: Published) -> None:
    names = [*published.outputs, "MwaaVpc-Env1", "MwaaEnvironment-Env1", "QuickStartAlb"]
    assert {each: kind_of(each) for each in names} == dict.fromkeys(names)


def test_its_file_unchanged_is_stopped_before_anything_is_made(published: Published) -> None:
    configuration = published.joined(published.file).configuration
    platform = DeployedPlatform(
        configuration=configuration,
        outline=outline_of(configuration),
        place="on this machine",
        session=published.stand_in.session,
        variables={},
        ca_file="",
    )
    made = [each.name for each in configuration.new_environments]
    assert made == ["Env1", "Env2"]
    [found] = taken_names(platform, made)
    assert found.subject == "Environment Env2"


def test_the_same_range_again_is_refused(published: Published) -> None:
    """Two routes of a table cannot lead to one range, so the new VPC needs another."""
    raw = published.moved
    raw["AppName"], raw["CustomerVpc"]["VpcCIDR"] = "again", PORTAL_CIDR
    joined = published.joined(raw)
    try:
        with pytest.raises(DeployFailedError, match="already exists"):
            joined.deploy(raw, Kind.NETWORK, Kind.WAY)
    finally:
        vpc = published.outputs["MwaaVpc-Env2"]["Vpc"]
        for stack in (f"again-Way-{vpc}", "again-Network"):
            published.stand_in.destroy(stack)


def test_both_lead_to_the_environment_until_the_samples_are_destroyed(
    published: Published,
) -> None:
    table = published.outputs["MwaaVpc-Env2"]["Table"]
    joined = published.joined(published.moved)
    former = joined.routes(table)[PORTAL_CIDR]

    joined.deploy(joined.raw, Kind.NETWORK, Kind.WAY)

    assert set(joined.doctor().values()) == {""}
    assert joined.routes(table)[PORTAL_CIDR] == former
    assert former[1] == "active"

    published.destroy("CustomerAlb", "MwaaAuthxLambda", "CustomerVpc")

    assert set(joined.doctor().values()) == {""}
    assert PORTAL_CIDR not in joined.routes(table)
    dynamodb: Any = published.stand_in.session.client("dynamodb")
    kept = published.outputs["MwaaAuthxLambda"]["AirflowPermissions"]
    assert dynamodb.describe_table(TableName=kept)["Table"]["TableStatus"] == "ACTIVE"
    mwaa: Any = published.stand_in.session.client("mwaa")
    assert mwaa.get_environment(Name="Env2")["Environment"]["Status"] == "AVAILABLE"
