"""States of the platform's stacks in CloudFormation, and the end of their protection."""

from __future__ import annotations

from collections.abc import Iterator

from cli.deployed import DeployedPlatform
from config.stack_names import stack_name


def stack_states(platform: DeployedPlatform) -> Iterator[tuple[str, str]]:
    """Yields each stack's name, without the application's before it, and its status."""
    prefix = stack_name(platform.outline.app_name, "")
    pages = platform.session.client("cloudformation").get_paginator("list_stacks").paginate()
    for page in pages:
        for stack in page["StackSummaries"]:
            name = str(stack["StackName"])
            if name.startswith(prefix):
                yield name.removeprefix(prefix), stack["StackStatus"]


def unlock_command(full_name: str) -> str:
    """Returns the command that ends a stack's termination protection."""
    return (
        "aws cloudformation update-termination-protection --no-enable-termination-protection "
        f"--stack-name {full_name}"
    )
