"""Whether a stack still stands that the configuration no longer asks for.

`cdk deploy --all` never deletes a stack, and `cdk destroy` does not know one that left the
configuration. What people took out of the file would go on without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cli.deployed import Deployed
from cli.doctor.findings import Finding
from cli.errors import PlatformError
from config.model import Configuration

GONE = {"DELETE_COMPLETE", "DELETE_IN_PROGRESS", "REVIEW_IN_PROGRESS"}
LOAD_BALANCER = "LoadBalancerArn"


class _Kind(NamedTuple):
    """Stacks of one kind: what those do that were left over, and whether deletion is barred."""

    name: str
    still: str
    protected: bool = False

    def covers(self, stack: str) -> bool:
        """Whether a stack, named without the application's name, is one of these."""
        return stack.startswith(self.name) if self.name.endswith("-") else stack == self.name


# In the order in which they can be removed: hosts stand on the load balancer of the sign-in and
# forward to environments, and all of these are joined to its network.
KINDS = (
    _Kind("Ui-", "still forwards people who sign in under its host to that web server"),
    _Kind(
        "QuickStart",
        "still lets everybody who signs in into its environment, under its fixed role",
        protected=True,
    ),
    _Kind("Sso", "still lets people in as the table of grants says", protected=True),
    _Kind("Env-", "still runs its environment, which costs what it did"),
    _Kind("Network", "still runs a VPC with its NAT gateways, which cost what they did"),
)
KEEP = "To keep it, put it back into the configuration. To remove it, with what it runs:"


def check_left_over(platform: Deployed) -> Iterator[Finding]:
    """A finding for each stack that is deployed and no longer configured."""
    configured = set(_configured(platform.configuration))
    deployed = sorted(_deployed(platform))
    for kind in KINDS:
        for stack in filter(kind.covers, deployed):
            if stack not in configured:
                yield _finding(platform, stack, kind)


def _configured(configuration: Configuration) -> Iterator[str]:
    if configuration.quick_start:
        yield "QuickStart"
    if configuration.has_portal:
        yield "Sso"
        if not configuration.alb.vpc_id:
            yield "Network"
    for new in configuration.new_environments:
        yield f"Env-{configuration.stack_suffix(new)}"
    for environment in configuration.environments:
        if environment.ui_host:
            yield f"Ui-{configuration.stack_suffix(environment)}"


def _deployed(platform: Deployed) -> Iterator[str]:
    """The names of the application's stacks, without its own name before them."""
    prefix = f"{platform.configuration.app_name}-"
    pages = platform.clients.client("cloudformation").get_paginator("list_stacks").paginate()
    for page in pages:
        for stack in page["StackSummaries"]:
            name = str(stack["StackName"])
            if name.startswith(prefix) and stack["StackStatus"] not in GONE:
                yield name.removeprefix(prefix)


def _finding(platform: Deployed, stack: str, kind: _Kind) -> Finding:
    full_name = f"{platform.configuration.app_name}-{stack}"
    unlock = [_unlock(_load_balancer(platform, stack))] if kind.protected else []
    return Finding(
        f"Stack {full_name}",
        f"No longer in the configuration; it {kind.still}.",
        KEEP,
        (*unlock, f"aws cloudformation delete-stack --stack-name {full_name}"),
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
