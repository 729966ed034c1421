"""Check for orphaned stacks: deployed, but not in the configuration.

`cdk deploy --all` never deletes a stack, and `cdk destroy` does not know one that left the
configuration: it would go on to run, and to cost, unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator

from cli.deployed import DeployedPlatform
from config.stack_names import Kind, kind_of, stack_name, stacks
from errors import Finding, PlatformError

DELETED = {"DELETE_COMPLETE", "DELETE_IN_PROGRESS", "REVIEW_IN_PROGRESS"}
LOAD_BALANCER = "LoadBalancerArn"

# In the order in which they can be removed: hosts depend on the load balancer that serves them and
# forward to environments, and all of these depend on the network. The table of grants is kept.
EFFECTS = {
    Kind.UI: "still forwards people who sign in under its host to that web server",
    Kind.QUICK_START: (
        "still lets everybody who signs in into its environment, under its fixed role"
    ),
    Kind.GATE: "still runs a load balancer, which serves nothing",
    Kind.SSO: "still lets people in as the table of grants says",
    Kind.ENVIRONMENT: "still runs its environment, which costs what it did",
    Kind.NETWORK: "still runs a VPC with its NAT gateways, which cost what they did",
}
"""What an orphaned stack of each kind still does."""
WITH_A_LOAD_BALANCER = {Kind.QUICK_START, Kind.GATE, Kind.SSO}
"""Kinds whose stack cannot be deleted while its load balancer is protected from deletion."""
KEEP = "To keep it, put it back into the configuration. To remove it, with what it runs:"


def check_orphaned_stacks(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding for each orphaned stack."""
    configured = {stack.id for stack in stacks(platform.configuration)}
    orphaned = sorted(set(_deployed_stacks(platform)) - configured)
    for kind in EFFECTS:
        for stack in orphaned:
            if kind_of(stack) is kind:
                yield _finding(platform, stack, kind)


def _deployed_stacks(platform: DeployedPlatform) -> Iterator[str]:
    """Yields the names of the application's stacks, without its own name before them."""
    prefix = stack_name(platform.outline.app_name, "")
    pages = platform.session.client("cloudformation").get_paginator("list_stacks").paginate()
    for page in pages:
        for stack in page["StackSummaries"]:
            name = str(stack["StackName"])
            if name.startswith(prefix) and stack["StackStatus"] not in DELETED:
                yield name.removeprefix(prefix)


def _finding(platform: DeployedPlatform, stack: str, kind: Kind) -> Finding:
    full_name = stack_name(platform.outline.app_name, stack)
    protected = kind in WITH_A_LOAD_BALANCER
    unlock = [_unlock_command(_load_balancer(platform, stack))] if protected else []
    return Finding(
        subject=f"Stack {full_name}",
        message=f"No longer in the configuration; it {EFFECTS[kind]}.",
        remedy=KEEP,
        commands=(*unlock, f"aws cloudformation delete-stack --stack-name {full_name}"),
    )


def _load_balancer(platform: DeployedPlatform, stack: str) -> str:
    try:
        return platform.output(stack, LOAD_BALANCER)
    except PlatformError:
        return f"<{LOAD_BALANCER}>"


def _unlock_command(load_balancer: str) -> str:
    return (
        "aws elbv2 modify-load-balancer-attributes "
        "--attributes Key=deletion_protection.enabled,Value=false "
        f"--load-balancer-arn {load_balancer}"
    )
