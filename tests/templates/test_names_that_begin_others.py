"""No policy of one environment or platform reaches what belongs to another of a longer name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import permutations
from uuid import uuid4

import pytest

from config.stack_names import suffix as stack_suffix
from tests.templates.synthesis import Json, as_list, raw_sample, rendered, statements, synthesise
from tests.templates.test_permissions import IAM_TYPES, UNBOUND

ENVIRONMENTS = ("lab", "lab-prod", "lab_", "lab-Task")
PLATFORMS = ("data", "data-prod", "data-authn")

QUEUES = "arn:<AWS::Partition>:sqs:<AWS::Region>:*:airflow-celery-*"
EXCEPTIONS = {QUEUES}
"""What matches more than its own; the reason is beside the construct."""

ARN_OPERATORS = ("ArnEquals", "ArnLike", "StringEquals", "StringLike")

Templates = Mapping[str, Json]
"""Templates by names that are unique among all that a test compares."""


def test_an_environment_reaches_its_own() -> None:
    for name in ENVIRONMENTS:
        patterns, arns = _patterns(_of_environment(name)), _arns(_of_environment(name))
        reached = {arn for pattern in patterns for arn in _matched(pattern, arns)}

        assert patterns >= EXCEPTIONS
        for kind in (f"log-group:airflow-{name}-Task:", f":secret:{name}/", f":environment/{name}"):
            assert any(kind in arn for arn in reached), (name, kind)
        assert any(re.search(r"<Env\S+/Bucket\w+\.Arn>/dags/", arn) for arn in reached), name


@pytest.mark.parametrize(("name", "other"), [*permutations(ENVIRONMENTS, 2)])
def test_an_environment_does_not_reach_another(name: str, other: str) -> None:
    assert _reached(_of_environment(name), _of_environment(other)) == EXCEPTIONS


@pytest.mark.parametrize(("name", "other"), [*permutations(PLATFORMS, 2)])
def test_a_platform_does_not_reach_another(name: str, other: str) -> None:
    assert _reached(_of_platform(name), _of_platform(other)) == set()


def _reached(templates: Templates, others: Templates) -> set[str]:
    """The patterns that match something of the others."""
    arns = _arns(others)
    return {pattern for pattern in _patterns(templates) if _matched(pattern, arns)}


def _matched(pattern: str, arns: set[str]) -> set[str]:
    """The ARNs that IAM's wildcards in the pattern match."""
    wildcards = {"*": ".*", "?": "."}
    expression = "".join(wildcards.get(each, re.escape(each)) for each in pattern)
    if expression == re.escape(pattern):
        return arns & {pattern}
    matching = re.compile(expression)
    return {arn for arn in arns if matching.fullmatch(arn)}


@cache
def _all_environments() -> Templates:
    raw = raw_sample("team-files")
    (entry, *_) = raw["MwaaEnvironments"]
    raw["MwaaEnvironments"] = [
        {
            **entry,
            "Name": name,
            "VpcCIDR": f"10.{number}.0.0/16",
            "UiHost": f"{number}.airflow.example.com",
            "Lineage": {"Provider": "Atlan", "Url": f"https://tenant{number}.atlan.com"},
            "SecretsBackend": {
                f"{kind}Prefix": f"{name}/{kind.lower()}"
                for kind in ("Connections", "Variables", "Config")
            },
        }
        for number, name in enumerate(ENVIRONMENTS, start=1)
    ]
    return synthesise(raw).templates


def _of_environment(name: str) -> Templates:
    suffix = stack_suffix(name)
    stacks = [f"Env-{suffix}", f"Ui-{suffix}"]
    return {stack: _all_environments()[stack] for stack in stacks}


@cache
def _of_platform(name: str) -> Templates:
    raw = {**raw_sample("existing"), "QuickStart": raw_sample("quick-start")["QuickStart"]}
    raw |= {"AppName": name, "Alb": {**raw["Alb"], "AllowedCidrs": ["10.0.0.0/8"]}}
    return {f"{name}-{stack}": each for stack, each in synthesise(raw).templates.items()}


