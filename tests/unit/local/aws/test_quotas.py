"""Quotas that a test sets, and the errors of who exceeds them."""

from __future__ import annotations

from typing import Any

import pytest

from mwaa import quotas
from tests.unit.local.aws.stand_in import DeployFailedError, StandIn
from tests.unit.local.aws.test_listeners import listener
from tests.unit.local.aws.test_taken_names import Resources, attribute, resource
from tests.unit.local.aws.test_templates import ref

VPC = {"Vpc": resource("EC2::VPC", CidrBlock="10.1.0.0/16")}
ALLOWED = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}


def group(**properties: Any) -> dict[str, Any]:
    return resource("EC2::SecurityGroup", GroupDescription="test", VpcId=ref("Vpc"), **properties)


def rules(direction: str, **with_: str) -> Resources:
    """Two rules that EC2 merges into one permission."""
    return {
        name: resource(
            f"EC2::SecurityGroup{direction}",
            GroupId=attribute("Group", "GroupId"),
            CidrIp=cidr,
            **ALLOWED,
            **with_,
        )
        for name, cidr in (("One", "10.1.0.0/24"), ("Two", "10.1.1.0/24"))
    }


def environment(name: str) -> dict[str, Any]:
    return resource("MWAA::Environment", Name=name, SourceBucketArn="arn:aws:s3:::of-quotas")


def rules_of_listener(*groups: str) -> Resources:
    """A listener, and beside its own a rule for each target group."""
    made: Resources = {}
    for number, name in enumerate(groups, start=1):
        made[name] = resource("ElasticLoadBalancingV2::TargetGroup", TargetType="lambda")
        made[f"{name}Rule"] = resource(
            "ElasticLoadBalancingV2::ListenerRule",
            ListenerArn=ref("Listener"),
            Priority=number,
            Actions=[{"Type": "forward", "TargetGroupArn": ref(name)}],
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"]}}],
        )
    return listener() | made


# By quota: what fits one, what is one too many, and the code of the error.
EXCEEDED: dict[str, tuple[Resources, Resources, str]] = {
    "ENVIRONMENTS": ({}, {"Airflow": environment("one-too-many")}, "ValidationException"),
    "VPCS": ({}, VPC, "VpcLimitExceeded"),
    "ELASTIC_ADDRESSES": ({}, {"Ip": resource("EC2::EIP", Domain="vpc")}, "AddressLimitExceeded"),
    "PEERINGS": (
        {**VPC, "Peer": resource("EC2::VPC", CidrBlock="10.2.0.0/16")},
        {"Peering": resource("EC2::VPCPeeringConnection", VpcId=ref("Vpc"), PeerVpcId=ref("Peer"))},
        "ActiveVpcPeeringConnectionPerVpcLimitExceeded",
    ),
    "RULES_OF_A_SECURITY_GROUP": (
        {**VPC, "Group": group()},
        rules("Ingress"),
        "RulesPerSecurityGroupLimitExceeded",
    ),
    "LISTENER_RULES": (rules_of_listener(), rules_of_listener("More"), "TooManyRules"),
    "MOST_TARGET_GROUPS": (
        rules_of_listener(),
        rules_of_listener("More"),
        "TooManyUniqueTargetGroupsPerLoadBalancer",
    ),
}
# How many there are already with what fits; of most quotas none, or as many as all tests made.
USED = {"LISTENER_RULES": 1, "MOST_TARGET_GROUPS": 1, "RULES_OF_A_SECURITY_GROUP": 1}


def used(stand_in: StandIn, name: str) -> int:
    """How many there are of a quota of the account."""
    ec2 = stand_in.session.client("ec2")
    match name:
        case "ENVIRONMENTS":
            return len(stand_in.session.client("mwaa").list_environments()["Environments"])
        case "VPCS":
            return len(ec2.describe_vpcs()["Vpcs"])
        case "ELASTIC_ADDRESSES":
            return len(ec2.describe_addresses()["Addresses"])
    return USED.get(name, 0)


@pytest.mark.parametrize("name", EXCEEDED)
def test_who_exceeds_a_quota_is_refused_as_aws_does(stand_in: StandIn, name: str) -> None:
    assert hasattr(quotas, name)
    stand_in.session.client("s3").create_bucket(Bucket="of-quotas")
    fits, too_many, code = EXCEEDED[name]
    stack, _ = stand_in.deploy({"Log": resource("Logs::LogGroup"), **fits})
    limit = used(stand_in, name)

    with (
        stand_in.trouble(quotas={name: limit}),
        pytest.raises(DeployFailedError, match=f"Status Code: 400; Error Code: {code}"),
    ):
        stand_in.deploy({**fits, **too_many}, stack=stack)
    with stand_in.trouble(quotas={name: limit + 1}):
        stand_in.deploy({**fits, **too_many}, stack=stack)

    stand_in.destroy(stack)


def test_rules_within_a_group_and_of_either_direction_count(stand_in: StandIn) -> None:
    two = [{**ALLOWED, "CidrIp": f"10.1.{number}.0/24"} for number in range(2)]
    within = group(SecurityGroupIngress=two)
    with stand_in.trouble(quotas={"RULES_OF_A_SECURITY_GROUP": 1}):
        with pytest.raises(DeployFailedError, match="rules per security group"):
            stand_in.deploy({**VPC, "Group": within})
        closed = group(SecurityGroupEgress=[{**ALLOWED, "CidrIp": "10.9.0.0/16"}])
        with pytest.raises(DeployFailedError, match="rules per security group"):
            stand_in.deploy({**VPC, "Group": closed, **rules("Egress")})
    with stand_in.trouble(quotas={"RULES_OF_A_SECURITY_GROUP": 2}):
        stand_in.destroy(stand_in.deploy({**VPC, "Group": within})[0])


def test_no_quota_holds_that_no_test_has_set(stand_in: StandIn) -> None:
    many = {
        f"Ip{number}": resource("EC2::EIP", Domain="vpc")
        for number in range(quotas.ELASTIC_ADDRESSES + 1)
    }
    stand_in.destroy(stand_in.deploy(many)[0])


def test_service_quotas_tells_the_quotas_that_apply(stand_in: StandIn) -> None:
    client = stand_in.session.client("service-quotas")
    vpcs = {"ServiceCode": quotas.OF_VPCS.service, "QuotaCode": quotas.OF_VPCS.code}

    assert client.get_service_quota(**vpcs)["Quota"]["Value"] > 1000
    with stand_in.trouble(quotas={"VPCS": 7}):
        assert client.get_service_quota(**vpcs)["Quota"]["Value"] == 7
    with pytest.raises(client.exceptions.NoSuchResourceException):
        client.get_service_quota(ServiceCode="vpc", QuotaCode="L-00000000")
