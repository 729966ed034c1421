"""Rules of security groups: what EC2 refuses, who may change them, and the lookup's own rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from local.layout import ACCOUNT, REGION
from tests.unit.local.aws.stand_in import DeployFailedError, StandIn, allow
from tests.unit.local.aws.test_templates import ref
from web_server_ingress.rules import OWNER_TAG, Ingress, admit, is_admitted, withdraw

OWNER = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/mwaa-platform-QuickStart/0"
ARN = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
RULE: Any = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
AUTHORIZE, REVOKE = "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"


@pytest.fixture(scope="module")
def vpc(stand_in: StandIn) -> str:
    return str(stand_in.session.client("ec2").create_vpc(CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"])


@pytest.fixture
def groups(stand_in: StandIn, vpc: str) -> Iterator[tuple[str, str]]:
    """The environment's security group, and the one that it has when it is recreated."""
    ec2 = stand_in.session.client("ec2")
    former, current = (
        ec2.create_security_group(GroupName=name, Description="test", VpcId=vpc)["GroupId"]
        for name in ("former", "current")
    )
    yield former, current
    for each in (former, current):
        ec2.delete_security_group(GroupId=each)


@pytest.fixture
def source(stand_in: StandIn) -> str:
    """A prefix list of the load balancer's VPC."""
    made = stand_in.session.client("ec2").create_managed_prefix_list(
        PrefixListName="load-balancer",
        AddressFamily="IPv4",
        MaxEntries=1,
        Entries=[{"Cidr": "10.8.0.0/16"}],
    )
    return str(made["PrefixList"]["PrefixListId"])


def role(stand_in: StandIn, vpc: str, owner: str = OWNER) -> str:
    """A role with the permissions that the deployment gives to the lookup."""
    tag = {f"aws:RequestTag/{OWNER_TAG}": owner}
    created = {"ec2:CreateAction": "AuthorizeSecurityGroupIngress"}
    in_vpc = {"ArnLike": {"ec2:Vpc": f"arn:aws:ec2:{REGION}:*:vpc/{vpc}"}}
    rules = f"{ARN}:security-group-rule/*"
    return stand_in.create_role(
        {**allow(AUTHORIZE, f"{ARN}:security-group/*"), "Condition": in_vpc},
        {**allow(REVOKE, f"{ARN}:security-group/*"), "Condition": in_vpc},
        {**allow(AUTHORIZE, rules), "Condition": {"StringEquals": tag}},
        {**allow("ec2:CreateTags", rules), "Condition": {"StringEquals": tag | created}},
        allow("ec2:DescribeSecurityGroupRules", "*"),
    )


def test_a_rule_is_added_once_and_removed_once(stand_in: StandIn, groups: tuple[str, str]) -> None:
    ec2, group = stand_in.session.client("ec2"), groups[0]
    given: Any = [{**RULE, "IpRanges": [{"CidrIp": "10.8.0.0/16", "Description": "one"}]}]
    same: Any = [{**RULE, "IpRanges": [{"CidrIp": "10.8.0.0/16", "Description": "other"}]}]

    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=given)
    with pytest.raises(ClientError, match=r"InvalidPermission\.Duplicate"):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=same)

    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=same)
    with pytest.raises(ClientError, match=r"InvalidPermission\.NotFound"):
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=same)
    identifier = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    with pytest.raises(ClientError, match=r"InvalidSecurityGroupRuleId\.NotFound"):
        ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[identifier])


def test_a_source_that_is_not_there_is_refused(stand_in: StandIn, groups: tuple[str, str]) -> None:
    with pytest.raises(ClientError, match=r"InvalidPrefixListID\.NotFound"):
        stand_in.session.client("ec2").authorize_security_group_ingress(
            GroupId=groups[0],
            IpPermissions=[RULE | {"PrefixListIds": [{"PrefixListId": "pl-00000000"}]}],
        )


