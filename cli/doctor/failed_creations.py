"""Check for stacks whose creation failed, which the next deployment cannot replace.

The CDK deletes such a stack before it creates it again, and CloudFormation refuses that while it
has termination protection, which the CDK sets before the creation begins.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
"""

from __future__ import annotations

from collections.abc import Iterator

from cli.deployed import DeployedPlatform
from cli.doctor.stack_states import stack_states, unlock_command
from config.stack_names import stack_name, stacks
from errors import Finding

FAILED = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}


def check_failed_creations(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding for each stack of the configuration whose creation failed."""
    configured = {stack.id for stack in stacks(platform.configuration)}
    for stack, status in stack_states(platform):
        if status in FAILED and stack in configured:
            full_name = stack_name(platform.outline.app_name, stack)
            yield Finding(
                subject=f"Stack {full_name}",
                message=f"Its creation failed ({status}); it holds nothing.",
                remedy="Its events in CloudFormation say why. Then let the next deployment replace "
                "it:",
                commands=(unlock_command(full_name), f"npx cdk deploy {stack}"),
            )
