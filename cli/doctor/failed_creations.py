"""Check for stacks whose creation failed, which the next deployment cannot replace.

The CDK deletes such a stack before it creates it again, and CloudFormation refuses that while it
has termination protection, which the CDK sets before the creation begins.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html
"""

from __future__ import annotations

from collections.abc import Iterator

from cli.deploy_command import deploy_command
from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from cli.doctor.stack_states import stack_states, unlock_command
from config.stack_names import stack_name, stacks
from errors import Finding

ROLLED_BACK, NOT_ROLLED_BACK = "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"


def check_failed_creations(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding for each stack of the configuration whose creation failed."""
    configured = {stack.id for stack in stacks(platform.configuration)}
    for stack, status, *_ in stack_states(platform):
        if stack not in configured:
            continue
        if status == ROLLED_BACK:
            yield _rolled_back(stack_name(platform.outline.app_name, stack), stack)
        elif status == NOT_ROLLED_BACK:
            yield _not_rolled_back(stack_name(platform.outline.app_name, stack), stack)


def _rolled_back(full_name: str, stack: str) -> Finding:
    return Finding(
        subject=f"Stack {full_name}",
        message=f"Its creation failed ({ROLLED_BACK}); it has no resources.",
        remedy=f"`./mwaa-platform explain {stack}` says why. Then let the next deployment replace "
        "it:",
        commands=(deploy_command(stack),),
        code=Code.STACK_CREATION_FAILED,
    )


def _not_rolled_back(full_name: str, stack: str) -> Finding:
    return Finding(
        subject=f"Stack {full_name}",
        message=f"Its creation failed, and something could not be deleted ({NOT_ROLLED_BACK}).",
        remedy=f"`./mwaa-platform explain {stack}` says what, and why. Delete the stack; if that "
        "fails too, delete it again with --retain-resources and the logical IDs of what stays, and "
        "then delete that yourself:",
        commands=(
            unlock_command(full_name),
            f"aws cloudformation delete-stack --stack-name {full_name}",
            deploy_command(stack),
        ),
        code=Code.STACK_CREATION_FAILED,
    )
