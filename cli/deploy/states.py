"""What became of stacks: their states before and after a run of the CDK CLI."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from cli.deployed import DeployedStacks
from config.stack_names import own_stack_id

CLEANUP = "CLEANUP_IN_PROGRESS"
REVIEW = "REVIEW_IN_PROGRESS"
DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
HOLDS_NOTHING = "ROLLBACK_COMPLETE"


class State(NamedTuple):
    """The state of a stack, which another deployment changes."""

    id: str
    status: str
    since: datetime
    protected: bool

    @property
    def is_going_on(self) -> bool:
        """Whether CloudFormation works on it, beyond the removal of what was replaced."""
        return self.status.endswith("_IN_PROGRESS") and not self.status.endswith((CLEANUP, REVIEW))

    @property
    def is_done(self) -> bool:
        """Whether it is as its last template says."""
        return self.status.removesuffix(f"_{CLEANUP}") in DONE


class Outcome(StrEnum):
    """What became of a stack."""

    DONE = "done"
    UNCHANGED = "no change"
    FAILED = "failed"
    GOING_ON = "still going on"
    NOT_BEGUN = "not begun"
    UNKNOWN = "not known"


def read_states(platform: DeployedStacks) -> Mapping[str, State]:
    """The states of the application's stacks by their ids."""
    app_name = platform.outline.app_name
    pages = platform.session.client("cloudformation").get_paginator("describe_stacks").paginate()
    return {
        id_: State(
            id=stack["StackId"],
            status=stack["StackStatus"],
            since=stack.get("LastUpdatedTime") or stack["CreationTime"],
            protected=bool(stack.get("EnableTerminationProtection")),
        )
        for page in pages
        for stack in page["Stacks"]
        if (id_ := own_stack_id(app_name, str(stack["StackName"])))
    }


def has_begun(before: State | None, after: State | None) -> bool:
    """Whether a deployment has touched a stack between two looks at it."""
    return after is not None and (before is None or before[:3] != after[:3])


def outcome(
    before: State | None, after: State | None, *, changes: bool, succeeded: bool
) -> Outcome:
    """What became of a stack.

    `changes` is whether the plan has a change of it, `succeeded` whether the CLI's run did.
    """
    if after is not None and after.is_going_on:
        return Outcome.GOING_ON
    if after is None or not has_begun(before, after):
        return Outcome.UNCHANGED if succeeded or not changes else Outcome.NOT_BEGUN
    return Outcome.DONE if after.is_done else Outcome.FAILED
