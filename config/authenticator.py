"""Authenticator: the function that signs people in, and a team's own decision in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from config.grants import OneOrMore
from config.local_files import LocalFile
from config.section import Matches, Section, reject, setting
from config.types import Integer, Text
from config.update_policy import FREE

MAX_VARIABLES_LENGTH = 1024
"""Of names and values together; Lambda's maximum of 4 KB is for the authenticator's own too."""


def _action_advice(value: str) -> str | None:
    return "Name each action that the decision needs." if "*" in value or "?" in value else None


def _resource_advice(value: str) -> str | None:
    if value.strip("*") == "":
        return "Name the resources that the decision reads."
    return 'A "*" stands at the end alone, after a slash or a colon.' if "*" in value else None


POWERFUL_SERVICES = frozenset({"airflow", "cloudformation", "iam", "lambda", "sts"})
"""Those whose actions on any resource reach the platform's own roles, functions and tokens."""
READS_OF_TABLES = (
    *("BatchGet", "ConditionCheck", "Describe", "Get"),
    *("List", "PartiQLSelect", "Query", "Scan"),
)
"""How the names of DynamoDB's actions begin that change nothing."""


def _needs_names(action: str) -> bool:
    """Whether the resources of an action are named whole: others could change what is granted."""
    service, _, name = action.partition(":")
    writes_tables = service == "dynamodb" and not name.startswith(READS_OF_TABLES)
    return service in POWERFUL_SERVICES or writes_tables


Action = Annotated[
    str,
    Matches(
        r"[a-z0-9-]+:[A-Za-z0-9]+",
        "an action of IAM without wildcards, such as dynamodb:GetItem",
        _action_advice,
    ),
]
Resource = Annotated[
    str,
    Matches(
        r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(?:\d{12})?:[^\s*?]+(?:(?<=[/:])\*)?",
        "the ARN of a resource, such as arn:aws:dynamodb:eu-west-1:111122223333:table/duty",
        _resource_advice,
    ),
]
VariableName = Annotated[
    str,
    Matches(r"DECISION_[A-Z0-9_]{1,64}", "a name that begins with DECISION_, in upper case"),
]


class Statement(Section):
    """A statement of IAM, with IAM's own keys."""

    effect: Literal["Allow"] = setting("Whether it allows or denies.", update=FREE, default="Allow")
    action: Annotated[tuple[Action, ...], Field(min_length=1), OneOrMore()] = setting(
        "One action or several.", update=FREE
    )
    resource: Annotated[tuple[Resource, ...], Field(min_length=1), OneOrMore()] = setting(
        'ARN of one resource or several; a "*" can stand at the end, after a slash or a colon, '
        "unless an action is of `iam`, `sts`, `lambda`, `cloudformation` or `airflow`, or writes "
        "in `dynamodb`.",
        update=FREE,
    )
    condition: Mapping[str, Mapping[str, Any]] | None = setting(
        "Condition of IAM.", update=FREE, default=None, otherwise="none"
    )

    @field_validator("resource")
    @classmethod
    def _check_named(cls, resources: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        powerful = next(filter(_needs_names, info.data.get("action", ())), None)
        if powerful and any("*" in each for each in resources):
            service = powerful.partition(":")[0]
            writing = " that writes" if service == "dynamodb" else ""
            reject(
                f'An action of {service}{writing} takes no resource with a "*".',
                "Name each resource that the decision needs, in a statement of its own.",
            )
        return resources

    @property
    def as_iam(self) -> dict[str, Any]:
        """The statement in a policy's form."""
        return {**self.model_dump(by_alias=True, mode="json", exclude_none=True)}


class Decision(Section):
    """A team's own decision on who may open what: [how to write one](own-decision.md)."""

    module: LocalFile = setting(
        "Path of the Python file with the function `decide`, from the configuration's folder.",
        update=FREE,
    )
    statements: tuple[Statement, ...] = setting(
        "What it may do in AWS. The authenticator's role gets these permissions.",
        update=FREE,
        default=(),
        otherwise="it calls no service",
    )
    variables: Mapping[VariableName, Annotated[Text, StringConstraints(max_length=256)]] = setting(
        "Environment variables of the function, in plain text, with names that begin with "
        "`DECISION_`.",
        update=FREE,
        default_factory=dict,
        otherwise="none",
    )

    @field_validator("variables")
    @classmethod
    def _check_variables(cls, variables: Mapping[str, str]) -> Mapping[str, str]:
        if sum(len(name) + len(value) for name, value in variables.items()) > MAX_VARIABLES_LENGTH:
            reject(
                f"Names and values are longer than {MAX_VARIABLES_LENGTH} characters together.",
                "Put longer ones into the module, or where it can read them.",
            )
        return variables


class Authenticator(Section):
    """The function behind the load balancer that decides and creates tokens."""

    reserved_concurrency: Annotated[Integer, Field(ge=1)] | None = setting(
        "How many requests it serves at the same time, at most and at any load of other functions. "
        "Lambda refuses a number that leaves fewer than 100 to the functions of the account "
        "without a reservation: ask for a higher quota of concurrent executions, or take a smaller "
        "number. With a portal and `QuickStart` each of the two functions reserves it.",
        update=FREE,
        default=None,
        otherwise="it shares the account's concurrency",
    )
    decision: Decision | None = setting(
        "A team's own decision on who may open what.",
        update=FREE,
        default=None,
        otherwise="the grants decide",
    )
