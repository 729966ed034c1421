"""What CloudFormation does with the difference between two synthesised applications.

By its rules for updates, and by the schemas of resource types that cfn-lint ships. A property that
may be create-only is taken for one.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, NamedTuple

from tests.templates.synthesis import Json, Synthesis

ENVIRONMENT = "AWS::MWAA::Environment"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
GATEWAY = "AWS::EC2::NatGateway"
ENDPOINT = "AWS::EC2::VPCEndpoint"
SUBNET = "AWS::EC2::Subnet"
TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
CREATE_ONLY = ("createOnlyProperties", "conditionalCreateOnlyProperties")

Pointer = tuple[str, ...]
"""Steps to a property; positions in lists are left out."""


class Resource(NamedTuple):
    """A resource by its stack and logical id."""

    stack: str
    id: str


@dataclass
class Update:
    """Consequences of a deployment.

    - `updated`: resources of which a property changes in place, or that read one that does.
    - `replaced`: resources that get another physical id; `removed`: those that go.
    - `refused`: why CloudFormation, or the service, refuses it.
    - `made`, `left`: names of stacks that are new, and that the application no longer has.
    """

    types: Mapping[Resource, str]
    updated: dict[Resource, set[Pointer]] = field(default_factory=dict)
    replaced: set[Resource] = field(default_factory=set)
    removed: set[Resource] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)

    def of_type(self, resources: set[Resource], *types: str) -> set[Resource]:
        return {each for each in resources if self.types[each] in types}


class Deployed:
    """An application as CloudFormation has it: stacks by name, parsed once."""

    def __init__(self, synthesis: Synthesis) -> None:
        artifacts = json.loads(synthesis.files["manifest.json"])["artifacts"]
        stacks = {
            artifacts[id_]["properties"]["stackName"]: template
            for id_, template in synthesis.templates.items()
        }
        self.stacks = frozenset(stacks)
        self.resources = {
            Resource(stack, id_): resource
            for stack, template in stacks.items()
            for id_, resource in template["Resources"].items()
        }
        self.exports = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in stacks.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }
        self.imported = set(re.findall(r'"Fn::ImportValue": "([^"]+)"', json.dumps(stacks)))

    def part(self, stack: str) -> dict[Resource, Json]:
        """The resources of a stack."""
        return {each: resource for each, resource in self.resources.items() if each.stack == stack}


def update(before: Deployed, after: Deployed, *, only: str | None = None) -> Update:
    """What a deployment of `after` does where `before` is deployed; `only` in a stack or in all."""
    old, new = (side.part(only) if only else side.resources for side in (before, after))
    result = Update({each: resource["Type"] for each, resource in {**old, **new}.items()})
    result.made = set(after.stacks - before.stacks)
    result.left = set(before.stacks - after.stacks)
    result.removed = {
        each
        for each in old.keys() - new.keys()
        if each.stack in after.stacks and old[each].get("DeletionPolicy") != "Retain"
    }
    for each in old.keys() & new.keys():
        properties = (side[each].get("Properties", {}) for side in (old, new))
        changed = set(_differences(*properties))
        if changed or old[each]["Type"] != new[each]["Type"]:
            result.updated[each] = changed
    _replace(result, old, new)
    result.refused += [*_names_taken(result, old, new), *_exports_in_use(result, before, after)]
    result.refused += [*_load_balancers_tied(result, new), *_addresses_taken(result, old, new)]
    return result


def _differences(old: Any, new: Any, at: Pointer = ()) -> Iterator[Pointer]:
    """The deepest properties that differ."""
    if isinstance(old, dict) and isinstance(new, dict) and not _is_function(old, new):
        for key in old.keys() | new.keys():
            yield from _differences(old.get(key), new.get(key), (*at, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for one, other in zip(old, new, strict=True):
            yield from _differences(one, other, at)
    elif old != new:
        yield at


def _is_function(*values: Json) -> bool:
    return any(key == "Ref" or key.startswith("Fn::") for value in values for key in value)


def _replace(result: Update, old: Mapping[Resource, Json], new: Mapping[Resource, Json]) -> None:
    """Follows references from what is replaced, until nothing more is."""
    while True:
        replaced = {
            each
            for each, changed in result.updated.items()
            if old[each]["Type"] != new[each]["Type"]
            or any(_is_create_only(new[each]["Type"], pointer) for pointer in changed)
        }
        news = replaced - result.replaced
        if not news and result.replaced:
            return
        result.replaced |= news
        again = False
        for each, resource in new.items():
            reached = {
                pointer
                for pointer, name in _references(resource.get("Properties", {}))
                if _other_value(result, Resource(each.stack, name), new)
            }
            if each in old and not reached <= result.updated.get(each, set()):
                result.updated[each] = result.updated.get(each, set()) | reached
                again = True
        if not (news or again):
            return


def _other_value(result: Update, resource: Resource, new: Mapping[Resource, Json]) -> bool:
    """Whether references to a resource resolve to something else: a custom resource's may."""
    custom = resource in result.updated and re.match(
        r"Custom::|AWS::CloudFormation::CustomResource", new[resource]["Type"]
    )
    return resource in result.replaced or bool(custom)


