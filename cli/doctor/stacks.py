"""Check that every stack of the configuration is deployed, and in a state that can be updated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cli.deploy_command import deploy_command
from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from cli.doctor.stack_states import stack_states
from cli.plan.states import GONE, HOLDS_NOTHING, stack_trouble
from config.stack_names import Kind, stack_name, stacks
from errors import Finding, Level, PlatformError

NEEDED = {Kind.SSO: "LoadBalancerArn", Kind.GRANTS: "TableName"}
"""Output of each stack that sign-in needs."""
FAILED_CREATIONS = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}
"""States that another check speaks of."""


def check_stacks(platform: DeployedPlatform, *, of_all: bool = True) -> Iterator[Finding]:
    """Yields a finding for each stack of the configuration.

    Without `of_all`, for those alone that are about an environment, or about its VPC.
    """
    states = {each.stack: each.status for each in stack_states(platform) if each.status not in GONE}
    for stack in stacks(platform.configuration):
        if not (of_all or stack.about):
            continue
        name = stack_name(platform.outline.app_name, stack.id)
        status = states.get(stack.id)
        if status is None or status in HOLDS_NOTHING - FAILED_CREATIONS:
            yield _not_deployed(name, stack.id)
        elif status not in FAILED_CREATIONS:
            trouble = stack_trouble(name, stack.id, status)
            if trouble:
                yield replace(trouble, code=Code.STACK_TAKES_NO_UPDATE)
            else:
                yield _as_needed(platform, stack.kind, name)


def _not_deployed(name: str, id_: str) -> Finding:
    return Finding(
        subject=f"Stack {name}",
        message="It is not deployed.",
        remedy="Deploy it:",
        commands=(deploy_command(id_),),
        code=Code.STACK_MISSING,
    )


def _as_needed(platform: DeployedPlatform, kind: Kind, name: str) -> Finding:
    """Whether a stack has the output that sign-in needs, which older releases did not make."""
    subject = f"Stack {name}"
    if output := NEEDED.get(kind):
        try:
            platform.output(kind, output)
        except PlatformError as error:
            return Finding.from_error(subject, error, code=Code.STACK_OUTPUT_MISSING)
    return Finding(level=Level.OK, subject=subject)