def _patterns(templates: Templates) -> set[str]:
    """Every ARN, with its wildcards, that a statement allows something on or for."""
    return {
        _qualified(stack, text)
        for stack, template in templates.items()
        for resource in template["Resources"].values()
        for text in _allowed(resource)
    }


def _allowed(resource: Json) -> Iterator[str]:
    properties = resource["Properties"]
    match resource["Type"]:
        case "AWS::Lambda::Permission":
            yield rendered(properties["SourceArn"])
            return
        case "AWS::KMS::Key":
            allowing = properties["KeyPolicy"]["Statement"]
        case "AWS::S3::BucketPolicy":
            allowing = properties["PolicyDocument"]["Statement"]
        case kind if kind in IAM_TYPES:
            trust = properties.get("AssumeRolePolicyDocument", {}).get("Statement", [])
            allowing = [*statements(resource), *trust]
        case _:
            return
    for statement in allowing:
        if statement["Effect"] == "Allow":
            yield from _resources(statement, is_permission=resource["Type"] in IAM_TYPES)
            yield from _arns_of_conditions(statement)


def _resources(statement: Json, *, is_permission: bool) -> Iterator[str]:
    for arn in map(rendered, as_list(statement.get("Resource", []))):
        if arn != "*":
            yield arn
        elif is_permission:
            # In a key's policy it is the key itself.
            assert set(as_list(statement["Action"])) <= UNBOUND


def _arns_of_conditions(statement: Json) -> Iterator[str]:
    for operator in ARN_OPERATORS:
        for values in statement.get("Condition", {}).get(operator, {}).values():
            yield from (text for text in map(rendered, as_list(values)) if text.startswith("arn:"))


def _arns(templates: Templates) -> set[str]:
    """ARNs of what the templates contain, of what that will contain, and of MWAA's queue."""
    queue = f"arn:<AWS::Partition>:sqs:<AWS::Region>:999999999999:airflow-celery-{uuid4()}"
    return {queue} | {
        _qualified(stack, arn)
        for stack, template in templates.items()
        for logical_id, resource in template["Resources"].items()
        for arn in (*_referred(logical_id), *_named(resource))
    }


def _referred(logical_id: str) -> Iterator[str]:
    """A resource as templates refer to it, and objects in it if it is a bucket."""
    for reference in (f"<{logical_id}.Arn>", f"<{logical_id}>"):
        yield reference
        for key in ("dags/nightly.py", "mwaa-platform/plugins-0.zip"):
            yield f"{reference}/{key}"


def _named(resource: Json) -> Iterator[str]:
    """The ARNs that follow from the names in the resource."""
    for service, name in _names(resource):
        yield f"arn:<AWS::Partition>:{service}:<AWS::Region>:<AWS::AccountId>:{name}"


def _names(resource: Json) -> Iterator[tuple[str, str]]:
    properties = resource["Properties"]
    match resource["Type"]:
        case "AWS::Logs::LogGroup" if name := properties.get("LogGroupName"):
            yield "logs", f"log-group:{name}"
            yield "logs", f"log-group:{name}:log-stream:scheduler.py.log"
        case "AWS::MWAA::Environment":
            yield "airflow", f"environment/{properties['Name']}"
            yield "airflow", f"role/{properties['Name']}/Admin"
            options = properties["AirflowConfigurationOptions"]
            kwargs = json.loads(options["secrets.backend_kwargs"])
            for key in ("connections_prefix", "variables_prefix", "config_prefix"):
                yield "secretsmanager", f"secret:{kwargs[key]}/warehouse-AbCdEf"
        case "AWS::ElasticLoadBalancingV2::TargetGroup" if name := properties.get("Name"):
            yield "elasticloadbalancing", f"targetgroup/{name}/0123456789abcdef"
        case "AWS::IAM::Role" if name := properties.get("RoleName"):
            yield "iam", f"role/{name}"


def _qualified(stack: str, text: str) -> str:
    """The text with the stack's name in its references to resources."""
    return re.sub(r"<(?!AWS::)", f"<{stack}/", text)
