"""Check for orphaned stacks: deployed, but not in the configuration.

A deployment never deletes a stack, and `cdk destroy` does not know one that left the
configuration: it would go on to run, and to cost, unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator

from cli.aws_errors import aws_errors_translated
from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from cli.doctor.orphan_effects import EFFECTS
from cli.doctor.served_vpcs import served_by
from cli.doctor.stack_states import stack_states, unlock_command
from config.model import Configuration
from config.stack_names import Kind, kind_of, stack_name, stacks, suffix
from errors import Finding, PlatformError

DELETED = {"DELETE_COMPLETE", "DELETE_IN_PROGRESS", "REVIEW_IN_PROGRESS"}

PROTECTED = {Kind.QUICK_START, Kind.GATE, Kind.SSO, Kind.ENVIRONMENT}
"""Kinds whose stack cannot be deleted while it has termination protection."""
KEYS_BACK = (
    "Do not delete that stack: that deletes the environment. Put the keys of a new environment "
    "back into its entry, as they were."
)
MOVE_ENDPOINTS = (
    "First move the endpoints: put its entry back without OwnsInterfaceEndpoints, and deploy; then "
    "set it in another entry of the VPC."
)
KEEP = "To keep it, put it back into the configuration. To remove it, with what it runs:"


def check_orphaned_stacks(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding for each orphaned stack."""
    configured = {stack.id for stack in stacks(platform.configuration)}
    orphaned = sorted(set(_deployed_stacks(platform)) - configured)
    for kind in EFFECTS:
        for stack in orphaned:
            if kind_of(stack) is not kind:
                continue
            try:
                with aws_errors_translated(platform.place):
                    yield _finding(platform, stack, kind)
            except PlatformError as error:
                name = stack_name(platform.outline.app_name, stack)
                yield Finding.from_error(f"Stack {name}", error)


def _deployed_stacks(platform: DeployedPlatform) -> Iterator[str]:
    """Yields the names of the application's stacks, without its own name before them."""
    for stack, status, *_ in stack_states(platform):
        if status not in DELETED:
            yield stack


def _finding(platform: DeployedPlatform, stack: str, kind: Kind) -> Finding:
    full_name = stack_name(platform.outline.app_name, stack)
    if name := _listed(platform.configuration, stack, kind):
        return Finding(
            subject=f"Stack {full_name}",
            message=f"It still owns {name}, which the file lists as an environment that exists.",
            remedy=KEYS_BACK,
            code=Code.STACK_ORPHANED,
        )
    effect, remedy = f"No longer in the configuration; it {EFFECTS[kind]}.", KEEP
    if kind is Kind.ENVIRONMENT:
        for vpc_id, names in served_by(platform, full_name).items():
            effect += (
                f" It makes the interface endpoints of {vpc_id}: deleting it takes them away from "
                f"{', '.join(names)}."
            )
            remedy = f"{MOVE_ENDPOINTS} {KEEP}"
    unlock = [unlock_command(full_name)] if kind in PROTECTED else []
    return Finding(
        subject=f"Stack {full_name}",
        message=effect,
        remedy=remedy,
        commands=(*unlock, f"aws cloudformation delete-stack --stack-name {full_name}"),
        code=Code.STACK_ORPHANED,
    )


def _listed(configuration: Configuration, stack: str, kind: Kind) -> str | None:
    """The environment that an orphaned stack makes and that the file still lists."""
    names = [each.name for each in configuration.environments]
    if configuration.quick_start:
        names.append(configuration.quick_start.mwaa_environment_name)
    if kind is not Kind.ENVIRONMENT:
        return None
    return next((each for each in names if f"{kind}-{suffix(each)}" == stack), None)