def test_a_description_with_an_apostrophe_is_refused(
    stand_in: StandIn, groups: tuple[str, str]
) -> None:
    rule = {
        "Type": "AWS::EC2::SecurityGroupIngress",
        "Properties": {
            "GroupId": groups[0],
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "CidrIp": "10.8.0.0/16",
            "Description": "Somebody's rule",
        },
    }
    with pytest.raises(DeployFailedError, match="Invalid rule description"):
        stand_in.deploy({"Rule": rule})


def test_what_a_rule_refers_to_stays(stand_in: StandIn, groups: tuple[str, str]) -> None:
    ec2 = stand_in.session.client("ec2")
    entries = [{"Cidr": "10.8.0.0/16"}]
    properties = {"PrefixListName": "used", "AddressFamily": "IPv4", "MaxEntries": 1}
    resource = {"Type": "AWS::EC2::PrefixList", "Properties": {**properties, "Entries": entries}}
    stack, made = stand_in.deploy({"List": resource}, {"List": ref("List")})
    rule: Any = [{**RULE, "PrefixListIds": [{"PrefixListId": made["List"]}]}]
    ec2.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=rule)

    with pytest.raises(WaiterError, match="DELETE_FAILED"):
        stand_in.destroy(stack)

    ec2.revoke_security_group_ingress(GroupId=groups[0], IpPermissions=rule)
    stand_in.destroy(stack)


def test_the_lookups_rule_moves_with_the_environment_and_goes_with_the_stack(
    stand_in: StandIn, vpc: str, groups: tuple[str, str], source: str
) -> None:
    ec2 = stand_in.client_of(stand_in.assume(role(stand_in, vpc)), "ec2")
    ingress = Ingress(source=source, owner=OWNER)
    former, current = groups
    persons: Any = {**RULE, "IpRanges": [{"CidrIp": "10.8.0.0/16"}]}
    stand_in.session.client("ec2").authorize_security_group_ingress(
        GroupId=former, IpPermissions=[persons]
    )

    assert admit(ec2, ingress, former).added == [former]
    assert admit(ec2, ingress, former).added == []
    moved = admit(ec2, ingress, current)
    assert (moved.added, moved.removed) == ([current], [former])
    assert [is_admitted(ec2, source, each) for each in groups] == [False, True]

    assert withdraw(ec2, OWNER).removed == [current]
    assert withdraw(ec2, OWNER).removed == []
    assert not is_admitted(ec2, source, current)
    [kept] = _rules(stand_in, former)
    assert kept["IpRanges"] == persons["IpRanges"]


def test_a_persons_equal_rule_is_as_good_and_stays(
    stand_in: StandIn, vpc: str, groups: tuple[str, str], source: str
) -> None:
    ec2 = stand_in.client_of(stand_in.assume(role(stand_in, vpc)), "ec2")
    former, current = groups
    persons: Any = {**RULE, "PrefixListIds": [{"PrefixListId": source}]}
    stand_in.session.client("ec2").authorize_security_group_ingress(
        GroupId=former, IpPermissions=[persons]
    )

    assert admit(ec2, Ingress(source=source, owner=OWNER), former).added == []
    assert admit(ec2, Ingress(source=source, owner=OWNER), current).removed == []
    withdraw(ec2, OWNER)

    assert len(_rules(stand_in, former)) == 1
    assert _rules(stand_in, current) == []


def test_the_lookup_may_change_no_other_vpc_and_take_no_other_stacks_tag(
    stand_in: StandIn, vpc: str, groups: tuple[str, str], source: str
) -> None:
    elsewhere = stand_in.assume(role(stand_in, "vpc-0123456789abcdef0"))
    other = stand_in.assume(role(stand_in, vpc, owner=f"{OWNER}1"))
    for credentials in (elsewhere, other):
        ec2 = stand_in.client_of(credentials, "ec2")
        with pytest.raises(ClientError, match="UnauthorizedOperation"):
            admit(ec2, Ingress(source=source, owner=OWNER), groups[0])
    assert _rules(stand_in, groups[0]) == []


def _rules(stand_in: StandIn, group: str) -> list[Any]:
    ec2 = stand_in.session.client("ec2")
    [described] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    return list(described["IpPermissions"])
