"""Pipeline: CodePipeline deploys what is merged, wave by wave."""

from __future__ import annotations

from typing import Annotated

from config.deployers import Branch, repository_advice
from config.section import Matches, Section, setting
from config.types import ACCOUNT_ARN, Boolean
from config.update_policy import FREE


def _connection_advice(value: str) -> str | None:
    if ":host/" in value:
        return "That is a host; give the ARN of a connection to it."
    return None


# https://docs.aws.amazon.com/codeconnections/latest/APIReference/API_Connection.html
ConnectionArn = Annotated[
    str,
    Matches(
        ACCOUNT_ARN.format(
            service="(?:codeconnections|codestar-connections)",
            resource="connection/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        ),
        "the ARN of a connection of CodeConnections",
        _connection_advice,
    ),
]
# https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodestarConnectionSource.html
Repository = Annotated[
    str,
    Matches(
        r"\w[\w.-]*(?:/\w[\w.-]*){1,21}(?<!\.git)",
        "a repository with its owner, such as example/platform",
        repository_advice,
    ),
]


class Pipeline(Section):
    """A pipeline in the account, which deploys each commit of one branch.

    It checks and synthesises the commit, changes itself where the commit changes the pipeline,
    writes the plan, and deploys wave by wave, with `doctor` after each. Where something is wrong it
    stops.
    """

    connection_arn: ConnectionArn = setting(
        "ARN of the connection to the repository's host. Somebody must have completed it in the "
        "console; it can be of any Region.",
        update=FREE,
    )
    repository: Repository = setting(
        "The repository with its owner, and on GitLab with its groups.", update=FREE
    )
    branch: Branch = setting("The branch that is deployed.", update=FREE, default="main")
    approval: Boolean = setting(
        "Whether a person must approve each wave but the first, once the one before is healthy.",
        update=FREE,
        default=True,
    )
