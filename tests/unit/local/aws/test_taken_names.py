"""What is taken: CloudFormation creates before it deletes, and AWS refuses the second of a kind."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.unit.local.aws.stand_in import DeployFailedError, StandIn, policy

Resources = dict[str, dict[str, Any]]

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def attribute(of: str, name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [of, name]}


def named(kind: str, name: str) -> dict[str, Any]:
    """A resource with a name of the template."""
    property_name, others = NAMED[kind]
    return resource(kind, **{property_name: name}, **others)


# By type: the property with the name, and what else it needs.
NAMED: dict[str, tuple[str, dict[str, Any]]] = {
    "Logs::LogGroup": ("LogGroupName", {}),
    "IAM::Role": ("RoleName", {"AssumeRolePolicyDocument": TRUST}),
    "IAM::ManagedPolicy": (
        "ManagedPolicyName",
        {"PolicyDocument": policy({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})},
    ),
    "S3::Bucket": ("BucketName", {}),
    "DynamoDB::Table": (
        "TableName",
        {
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        },
    ),
    "Lambda::Function": (
        "FunctionName",
        {
            "Runtime": "python3.13",
            "Handler": "index.handle",
            "Role": "arn:aws:iam::111122223333:role/example",
            "Code": {"ZipFile": "def handle(event, context): ..."},
        },
    ),
    "ElasticLoadBalancingV2::TargetGroup": ("Name", {"TargetType": "lambda"}),
    "ElasticLoadBalancingV2::LoadBalancer": ("Name", {"Scheme": "internal"}),
}


@pytest.fixture
def name() -> str:
    return f"taken-{uuid.uuid4().hex[:12]}"


@pytest.mark.parametrize("kind", NAMED)
def test_a_name_belongs_to_one_stack(stand_in: StandIn, kind: str, name: str) -> None:
    stack, _ = stand_in.deploy({"First": named(kind, name)})

    # A bucket's name is looked up before anything is created.
    with pytest.raises(DeployFailedError, match=r"already exists|Validation fail"):
        stand_in.deploy({"Second": named(kind, name)})

    # The first is still there, and its name is free once it is gone.
    stand_in.deploy(
        {"First": named(kind, name), "More": named("Logs::LogGroup", f"{name}-b")}, stack=stack
    )
    stand_in.destroy(stack)
    stand_in.destroy(stand_in.deploy({"Second": named(kind, name)})[0])


@pytest.mark.parametrize("kind", NAMED)
def test_a_logical_id_does_not_take_over_a_name(stand_in: StandIn, kind: str, name: str) -> None:
    stack, _ = stand_in.deploy({"First": named(kind, name)})

    with pytest.raises(DeployFailedError, match="already exists"):
        stand_in.deploy({"Second": named(kind, name)}, stack=stack)

    stand_in.destroy(stack)


def test_a_rename_to_a_taken_name_is_refused(stand_in: StandIn, name: str) -> None:
    two = {"First": named("Logs::LogGroup", name), "Second": named("Logs::LogGroup", f"{name}-b")}
    stack, _ = stand_in.deploy(two)

    two["First"] = named("Logs::LogGroup", f"{name}-b")
    with pytest.raises(DeployFailedError, match="already exists"):
        stand_in.deploy(two, stack=stack)

    stand_in.destroy(stack)


def network(**routes: dict[str, Any]) -> Resources:
    gateway = {"GatewayId": {"Ref": "Gateway"}}
    return {
        "Vpc": resource("EC2::VPC", CidrBlock="10.1.0.0/16"),
        "Gateway": resource("EC2::InternetGateway"),
        "One": resource("EC2::RouteTable", VpcId={"Ref": "Vpc"}),
        "Two": resource("EC2::RouteTable", VpcId={"Ref": "Vpc"}),
        "Group": resource("EC2::SecurityGroup", GroupDescription="test", VpcId={"Ref": "Vpc"}),
        **{
            name: resource("EC2::Route", **{**gateway, **properties})
            for name, properties in routes.items()
        },
    }


def route(table: str, destination: str = "10.9.0.0/16") -> dict[str, Any]:
    return {"RouteTableId": {"Ref": table}, "DestinationCidrBlock": destination}


def test_a_route_table_has_one_route_to_a_destination(stand_in: StandIn) -> None:
    stack, _ = stand_in.deploy(network(First=route("One"), Second=route("Two")))

    with pytest.raises(DeployFailedError, match=r"Third: .*Route.* already exists"):
        stand_in.deploy(
            network(First=route("One"), Second=route("Two"), Third=route("One")), stack=stack
        )

    stand_in.destroy(stack)


def test_routes_by_position_cannot_move_up(stand_in: StandIn) -> None:
    """A list whose first entry is taken out: each route takes over the table of the next."""
    stack, _ = stand_in.deploy(network(Route0=route("One"), Route1=route("Two")))

    with pytest.raises(DeployFailedError, match=r"Route0: .* already exists"):
        stand_in.deploy(network(Route0=route("Two")), stack=stack)

    [table] = stand_in.session.client("ec2").describe_route_tables(
        RouteTableIds=[_physical_id(stand_in, stack, "One")]
    )["RouteTables"]
    assert "10.9.0.0/16" in [each.get("DestinationCidrBlock") for each in table["Routes"]]
    stand_in.destroy(stack)


def test_a_route_may_change_its_target_in_place(stand_in: StandIn) -> None:
    stack, _ = stand_in.deploy(network(First=route("One")))
    resources = network(First={**route("One"), "GatewayId": {"Ref": "Other"}})
    resources["Other"] = resource("EC2::InternetGateway")

    stand_in.deploy(resources, stack=stack)

    stand_in.destroy(stack)


def rule(group: str, port: int) -> dict[str, Any]:
    return resource(
        "EC2::SecurityGroupIngress",
        GroupId=attribute(group, "GroupId"),
        IpProtocol="tcp",
        FromPort=port,
        ToPort=port,
        CidrIp="10.9.0.0/16",
    )


def test_a_security_group_has_one_rule_of_a_kind(stand_in: StandIn) -> None:
    stack, _ = stand_in.deploy({**network(), "First": rule("Group", 443)})

    with pytest.raises(DeployFailedError, match=r"InvalidPermission\.Duplicate"):
        stand_in.deploy({**network(), "Second": rule("Group", 443)}, stack=stack)
    stand_in.deploy({**network(), "First": rule("Group", 80)}, stack=stack)

    stand_in.destroy(stack)


def _physical_id(stand_in: StandIn, stack: str, logical_id: str) -> str:
    cloudformation = stand_in.session.client("cloudformation")
    detail = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)[
        "StackResourceDetail"
    ]
    return str(detail["PhysicalResourceId"])