def _references(value: Any, at: Pointer = ()) -> Iterator[tuple[Pointer, str]]:
    """The resources of its own stack that a value reads, each with the property that does."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            yield at, name
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), _]}:
            yield from ((at, name) for name in re.findall(r"\$\{([A-Za-z0-9]+)[.}]", text))
        case dict():
            for key, inner in value.items():
                yield from _references(inner, at if key.startswith("Fn::") else (*at, key))
        case list():
            for inner in value:
                yield from _references(inner, at)


def _is_create_only(type_: str, pointer: Pointer) -> bool:
    return any(
        pointer[: len(each)] == each or each[: len(pointer)] == pointer
        for each in create_only(type_)
    )


@cache
def create_only(type_: str) -> frozenset[Pointer]:
    """Properties of which another value replaces the resource, or may."""
    own = schema(type_)
    paths = [path for key in CREATE_ONLY for path in own.get(key, ())]
    return frozenset(tuple(step for step in path.split("/")[2:] if step != "*") for path in paths)


@cache
def schema(type_: str) -> Json:
    """The schema of a type; custom resources are all alike. cfn-lint's import takes seconds."""
    spec = importlib.util.find_spec("cfnlint")
    assert spec
    assert spec.origin
    folder = Path(spec.origin).parent / "data" / "schemas"
    known = _known_types(folder)
    name = type_ if not type_.startswith("Custom::") else "AWS::CloudFormation::CustomResource"
    found: Json = json.loads((folder / "resources" / f"{known[name]}.json").read_text())
    return found


@cache
def _known_types(folder: Path) -> dict[str, str]:
    known: dict[str, str] = json.loads((folder / "providers" / "us-east-1.json").read_text())
    return known


def _names_taken(
    result: Update, old: Mapping[Resource, Json], new: Mapping[Resource, Json]
) -> Iterator[str]:
    """Resources that would be made anew under the name that the former still has."""
    for each in result.replaced:
        names = [path.split("/")[2] for path in schema(new[each]["Type"])["primaryIdentifier"]]
        if new[each]["Type"] in {LOAD_BALANCER, TARGET_GROUP}:
            names = ["Name"]
        before, after = (side[each].get("Properties", {}) for side in (old, new))
        given = [name for name in names if isinstance(after.get(name), str)]
        if given == names and all(before.get(name) == after[name] for name in names):
            yield f"{each}: a {new[each]['Type']} with this name exists"


def _exports_in_use(result: Update, before: Deployed, after: Deployed) -> Iterator[str]:
    """Exported values that change or go while a deployed stack imports them.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
    """
    for name in before.imported & before.exports.keys():
        stack, value = before.exports[name]
        if stack not in after.stacks:
            continue
        changed = after.exports.get(name) != before.exports[name] or any(
            Resource(stack, read) in result.replaced for _, read in _references(value)
        )
        if changed:
            yield f"{name}: the export is in use"


def _load_balancers_tied(result: Update, new: Mapping[Resource, Json]) -> Iterator[str]:
    """Load balancers that would need another VPC, or target groups of a former one.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html
    """
    for each in result.of_type(set(new), LOAD_BALANCER):
        beside = {other for other in result.types if other.stack == each.stack and other in new}
        for other in result.of_type(beside, TARGET_GROUP) - result.replaced:
            if each in result.replaced:
                yield f"{other}: it belongs to the former load balancer"
        groups = result.of_type(beside & result.replaced, "AWS::EC2::SecurityGroup")
        if each not in result.replaced and any(
            ("VpcId",) in result.updated[group] for group in groups
        ):
            yield f"{each}: a load balancer stays in its VPC"


def _addresses_taken(
    result: Update, old: Mapping[Resource, Json], new: Mapping[Resource, Json]
) -> Iterator[str]:
    """Subnets that would be made while another one of the same VPC has their addresses.

    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    """
    subnets = result.of_type(set(old), SUBNET)
    for each in result.of_type(set(new), SUBNET):
        if each in old and each not in result.replaced:
            continue
        wanted, vpc = (new[each]["Properties"][key] for key in ("CidrBlock", "VpcId"))
        if any(Resource(each.stack, name) in result.replaced for _, name in _references(vpc)):
            continue
        for other in subnets:
            taken = old[other]["Properties"]["CidrBlock"]
            if other.stack == each.stack and IPv4Network(wanted).overlaps(IPv4Network(taken)):
                yield f"{each}: {other.id} has {taken}"
