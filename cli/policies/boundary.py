"""What permissions boundaries must allow: all that the roles of the synthesised stacks may do."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cli.plan.application import Application, StackState
from config.iam_policy import MAX_CHARACTERS
from config.model import Configuration
from mwaa.permissions.evaluation import matches
from mwaa.permissions.statement import Json, Location, document

ROLE, POLICIES = "AWS::IAM::Role", ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
RESOURCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "AWS::DynamoDB::Table": ("dynamodb", "table/*"),
        "AWS::ElasticLoadBalancingV2::LoadBalancer": ("elasticloadbalancing", "loadbalancer/*"),
        "AWS::ElasticLoadBalancingV2::TargetGroup": ("elasticloadbalancing", "targetgroup/*"),
        "AWS::KMS::Key": ("kms", "key/*"),
        "AWS::Logs::LogGroup": ("logs", "log-group:*"),
        "AWS::SecretsManager::Secret": ("secretsmanager", "secret:*"),
    }
)
"""Service and resource in the ARNs of what a stack makes; every name stands in them.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""
ASSET = re.compile(r"(?<=/)[0-9a-f]{64}\.\w+$")
"""Name of a file that the CDK ships, which is another one with each release."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """What a template refers to, as patterns of what that is once it is deployed."""

    application: Application
    location: Location
    roles: str

    @classmethod
    def of(cls, application: Application, configuration: Configuration, at: Location) -> Names:
        """Those of an application; its roles are known by their path and prefix."""
        path, prefix = configuration.roles.path or "/", configuration.roles.name_prefix or ""
        roles = at.iam_arn(f"role{path}{prefix}{configuration.app_name}*")
        return cls(application=application, location=at, roles=roles)

    def plain(self, value: Any, stack: StackState) -> Any:
        """A value of the template as plain JSON, with `*` for what is not known before."""
        found: Any = value
        match value:
            case {"Ref": str(name)}:
                found = self._pseudo(name) or self._resource(name, stack)
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                found = self._resource(name, stack)
            case {"Fn::Join": [str(separator), list(parts)]}:
                found = separator.join(str(self.plain(each, stack)) for each in parts)
            case {"Fn::Sub": str(text)}:
                found = re.sub(r"\$\{([^}]+)\}", lambda each: self._pseudo(each[1]) or "*", text)
            case {"Fn::ImportValue": str(name)}:
                found = self._exported(name)
            case dict() if any(key.startswith("Fn::") for key in value):
                found = "*"
            case dict():
                found = {key: self.plain(each, stack) for key, each in value.items()}
            case list():
                found = [self.plain(each, stack) for each in value]
        return ASSET.sub("*", found) if isinstance(found, str) else found

    def _pseudo(self, name: str) -> str:
        at = self.location
        return {
            "AWS::Partition": at.partition,
            "AWS::Region": at.region,
            "AWS::AccountId": at.account,
            "AWS::URLSuffix": at.dns_suffix,
        }.get(name, "")

    def _resource(self, name: str, stack: StackState) -> str:
        kind = str(stack.resources.get(name, {}).get("Type"))
        if kind == ROLE:
            return self.roles
        if kind == "AWS::S3::Bucket":
            return f"arn:{self.location.partition}:s3:::*"
        return self.location.arn(*RESOURCES[kind]) if kind in RESOURCES else "*"

    def _exported(self, name: str) -> str:
        for stack in self.application.stacks.values():
            for output in (stack.template.get("Outputs") or {}).values():
                if output.get("Export", {}).get("Name") == name:
                    return str(self.plain(output["Value"], stack))
        return "*"


def bounded_roles(application: Application, names: Names) -> Mapping[str, Json]:
    """The policy that each boundary must contain, by the boundary's ARN.

    Where IAM would not take one of that size, it has every resource, as a boundary may: it grants
    nothing.
    """
    found: dict[str, list[Json]] = defaultdict(list)
    for stack in application.stacks.values():
        for boundary, statement in _bounded(stack):
            if statement["Effect"] == "Allow":
                found[boundary].append(names.plain(statement, stack))
    return {boundary: _policy(statements) for boundary, statements in found.items()}


def _bounded(stack: StackState) -> Iterator[tuple[str, Json]]:
    """The statements of each role that has a boundary, with that."""
    roles = dict(stack.of_type(ROLE))
    for id_, role in roles.items():
        properties = role.get("Properties", {})
        if boundary := properties.get("PermissionsBoundary"):
            attached = properties.get("ManagedPolicyArns", ())
            documents = [each["PolicyDocument"] for each in properties.get("Policies", ())]
            documents += [
                policy["Properties"]["PolicyDocument"]
                for policy_id, policy in stack.of_type(*POLICIES)
                if {"Ref": policy_id} in attached
                or {"Ref": id_} in policy["Properties"].get("Roles", ())
            ]
            for each in documents:
                yield from ((boundary, statement) for statement in each["Statement"])


def _policy(statements: Iterable[Json]) -> Json:
    merged = document(_merged(statements))
    if len(json.dumps(merged, separators=(",", ":"))) <= MAX_CHARACTERS:
        return merged
    everywhere = [
        {**each, "Resource": "*", "Condition": {}} if "Resource" in each else each
        for each in merged["Statement"]
    ]
    return document(_merged(everywhere))


def _merged(statements: Iterable[Json]) -> list[Json]:
    """The same permissions in few statements: first of equal resources, then of equal actions."""
    by_resources: dict[str, set[str]] = defaultdict(set)
    others = []  # with NotAction or NotResource
    for each in statements:
        if "Action" in each and "Resource" in each:
            resources = _narrowest(_listed(each["Resource"]))
            key = json.dumps([resources, each.get("Condition") or {}])
            by_resources[key].update(_listed(each["Action"]))
        else:
            others.append({key: value for key, value in each.items() if key != "Sid"})
    by_actions: dict[str, set[str]] = defaultdict(set)
    for key, actions in by_resources.items():
        resources, condition = json.loads(key)
        by_actions[json.dumps([sorted(actions), condition])].update(resources)
    return [*(_statement(*each) for each in by_actions.items()), *others]


def _statement(key: str, resources: Iterable[str]) -> Json:
    actions, condition = json.loads(key)
    return {
        "Effect": "Allow",
        "Action": actions,
        "Resource": _narrowest(resources),
        **({"Condition": condition} if condition else {}),
    }


def _narrowest(patterns: Iterable[str]) -> list[str]:
    """Patterns without those that another one of them covers."""
    each_once = sorted(set(patterns))
    return [
        each
        for each in each_once
        if not any(other != each and matches(other, each) for other in each_once)
    ]


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
