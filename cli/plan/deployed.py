"""The application that is deployed, as CloudFormation and MWAA have it. Everything is read only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cli.deployed import DeployedPlatform
from cli.plan.application import Application, StackState, Template
from cli.plan.refusals import ENVIRONMENT
from cli.plan.states import (
    GONE,
    HOLDS_NOTHING,
    MISSING,
    environment_trouble,
    foreign_stack,
    stack_trouble,
)
from config.key_changes import ENVIRONMENTS, Written, entries
from config.model import is_existing
from config.stack_names import own_stack_id, stack_name
from config.written import is_ours, written_in
from errors import Finding, PlatformError

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackTypeDef

AT_A_TIME = 8


@dataclass(frozen=True, kw_only=True)
class DeployedApplication:
    """The application, and findings about what of it is uncertain.

    `foreign` are the names of stacks that are not known to be the platform's.
    """

    application: Application
    foreign: frozenset[str]
    uncertain: tuple[Finding, ...]


def read_deployed(platform: DeployedPlatform) -> DeployedApplication:
    """Reads every stack that could be the platform's by its name, eight at a time.

    Raises PlatformError for a template that is no JSON, and what the AWS SDK raises.
    """
    prefix = stack_name(platform.outline.app_name, "")
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        stacks = list(_descriptions(platform))
        cloudformation = platform.session.client("cloudformation")
        holding = [each for each in stacks if each["StackStatus"] not in HOLDS_NOTHING]
        names = [str(each["StackName"]) for each in holding]
        templates = dict(
            zip(
                names,
                pool.map(lambda name: deployed_template(cloudformation, name), names),
                strict=True,
            )
        )
        ours = [each for each in holding if is_ours(templates[str(each["StackName"])])]
        states = [_state(each, templates[str(each["StackName"])], prefix) for each in ours]
        environments = [name for state in states for name in _environments(state)]
        mwaa = platform.session.client("mwaa")
        statuses = pool.map(lambda name: environment_status(mwaa, name), environments)
        troubles = list(map(environment_trouble, environments, statuses))
        written = written_in(each.template for each in states)
        known = entries(written)
        made = {each.name for each in platform.configuration.new_environments} - {*environments}
        listed = [name for name in made & known.keys() if is_existing(known[name])]
        are_missing = pool.map(lambda name: _is_missing(mwaa, name), listed)
        missing = {name for name, each in zip(listed, are_missing, strict=True) if each}
    application = Application(
        stacks={each.name: each for each in states},
        written=_without(written, missing),
    )
    own = {id(each) for each in ours}
    foreign = [each for each in holding if id(each) not in own]
    found = [
        *(_trouble(each, prefix) for each in stacks),
        *(foreign_stack(str(each["StackName"])) for each in foreign),
        *troubles,
    ]
    return DeployedApplication(
        application=application,
        foreign=frozenset(str(each["StackName"]) for each in foreign),
        uncertain=tuple(each for each in found if each),
    )


def _without(written: Written, names: Set[str]) -> Written:
    """The configuration without environments of these names.

    What lists an environment is deployed before the stack that makes it. Where that failed, or has
    not begun, nothing tells the entry from one of an environment that exists, but that there is
    none.
    """
    left = [each for name, each in entries(written).items() if name not in names]
    return {**written, ENVIRONMENTS: left}


def _descriptions(platform: DeployedPlatform) -> Iterator[StackTypeDef]:
    """The stacks whose names could be the platform's."""
    pages = platform.session.client("cloudformation").get_paginator("describe_stacks").paginate()
    for page in pages:
        for stack in page["Stacks"]:
            id_ = own_stack_id(platform.outline.app_name, str(stack["StackName"]))
            if id_ and stack["StackStatus"] not in GONE:
                yield stack


def deployed_template(cloudformation: Any, name: str) -> Template:
    """The template that was deployed; the SDK reads one in JSON.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html
    """
    body = cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    try:
        template = json.loads(body) if isinstance(body, str) else body
    except json.JSONDecodeError:
        template = None
    if not isinstance(template, Mapping):
        raise PlatformError(
            f"The template of the stack {name} is not one that the CDK writes.",
            place=f"aws cloudformation get-template --stack-name {name}",
            remedy="If it is another application's, take another AppName.",
        )
    return template


def _state(stack: StackTypeDef, template: Template, prefix: str) -> StackState:
    name = str(stack["StackName"])
    return StackState(
        id=name.removeprefix(prefix),
        name=name,
        template=template,
        protected=bool(stack.get("EnableTerminationProtection")),
    )


def _trouble(stack: StackTypeDef, prefix: str) -> Finding | None:
    name = str(stack["StackName"])
    return stack_trouble(name, name.removeprefix(prefix), stack["StackStatus"])


def _environments(stack: StackState) -> list[str]:
    return [str(each["Properties"]["Name"]) for _, each in stack.of_type(ENVIRONMENT)]


def environment_status(mwaa: Any, name: str) -> str:
    """The status of an environment; MISSING where MWAA does not know it."""
    try:
        return str(mwaa.get_environment(Name=name)["Environment"]["Status"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return MISSING


def _is_missing(mwaa: Any, name: str) -> bool:
    """Whether MWAA is known not to have an environment."""
    try:
        return environment_status(mwaa, name) == MISSING
    except ClientError:
        return False
