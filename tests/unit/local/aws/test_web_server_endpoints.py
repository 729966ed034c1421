"""Endpoints of private web servers, and who reaches them, in the stand-in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any, Unpack

import pytest
from botocore.exceptions import ClientError
from types_boto3_ec2.type_defs import VpcEndpointTypeDef
from types_boto3_elbv2.type_defs import TargetDescriptionTypeDef

from local.alb.vpc_addresses import VpcAddressResolver
from local.layout import REGION
from tests.unit.local.aws.stand_in import StandIn, allow
from tests.unit.local.aws.test_templates import Resources, attribute, ref

RANGES = ("10.7.0.0/24", "10.7.1.0/24")


def environment(**properties: Any) -> Resources:
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.7.0.0/16"}},
        **{
            f"Subnet{number}": {
                "Type": "AWS::EC2::Subnet",
                "Properties": {
                    "VpcId": ref("Vpc"),
                    "CidrBlock": cidr,
                    "AvailabilityZone": f"{REGION}{'ab'[number]}",
                },
            }
            for number, cidr in enumerate(RANGES)
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "test", "VpcId": ref("Vpc")},
        },
        "Environment": {
            "Type": "AWS::MWAA::Environment",
            "Properties": {
                "Name": "gold",
                "SourceBucketArn": "arn:aws:s3:::gold-files",
                "NetworkConfiguration": {
                    "SubnetIds": [ref("Subnet0"), ref("Subnet1")],
                    "SecurityGroupIds": [attribute("GroupId", "Group")],
                },
                **properties,
            },
        },
    }


SERVICE = {"Service": attribute("WebserverVpcEndpointService", "Environment"), "Vpc": ref("Vpc")}


@pytest.fixture
def gold(stand_in: StandIn) -> Iterator[tuple[str, dict[str, str]]]:
    stand_in.session.client("s3").create_bucket(Bucket="gold-files")
    stack, made = stand_in.deploy(environment(), SERVICE)
    yield stack, made
    stand_in.destroy(stack)


def endpoints(stand_in: StandIn, service: str) -> list[VpcEndpointTypeDef]:
    return stand_in.session.client("ec2").describe_vpc_endpoints(
        Filters=[{"Name": "service-name", "Values": [service]}]
    )["VpcEndpoints"]


def test_a_private_web_server_has_an_address_in_each_of_its_subnets(
    stand_in: StandIn, gold: tuple[str, dict[str, str]]
) -> None:
    _, made = gold
    described = stand_in.session.client("mwaa").get_environment(Name="gold")["Environment"]
    assert described["WebserverVpcEndpointService"] == made["Service"]
    [endpoint] = endpoints(stand_in, made["Service"])
    assert (endpoint["VpcId"], endpoint["State"]) == (made["Vpc"], "available")
    assert (
        endpoint["Groups"][0]["GroupId"]
        == (described["NetworkConfiguration"]["SecurityGroupIds"][0])
    )
    interfaces = stand_in.session.client("ec2").describe_network_interfaces(
        NetworkInterfaceIds=endpoint["NetworkInterfaceIds"]
    )["NetworkInterfaces"]
    addresses = [ip_address(each["PrivateIpAddress"]) for each in interfaces]
    assert len(set(addresses)) == 2
    for cidr in RANGES:
        assert any(address in ip_network(cidr) for address in addresses)


def test_an_update_keeps_the_addresses_and_a_public_web_server_has_none(
    stand_in: StandIn, gold: tuple[str, dict[str, str]]
) -> None:
    stack, made = gold
    [before] = endpoints(stand_in, made["Service"])
    stand_in.deploy(environment(MaxWorkers=3), SERVICE, stack=stack)
    assert endpoints(stand_in, made["Service"]) == [before]

    stand_in.deploy(environment(WebserverAccessMode="PUBLIC_ONLY"), stack=stack)
    described = stand_in.session.client("mwaa").get_environment(Name="gold")["Environment"]
    assert "WebserverVpcEndpointService" not in described
    assert endpoints(stand_in, made["Service"]) == []

    stand_in.deploy(environment(WebserverAccessMode="PRIVATE_ONLY"), SERVICE, stack=stack)
    assert len(endpoints(stand_in, made["Service"])) == 1


def test_an_endpoint_has_the_environments_security_groups(
    stand_in: StandIn, gold: tuple[str, dict[str, str]]
) -> None:
    stack, made = gold
    before = endpoints(stand_in, made["Service"])[0]["NetworkInterfaceIds"]
    resources = environment()
    resources["Other"] = resources["Group"]
    network = resources["Environment"]["Properties"]["NetworkConfiguration"]
    network["SecurityGroupIds"] = [attribute("GroupId", "Other")]

    _, made = stand_in.deploy(resources, {**SERVICE, "Other": ref("Other")}, stack=stack)

    [endpoint] = endpoints(stand_in, made["Service"])
    assert endpoint["NetworkInterfaceIds"] == before
    interfaces = stand_in.session.client("ec2").describe_network_interfaces(
        NetworkInterfaceIds=before
    )["NetworkInterfaces"]
    groups = {group["GroupId"] for each in interfaces for group in each["Groups"]}
    assert groups == {made["Other"]}


def test_descriptions_are_filtered_and_know_what_they_do_not_know(stand_in: StandIn) -> None:
    ec2: Any = stand_in.session.client("ec2")
    for describe, identifiers in (
        (ec2.describe_vpc_endpoints, {"VpcEndpointIds": ["vpce-0"]}),
        (ec2.describe_network_interfaces, {"NetworkInterfaceIds": ["eni-0"]}),
    ):
        with pytest.raises(ClientError, match="InvalidParameterValue"):
            describe(Filters=[{"Name": "nonsense", "Values": ["x"]}])
        with pytest.raises(ClientError, match="NotFound"):
            describe(**identifiers)
    assert endpoints(stand_in, "com.amazonaws.vpce.us-east-1.vpce-svc-other") == []


@pytest.fixture(scope="module")
def balancer(stand_in: StandIn) -> tuple[str, str]:
    """ARN and security group of a load balancer in a VPC of its own."""
    ec2 = stand_in.session.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="alb", Description="alb", VpcId=vpc)["GroupId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.1.0/24")["Subnet"]["SubnetId"]
    made = stand_in.session.client("elbv2").create_load_balancer(
        Name="reach", Subnets=[subnet], SecurityGroups=[group]
    )
    return made["LoadBalancers"][0]["LoadBalancerArn"], group


PERMISSIONS = {
    "its group": ({"UserIdGroupPairs": [{"GroupId": "{group}"}]}, 443, True),
    "its range": ({"IpRanges": [{"CidrIp": "10.8.0.0/16"}]}, 443, True),
    "its prefix list": ({"PrefixListIds": [{"PrefixListId": "{list}"}]}, 443, True),
    "another group": ({"UserIdGroupPairs": [{"GroupId": "sg-00000000"}]}, 443, False),
    "another range": ({"IpRanges": [{"CidrIp": "10.8.1.0/28"}]}, 443, False),
    "another port": ({"IpRanges": [{"CidrIp": "10.8.0.0/16"}]}, 80, False),
}


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_load_balancer_reaches_what_lets_it_in(
    stand_in: StandIn,
    balancer: tuple[str, str],
    gold: tuple[str, dict[str, str]],
    permission: str,
) -> None:
    peers, port, reached = PERMISSIONS[permission]
    ec2 = stand_in.session.client("ec2")
    described = stand_in.session.client("mwaa").get_environment(Name="gold")["Environment"]
    [group] = described["NetworkConfiguration"]["SecurityGroupIds"]
    [endpoint] = endpoints(stand_in, gold[1]["Service"])
    [first, _] = ec2.describe_network_interfaces(
        NetworkInterfaceIds=endpoint["NetworkInterfaceIds"]
    )["NetworkInterfaces"]
    arn, own = balancer
    network = VpcAddressResolver(stand_in.session, arn)
    address = first["PrivateIpAddress"]
    assert network.local_port((address, 443)) is None
    prefix_list = ec2.create_managed_prefix_list(
        PrefixListName="alb",
        AddressFamily="IPv4",
        MaxEntries=1,
        Entries=[{"Cidr": "10.8.0.0/16"}],
    )["PrefixList"]["PrefixListId"]
    text = json.dumps(peers).replace("{group}", own).replace("{list}", prefix_list)
    rule: Any = json.loads(text)
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[rule | {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}],
    )
    assert network.local_port((address, 443)) == (8447 if reached else None)
    assert network.local_port((address, 80)) is None
    assert network.local_port(("10.7.0.200", 443)) is None


@pytest.mark.parametrize(
    ("service", "action", "call"),
    [
        ("ec2", "ec2:DescribeVpcEndpoints", "describe_vpc_endpoints"),
        ("ec2", "ec2:DescribeNetworkInterfaces", "describe_network_interfaces"),
        ("elbv2", "elasticloadbalancing:DescribeTargetHealth", "describe_target_health"),
    ],
)
def test_descriptions_are_allowed_as_a_whole_or_not_at_all(
    stand_in: StandIn, service: str, action: str, call: str
) -> None:
    group = stand_in.session.client("elbv2").create_target_group(
        Name=call[-12:].strip("_").replace("_", "-")
    )
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    arguments = {"TargetGroupArn": arn} if service == "elbv2" else {}
    everything = stand_in.assume(stand_in.create_role(allow(action, "*")))
    one = stand_in.assume(stand_in.create_role(allow(action, arn)))
    getattr(stand_in.client_of(everything, service), call)(**arguments)
    with pytest.raises(ClientError, match=r"AccessDenied|UnauthorizedOperation"):
        getattr(stand_in.client_of(one, service), call)(**arguments)


def test_addresses_outside_of_its_vpc_are_in_all_zones_and_private(
    stand_in: StandIn, gold: tuple[str, dict[str, str]]
) -> None:
    elb = stand_in.session.client("elbv2")
    made = elb.create_target_group(Name="zones", TargetType="ip", VpcId=gold[1]["Vpc"])
    arn = made["TargetGroups"][0]["TargetGroupArn"]

    def register(**target: Unpack[TargetDescriptionTypeDef]) -> None:
        elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.7.0.9"}, target])

    register(Id="10.7.0.4")
    register(Id="10.9.0.4", AvailabilityZone="all")
    with pytest.raises(ClientError, match="outside of"):
        register(Id="10.9.0.5")
    with pytest.raises(ClientError, match="private"):
        register(Id="192.0.2.1", AvailabilityZone="all")
    elb.delete_target_group(TargetGroupArn=arn)
