"""Whether a stack still stands that the configuration no longer asks for.

`cdk deploy --all` never deletes a stack, and `cdk destroy` does not know one that left the
configuration. What people took out of the file would go on without a word.
"""

from __future__ import annotations

from collections.abc import Iterator

from cli.deployed import Deployed
from config.stack_names import Kind, kind_of, stack_name, stacks
from errors import Finding, PlatformError

GONE = {"DELETE_COMPLETE", "DELETE_IN_PROGRESS", "REVIEW_IN_PROGRESS"}
LOAD_BALANCER = "LoadBalancerArn"


# What those do that were left over, in the order in which they can be removed: hosts stand on the
# load balancer of the sign-in and forward to environments, and all of these are joined to its
# network. The table of grants is to outlive them all.
STILL = {
    Kind.UI: "still forwards people who sign in under its host to that web server",
    Kind.QUICK_START: (
        "still lets everybody who signs in into its environment, under its fixed role"
    ),
    Kind.SSO: "still lets people in as the table of grants says",
    Kind.ENVIRONMENT: "still runs its environment, which costs what it did",
    Kind.NETWORK: "still runs a VPC with its NAT gateways, which cost what they did",
}
WITH_A_LOAD_BALANCER = {Kind.QUICK_START, Kind.SSO}
"""It is protected from deletion, so the stack is as well."""
KEEP = "To keep it, put it back into the configuration. To remove it, with what it runs:"


def check_left_over(platform: Deployed) -> Iterator[Finding]:
    """A finding for each stack that is deployed and no longer configured."""
    configured = {stack.id for stack in stacks(platform.configuration)}
    left_over = sorted(set(_deployed(platform)) - configured)
    for kind in STILL:
        for stack in left_over:
            if kind_of(stack) is kind:
                yield _finding(platform, stack, kind)


def _deployed(platform: Deployed) -> Iterator[str]:
    """The names of the application's stacks, without its own name before them."""
    prefix = stack_name(platform.configuration, "")
    pages = platform.clients.client("cloudformation").get_paginator("list_stacks").paginate()
    for page in pages:
        for stack in page["StackSummaries"]:
            name = str(stack["StackName"])
            if name.startswith(prefix) and stack["StackStatus"] not in GONE:
                yield name.removeprefix(prefix)


def _finding(platform: Deployed, stack: str, kind: Kind) -> Finding:
    full_name = stack_name(platform.configuration, stack)
    protected = kind in WITH_A_LOAD_BALANCER
    unlock = [_unlock(_load_balancer(platform, stack))] if protected else []
    return Finding(
        subject=f"Stack {full_name}",
        message=f"No longer in the configuration; it {STILL[kind]}.",
        remedy=KEEP,
        commands=(*unlock, f"aws cloudformation delete-stack --stack-name {full_name}"),
    )


def _load_balancer(platform: Deployed, stack: str) -> str:
    try:
        return platform.output(stack, LOAD_BALANCER)
    except PlatformError:
        return f"<{LOAD_BALANCER}>"


def _unlock(load_balancer: str) -> str:
    return (
        "aws elbv2 modify-load-balancer-attributes "
        "--attributes Key=deletion_protection.enabled,Value=false "
        f"--load-balancer-arn {load_balancer}"
    )
