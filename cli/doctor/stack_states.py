"""States of the platform's stacks in CloudFormation, and the end of their protection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from cli.deployed import DeployedStacks
from config.stack_names import own_stack_id


class StackState(NamedTuple):
    """A stack's name, without the application's before it, its status, and when that began.

    `reason` is CloudFormation's, where it gives one.
    """

    stack: str
    status: str
    since: datetime
    reason: str = ""


def stack_states(deployed: DeployedStacks) -> Iterator[StackState]:
    """Yields the state of each of the application's stacks, and of those that were deleted."""
    app_name = deployed.outline.app_name
    pages = deployed.session.client("cloudformation").get_paginator("list_stacks").paginate()
    for page in pages:
        for stack in page["StackSummaries"]:
            if id_ := own_stack_id(app_name, str(stack["StackName"])):
                yield StackState(
                    stack=id_,
                    status=stack["StackStatus"],
                    since=stack.get("DeletionTime")
                    or stack.get("LastUpdatedTime")
                    or stack["CreationTime"],
                    reason=stack.get("StackStatusReason", ""),
                )


def unlock_command(full_name: str) -> str:
    """Returns the command that ends a stack's termination protection."""
    return (
        "aws cloudformation update-termination-protection --no-enable-termination-protection "
        f"--stack-name {full_name}"
    )
