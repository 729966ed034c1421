"""Synthesis of configurations in this process; a sample is synthesised once."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aws_cdk as cdk

from app import platform
from config.loader import parse_configuration

ROOT = Path(__file__).parents[2]
SAMPLES = {path.stem: path for path in sorted((ROOT / "samples").glob("*.json"))}

Json = dict[str, Any]

WITHOUT_BUNDLING: Json = {"aws:cdk:bundling-stacks": []}


@dataclass(frozen=True)
class Synthesis:
    """What was synthesised, by file name and by the stack's construct id."""

    files: Mapping[str, bytes]

    @property
    def templates(self) -> dict[str, Json]:
        suffix = ".template.json"
        return {
            name.removesuffix(suffix): json.loads(content)
            for name, content in self.files.items()
            if name.endswith(suffix)
        }

    def resources(self, stack: str, resource_type: str) -> dict[str, Json]:
        """Resources of a type by logical id."""
        return {
            logical_id: resource
            for logical_id, resource in self.templates[stack]["Resources"].items()
            if resource["Type"] == resource_type
        }

    def properties(self, stack: str, resource_type: str) -> Json:
        """The properties of the only resource of its type."""
        (resource,) = self.resources(stack, resource_type).values()
        properties: Json = resource["Properties"]
        return properties

    def authenticator(self, stack: str = "Sso") -> Json:
        """The properties of the function that signs people in."""
        (function,) = (
            each["Properties"]
            for each in self.resources(stack, "AWS::Lambda::Function").values()
            if each["Properties"]["Handler"].startswith("authenticator.")
        )
        properties: Json = function
        return properties

    def all_resources(self) -> Iterator[tuple[str, str, Json]]:
        """Every resource with its stack and logical id."""
        for stack, template in self.templates.items():
            for logical_id, resource in template["Resources"].items():
                yield stack, logical_id, resource


def raw_sample(name: str) -> Json:
    """A copy of a sample, to be changed."""
    sample: Json = json.loads(SAMPLES[name].read_text())
    return sample


@cache
def sample(name: str) -> Synthesis:
    """A sample as it is, checked by cdk-nag."""
    return synthesise(raw_sample(name), checked=True)


def synthesise(
    raw: Json, *, env: cdk.Environment | None = None, checked: bool = False
) -> Synthesis:
    """The templates of a configuration, without the authenticator's packages.

    Those that are `checked` by cdk-nag are the same, and take twice the time.
    """
    configuration = parse_configuration(copy.deepcopy(raw), source=ROOT / "samples" / "test.json")
    with TemporaryDirectory() as folder:
        context = WITHOUT_BUNDLING
        platform(configuration, outdir=folder, context=context, env=env, checked=checked).synth()
        return Synthesis(
            {path.name: path.read_bytes() for path in Path(folder).glob("*.json")},
        )


def existing(*names: str) -> Json:
    """A configuration with environments that exist under these names."""
    return {
        **raw_sample("existing"),
        "MwaaEnvironments": [{"Name": name} for name in names],
        "Grants": [],
    }


def rendered(value: Any, **variables: str) -> Any:
    """A template's value with Fn::Sub, Fn::Join and references made into readable text."""

    def again(each: Any) -> Any:
        return rendered(each, **variables)

    match value:
        case {"Ref": name} | {"Fn::ImportValue": name}:
            result: Any = variables.get(name.replace("::", "_"), f"<{name}>")
        case {"Fn::GetAtt": [name, attribute]}:
            result = f"<{name}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            result = str(separator).join(str(again(part)) for part in parts)
        case {"Fn::Sub": text}:
            result = re.sub(r"\$\{([^}]+)\}", lambda match: again({"Ref": match[1]}), text)
        case dict():
            result = {key: again(each) for key, each in value.items()}
        case list():
            result = [again(each) for each in value]
        case _:
            result = value
    return result


def statements(resource: Json) -> Iterator[Json]:
    """The statements of an IAM role's, policy's or managed policy's permissions."""
    properties = resource["Properties"]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
    if "PolicyDocument" in properties:
        documents.append(properties["PolicyDocument"])
    for document in documents:
        yield from document["Statement"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
