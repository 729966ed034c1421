"""Rule that lets the load balancer into an environment's web server, on its security group.

The rule follows the environment: one that is recreated may have another security group. A tag on
the rule says whose it is; without that tag no rule is ever changed or removed.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import (
        FilterTypeDef,
        IpPermissionTypeDef,
        SecurityGroupRuleTypeDef,
        TagTypeDef,
    )

PORT = 443
OWNER_TAG = "mwaa-platform-stack"
"""Key of a rule's tag whose value is the id of the stack that the rule belongs to."""
DESCRIPTION = "Load balancer that signs people in"
DUPLICATE = "InvalidPermission.Duplicate"
GONE = (
    "InvalidGroup.NotFound",
    "InvalidPermission.NotFound",
    "InvalidSecurityGroupRuleId.NotFound",
)


@dataclass(frozen=True, kw_only=True)
class Ingress:
    """Source, by the id of a security group or prefix list, and the id of the owning stack.

    `tags` are further ones that a new rule gets.
    """

    source: str
    owner: str
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Security groups to which the rule was added, and from which it was removed."""

    added: Sequence[str] = ()
    removed: Sequence[str] = ()


def admit(ec2: EC2Client, ingress: Ingress, group: str) -> Changes:
    """Adds the rule to a security group, then removes it from every other one.

    An equal rule of somebody else's is as good, and is left alone. Raises botocore's errors.
    """
    own = _own_rules(ec2, ingress.owner)
    current = [each for each in own if each["GroupId"] == group and _allows(each, ingress.source)]
    added = [] if current else _add(ec2, ingress, group)
    return Changes(added=added, removed=_remove(ec2, (each for each in own if each not in current)))


def withdraw(ec2: EC2Client, owner: str) -> Changes:
    """Removes the rules of a stack; see `admit`."""
    return Changes(removed=_remove(ec2, _own_rules(ec2, owner)))


def is_admitted(ec2: EC2Client, source: str, group: str) -> bool:
    """Whether a security group has the rule, whoever added it; see `admit`."""
    return any(_allows(each, source) for each in _rules(ec2, "group-id", group))


def _own_rules(ec2: EC2Client, owner: str) -> list[SecurityGroupRuleTypeDef]:
    return _rules(ec2, f"tag:{OWNER_TAG}", owner)


def _rules(ec2: EC2Client, name: str, value: str) -> list[SecurityGroupRuleTypeDef]:
    filters: list[FilterTypeDef] = [{"Name": name, "Values": [value]}]
    pages = ec2.get_paginator("describe_security_group_rules").paginate(Filters=filters)
    return [rule for page in pages for rule in page["SecurityGroupRules"] if not rule["IsEgress"]]


def _allows(rule: SecurityGroupRuleTypeDef, source: str) -> bool:
    ports = (rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"))
    sources = (rule.get("PrefixListId"), rule.get("ReferencedGroupInfo", {}).get("GroupId"))
    return ports == ("tcp", PORT, PORT) and source in sources and not rule["IsEgress"]


def _add(ec2: EC2Client, ingress: Ingress, group: str) -> list[str]:
    if is_admitted(ec2, ingress.source, group):
        return []
    wanted = {**ingress.tags, OWNER_TAG: ingress.owner}
    tags: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in wanted.items()]
    try:
        ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[_permission(ingress.source)],
            TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": tags}],
        )
    except ClientError as error:
        # Somebody was faster.
        if error.response["Error"]["Code"] != DUPLICATE:
            raise
        return []
    return [group]


def _permission(source: str) -> IpPermissionTypeDef:
    permission: IpPermissionTypeDef = {"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT}
    if source.startswith("pl-"):
        return {
            **permission,
            "PrefixListIds": [{"PrefixListId": source, "Description": DESCRIPTION}],
        }
    return {**permission, "UserIdGroupPairs": [{"GroupId": source, "Description": DESCRIPTION}]}


def _remove(ec2: EC2Client, rules: Iterable[SecurityGroupRuleTypeDef]) -> list[str]:
    """Removes rules one by one: one that is gone must not keep the others."""
    removed = []
    for rule in sorted(rules, key=lambda each: each["GroupId"]):
        group, id_ = rule["GroupId"], rule["SecurityGroupRuleId"]
        try:
            ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[id_])
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise
        else:
            removed.append(group)
    return list(dict.fromkeys(removed))
