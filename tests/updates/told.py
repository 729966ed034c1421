"""What a plan said, and what its deployment then did, in the same terms.

`told` reads the object that `plan --json` writes, `done` the account before and after.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from typing import Any

from cli.plan.plan import Action
from config.stack_names import Kind, stack_name, suffix
from config.update_policy import Interrupts
from mwaa.environment_updates import DEFAULT_REPLACEMENT_STRATEGY, HARMLESS_OPTIONS
from tests.updates.account import Account, Difference, Json, Resource

GATEWAY = "AWS::EC2::NatGateway"
WORDS = {
    "AWS::MWAA::Environment": "environment",
    "AWS::S3::Bucket": "bucket",
    "AWS::KMS::Key": "key",
    "AWS::DynamoDB::Table": "table",
    "AWS::SecretsManager::Secret": "secret",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "load balancer",
}
"""What plans call the types that hold data."""
FILES = {
    "Plugins": "plugins.zip",
    "Requirements": "requirements.txt",
    "StartupScript": "startup script",
}
ENDED_WELL = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}

Access = Set[tuple[str, str, str]]
"""Principals with an environment and a role in it."""


def told(plan: Json) -> Mapping[str, Any]:
    """What a plan says of a deployment that AWS takes."""
    stacks = [each for each in plan["stacks"] if each["action"] != Action.LEFT]
    return {
        "made": {each["name"] for each in stacks if each["action"] == Action.MADE},
        "updated": {each["name"] for each in stacks if each["action"] == Action.CHANGED},
        "restarts": {
            (str(each["environment"]), each["strategy"]) for each in stacks if each["strategy"]
        },
        "restarts by name": set(plan["restarts"]),
        "lost": {loss["name"] for each in stacks for loss in each["losses"]},
        "kept": {(each["id"], what) for each in stacks for what in each["kept"]},
        "protected": {
            (each["name"], each["protected"]) for each in stacks if each["protected"] is not None
        },
        "options": {
            (each["environment"], option["name"], option["action"])
            for each in stacks
            for option in each["options"]
        },
        "files": {(each["environment"], file) for each in stacks for file in each["files"]},
        "gateways go": {
            each["name"]
            for each in stacks
            if each["interrupts"] == Interrupts.TASKS and not each["strategy"]
        },
        "people sign in again": any(each["interrupts"] == Interrupts.SIGN_IN for each in stacks),
        "gained": _access(plan, "gained"),
        "lost access": _access(plan, "lost"),
        "causes": {each["cause"] for each in plan["stacks"]} - {"configuration"},
    }


def done(did: Difference, files: tuple[Json, Json]) -> Mapping[str, Any]:
    """What a deployment of the second file did where the first was deployed."""
    before, after = files
    prefix = stack_name(after["AppName"], "")
    made = did.stacks - did.before.stacks.keys()
    replaced = did.replaced(GATEWAY) | did.removed(GATEWAY)
    ours = {_stack(prefix, name): name for name in did.restarted}
    gained, lost = (
        _granted(one, of) - _granted(other, former)
        for one, of, other, former in (
            (did.after, after, did.before, before),
            (did.before, before, did.after, after),
        )
    )
    there = did.before.stacks.keys() & did.after.stacks.keys()
    protected = (did.before.protected ^ did.after.protected) & there
    return {
        "made": made,
        "updated": (did.stacks - made) | protected,
        "restarts": {(name, _strategy(did.after, name)) for name in did.restarted},
        "restarts by name": did.restarted,
        "lost": {_name(each, did.before, prefix) for each in _gone(did, prefix)},
        "kept": {
            (each.stack.removeprefix(prefix), WORDS[each.type])
            for each in did.removed(*WORDS)
            if did.before.resources[each] in did.after.existing
        },
        "protected": {(name, name in did.after.protected) for name in protected},
        "options": set(_options(did)),
        "files": set(_files(did)),
        "gateways go": {each.stack for each in replaced} - ours.keys(),
        "people sign in again": not did.before.doors <= did.after.doors,
        "gained": gained,
        "lost access": lost,
        "causes": set(),
    }


def refusals(plan: Json, did: Difference) -> Iterator[str]:
    """What of a plan that says that AWS refuses its deployment was not so."""
    refused = {each["name"] for each in plan["stacks"] if each["refusals"]}
    names = {each["id"]: each["name"] for each in plan["stacks"]}
    changed = {each["name"] for each in plan["stacks"]}
    failed = {name for name in did.stacks if did.after.statuses[name] not in ENDED_WELL}
    first = plan["before_refusal"] or {"certain": (), "possible": ()}
    certain, possible = ({names[each] for each in first[key]} for key in ("certain", "possible"))
    if plan["exit_status"] != 3 or not refused:
        yield "It was not told."
    if not failed or not failed <= refused:
        yield f"{failed} failed, and not one of {refused}."
    if not certain <= did.stacks - failed:
        yield f"Of {certain} not all was deployed before: {did.stacks - failed}."
    if not did.stacks - failed <= certain | possible:
        yield f"{did.stacks - failed} was deployed before, and not of {certain | possible} alone."
    if not did.stacks <= changed:
        yield f"{did.stacks - changed} were to stay as they are."
    # CloudFormation takes a change back by an update.
    back = {each["environment"] for each in plan["stacks"] if each["refusals"] and each["strategy"]}
    if other := did.restarted - set(plan["restarts"]) - back:
        yield f"{other} restarted."
    if gone := did.before.existing - did.after.existing:
        yield f"{gone} is gone."


def _access(plan: Json, key: str) -> Access:
    return {
        (each["principal"], environment, role)
        for each in plan["access"]
        for environment in each["environments"]
        for role in each[key]
    }


def _granted(account: Account, configuration: Json) -> Access:
    """What the table grants in the environments of a file."""
    named = {each["Name"] for each in configuration["MwaaEnvironments"]}
    items = (json.loads(each) for each in account.grants)
    return {
        (item["principal"]["S"], environment, role)
        for item in items
        for granted, terms in item["grants"]["M"].items()
        for environment in (named if granted == "*" else {granted})
        for role in terms["M"]["roles"]["SS"]
    }


def _stack(prefix: str, environment: str) -> str:
    return f"{prefix}{Kind.ENVIRONMENT}-{suffix(environment)}"


def _strategy(account: Account, environment: str) -> str:
    update = account.environments[environment]["LastUpdate"]
    return str(update.get("WorkerReplacementStrategy", DEFAULT_REPLACEMENT_STRATEGY))


def _gone(did: Difference, prefix: str) -> Iterator[Resource]:
    """What held data in a stack, and is no longer in the account."""
    for each, id_ in did.before.resources.items():
        there = each.stack.startswith(prefix) and each.stack in did.after.stacks
        if there and each.type in WORDS and id_ in did.before.existing - did.after.existing:
            yield each


def _name(resource: Resource, account: Account, prefix: str) -> str:
    """How a plan names a thing that is lost."""
    if resource.type == "AWS::MWAA::Environment":
        return account.resources[resource]
    return f"{resource.stack.removeprefix(prefix)}/{resource.id}"


def _options(did: Difference) -> Iterator[tuple[str, str, str]]:
    for name in did.before.environments.keys() & did.after.environments.keys():
        old, new = (
            dict(each.environments[name].get("AirflowConfigurationOptions") or {})
            for each in (did.before, did.after)
        )
        for option in (old.keys() | new.keys()) - HARMLESS_OPTIONS.keys():
            if option not in old:
                yield name, option, "added"
            elif option not in new:
                yield name, option, "taken out"
            elif old[option] != new[option]:
                yield name, option, "changed"


def _files(did: Difference) -> Iterator[tuple[str, str]]:
    for name in did.before.environments.keys() & did.after.environments.keys():
        old, new = (each.environments[name] for each in (did.before, did.after))
        for file, words in FILES.items():
            content = [(each.get(f"{file}S3Path") or "").rpartition("/")[2] for each in (old, new)]
            if content[0] != content[1]:
                yield name, words
        place = [(each["SourceBucketArn"], each["DagS3Path"]) for each in (old, new)]
        dags = [_dags(*each) for each in zip((did.before, did.after), place, strict=True)]
        if place[0] == place[1] and dags[0] != dags[1]:
            yield name, "DAGs"


def _dags(account: Account, place: tuple[str, str]) -> Mapping[tuple[str, str], str]:
    arn, folder = place
    bucket = arn.rpartition(":")[2]
    return {
        key: version
        for key, version in account.files.items()
        if key[0] == bucket and key[1].startswith(f"{folder}/")
    }
