"""What is written in the configuration, as the templates of its stacks hold it.

CloudFormation keeps a template's Metadata, but takes no update for Metadata alone. So each stack
holds what changes its template, and all of them together hold the configuration that is deployed.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/metadata-section-structure.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from config.environments import Environment, ExistingEnvironment
from config.key_changes import (
    CONNECTIVITY,
    ENVIRONMENTS,
    GRANTS,
    LINEAGE,
    NOT_COMPARED,
    PROTECTION,
    entries,
)
from config.model import FACTS, AnyEnvironment, Configuration
from config.new_environment import NewEnvironment
from config.stack_names import Kind, Stack, stacks
from config.ways import ExistingVpc, existing_vpcs

METADATA = "MwaaPlatform"
RELEASE, WRITTEN = "Release", "Written"
HELD_BY_WAYS = {FACTS, CONNECTIVITY}
LISTED = {str(field.alias) for field in Environment.model_fields.values()} - NOT_COMPARED
"""Keys of an entry that need not reach its own stack."""
ALARMS = "Alarms"
OIDC = "Oidc"
"""A section of every file, in the part that lists the environments."""
HELD_APART = {
    Kind.TOPIC: "AlarmTopic",
    Kind.NETWORK: "CustomerVpc",
    Kind.GRANTS: GRANTS,
    Kind.GATE: "UiGate",
    Kind.QUICK_START: "QuickStart",  # beside a portal
    Kind.DEPLOYERS: "Deployers",
    Kind.PIPELINE: "Pipeline",
}


def metadata(configuration: Configuration, stack: Stack) -> dict[str, Any]:
    """The Metadata of a stack's template: the release, and its part of the configuration as JSON.

    As text, because the CDK drops what is empty, and would take objects for functions. In ASCII,
    because CloudFormation gives no other letters back.
    """
    part = json.dumps(_part(configuration, stack))
    return {METADATA: {RELEASE: version("mwaa-platform"), WRITTEN: part}}


def is_ours(template: Mapping[str, Any]) -> bool:
    """Whether a template is one of the platform's."""
    return METADATA in (template.get("Metadata") or {})


def written_in(templates: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The configuration that the platform's templates hold together.

    Without environments that left it: their stacks go on to hold them, but no list has them.
    """
    parts = [json.loads(each["Metadata"][METADATA][WRITTEN]) for each in templates]
    together: dict[str, Any] = {}
    environments: dict[str, dict[str, Any]] = {}
    for part in parts:
        for name, entry in entries(part).items():
            environments.setdefault(name, {}).update(entry)
        together |= {key: value for key, value in part.items() if key != ENVIRONMENTS}
    if lists := [entries(each) for each in parts if OIDC in each]:
        listed = {name for each in lists for name in each}
        environments = {name: each for name, each in environments.items() if name in listed}
    return {**together, ENVIRONMENTS: list(environments.values())}


def _part(configuration: Configuration, stack: Stack) -> dict[str, Any]:
    written = configuration.written
    match stack:
        case Stack(Kind.ENVIRONMENT, NewEnvironment() as environment):
            return {ENVIRONMENTS: [_entry(configuration, environment)]}
        case Stack(Kind.UI | Kind.ALARMS, ExistingEnvironment() | NewEnvironment() as environment):
            entry = entries(written).get(environment.name, {})
            listed = LISTED - {"Description"} if stack.kind is Kind.UI else {"Name"}
            held = listed | {ALARMS}
            host = {key: value for key, value in entry.items() if key in held}
            return {ENVIRONMENTS: [host]}
        case Stack(Kind.WAY, ExistingVpc(environments=environments)):
            return {ENVIRONMENTS: [_way(written, each) for each in environments]}
    alone = stack.kind is Kind.QUICK_START and not configuration.has_portal
    if stack.kind in HELD_APART and not alone:
        return _some(written, {HELD_APART[stack.kind]})
    return _rest(configuration)


def _entry(configuration: Configuration, environment: NewEnvironment) -> dict[str, Any]:
    """An entry without what may change without a change of its own stack."""
    entry = entries(configuration.written).get(environment.name, {})
    listed = (LISTED | NOT_COMPARED) - {"Name"}
    if environment.vpc and environment.name in _joined(configuration):
        listed |= {CONNECTIVITY}
    return {key: value for key, value in entry.items() if key not in listed}


def _way(written: Mapping[str, Any], environment: AnyEnvironment) -> dict[str, Any]:
    """What of an entry the way to its VPC is made of."""
    entry = entries(written).get(environment.name, {})
    return {key: value for key, value in entry.items() if key in {"Name", *HELD_BY_WAYS}}


def _rest(configuration: Configuration) -> dict[str, Any]:
    """What no other stack holds: of new environments what the portal lists."""
    written = configuration.written
    kinds = {each.kind for each in stacks(configuration)}
    if not configuration.has_portal:
        kinds -= {Kind.QUICK_START}
    apart = {key for kind, key in HELD_APART.items() if kind in kinds}
    new = {each.name for each in configuration.new_environments}
    joined = _joined(configuration)
    watched = {
        each.about.name
        for each in stacks(configuration)
        if each.kind in {Kind.ALARMS, Kind.UI} and isinstance(each.about, AnyEnvironment)
    }
    listing = [
        {key: value for key, value in entry.items() if key in LISTED}
        if name in new
        else _some(
            entry,
            {*entry}
            - NOT_COMPARED
            - (HELD_BY_WAYS if name in joined else set())
            - ({ALARMS} if name in watched else set()),
        )
        for name, entry in entries(written).items()
    ]
    kept = {*written} - apart - {ENVIRONMENTS, LINEAGE, CONNECTIVITY, PROTECTION}
    return {**_some(written, kept), ENVIRONMENTS: listing}


def _some(written: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in written.items() if key in keys}


def _joined(configuration: Configuration) -> set[str]:
    """Names of the environments in existing VPCs, whose ways are stacks of their own."""
    return {each.name for vpc in existing_vpcs(configuration) for each in vpc.environments}
