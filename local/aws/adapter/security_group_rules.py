"""Rules of security groups as EC2 keeps them; MiniStack 1.5.33 forgives what EC2 refuses.

- A second equal rule is refused, and so is the removal of one that is not there.
- A rule's source may be a prefix list, which MiniStack loses.
- A prefix list or security group that a rule refers to cannot be deleted.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
https://docs.aws.amazon.com/vpc/latest/userguide/delete-managed-prefix-list.html
https://docs.aws.amazon.com/vpc/latest/userguide/deleting-security-groups.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from typing import Any, NamedTuple

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import HandlerResponse, Properties

Parameters = Mapping[str, Any]
Rule = dict[str, Any]
Handle = Callable[[Parameters], HandlerResponse]

SOURCES = {
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
    "UserIdGroupPairs": "GroupId",
}
DIRECTIONS = {"Ingress": "IpPermissions", "Egress": "IpPermissionsEgress"}
PREFIX_LIST = "AWS::EC2::PrefixList"
SECURITY_GROUP = "AWS::EC2::SecurityGroup"


class Key(NamedTuple):
    """What a security group has once."""

    protocol: str
    from_port: int | None
    to_port: int | None
    source: str


def install() -> None:
    """Replaces the actions on rules, and lets CloudFormation delete nothing that they refer to."""
    ec2._parse_ip_permissions = _with_prefix_lists(ec2._parse_ip_permissions)
    ec2._sg_rule_xml = _with_prefix_list_element(ec2._sg_rule_xml)
    for direction, permissions in DIRECTIONS.items():
        authorize, revoke = f"AuthorizeSecurityGroup{direction}", f"RevokeSecurityGroup{direction}"
        ec2._ACTION_MAP[authorize] = partial(_authorize, ec2._ACTION_MAP[authorize], permissions)
        ec2._ACTION_MAP[revoke] = partial(_revoke, ec2._ACTION_MAP[revoke], permissions)
    for name in (PREFIX_LIST, SECURITY_GROUP):
        handlers = provisioners._RESOURCE_HANDLERS[name]
        handlers["delete"] = _unless_in_use(handlers["delete"])


def _authorize(authorize: Handle, permissions: str, parameters: Parameters) -> HandlerResponse:
    group = ec2._security_groups.get(ec2._p(parameters, "GroupId"))
    given = _keys(ec2._parse_ip_permissions(parameters, "IpPermissions"))
    for key in given:
        if key.source.startswith("pl-") and key.source not in ec2._prefix_lists:
            return _error("InvalidPrefixListID.NotFound", f"There is no {key.source}")
        if group and key in _keys(group[permissions]):
            return _error("InvalidPermission.Duplicate", f"the rule {key} already exists")
    return authorize(parameters)


def _revoke(revoke: Handle, permissions: str, parameters: Parameters) -> HandlerResponse:
    """Rules may be given by their ids, or by what they allow."""
    group = ec2._security_groups.get(ec2._p(parameters, "GroupId"))
    given = _keys(ec2._parse_ip_permissions(parameters, "IpPermissions"))
    if group is None or not given:
        return revoke(parameters)
    identifiers = {
        key: ec2._sg_rule_id(group["GroupId"], permissions == DIRECTIONS["Egress"], rule)
        for rule in group[permissions]
        for key in _keys([rule])
    }
    if missing := given - identifiers.keys():
        return _error("InvalidPermission.NotFound", f"The rules {missing} do not exist")
    listed = {
        f"SecurityGroupRuleId.{number}": [identifiers[key]] for number, key in enumerate(given, 1)
    }
    return revoke({"GroupId": [group["GroupId"]], **listed})


def _keys(rules: list[Rule]) -> set[Key]:
    return {
        Key(str(rule.get("IpProtocol")), rule.get("FromPort"), rule.get("ToPort"), source)
        for rule in rules
        for source in _sources(rule)
    }


def _sources(rule: Rule) -> Iterator[str]:
    for family, member in SOURCES.items():
        for each in rule.get(family, ()):
            yield each.get(member) or each.get("GroupName", "")


def _with_prefix_lists(parse: Callable[..., list[Rule]]) -> Callable[..., list[Rule]]:
    def parse_ip_permissions(parameters: Parameters, prefix: str) -> list[Rule]:
        rules = parse(parameters, prefix)
        for number, rule in enumerate(rules, 1):
            for index in count(1):
                at = f"{prefix}.{number}.PrefixListIds.{index}"
                identifier = ec2._p(parameters, f"{at}.PrefixListId")
                if not identifier:
                    break
                description = ec2._p(parameters, f"{at}.Description")
                entry = {"PrefixListId": identifier, "Description": description}
                rule["PrefixListIds"].append({key: value for key, value in entry.items() if value})
        return rules

    return parse_ip_permissions


def _with_prefix_list_element(render: Callable[..., str]) -> Callable[..., str]:
    def sg_rule_xml(group: str, rule: Rule, is_egress: bool = False) -> str:
        xml = render(group, rule, is_egress)
        for each in rule.get("PrefixListIds", ()):
            element = f"<prefixListId>{each['PrefixListId']}</prefixListId></item>"
            xml = xml.replace("</item>", element)
        return xml

    return sg_rule_xml


def _unless_in_use(delete: Callable[..., Any]) -> Callable[..., Any]:
    def delete_unless_in_use(identifier: str, properties: Properties) -> Any:
        for group in ec2._security_groups.values():
            if group["GroupId"] == identifier:
                continue
            for permissions in DIRECTIONS.values():
                if any(identifier in _sources(rule) for rule in group.get(permissions, ())):
                    raise ValueError(f"{identifier} is in use by rules of {group['GroupId']}")
        return delete(identifier, properties)

    return delete_unless_in_use


def _error(code: str, message: str) -> HandlerResponse:
    response: HandlerResponse = ec2._error(code, message, 400)
    return response
