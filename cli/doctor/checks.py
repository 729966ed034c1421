"""Every check, in the order in which people read what they find.

A check is a function from the deployed platform to findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cli.aws_errors import explained
from cli.deployed import Deployed
from cli.doctor.left_over import check_left_over
from cli.doctor.web_servers import check_web_servers
from config.stack_names import Kind, stack_name, stacks
from errors import Finding, Level, PlatformError

NEEDED = {Kind.SSO: "LoadBalancerArn", Kind.GRANTS: "TableName"}
"""An output of each stack that people sign in by."""


def check_stacks(platform: Deployed) -> Iterator[Finding]:
    """Whether the stacks that people sign in by are deployed."""
    configured = {stack.kind for stack in stacks(platform.configuration)}
    for kind, output in NEEDED.items():
        if kind in configured:
            subject = f"Stack {stack_name(platform.configuration, kind)}"
            try:
                platform.output(kind, output)
            except PlatformError as error:
                yield Finding.from_error(subject, error)
            else:
                yield Finding(level=Level.OK, subject=subject)


CHECKS: Mapping[str, Callable[[Deployed], Iterator[Finding]]] = {
    "Stacks": check_stacks,
    "Stacks that left the configuration": check_left_over,
    "Web servers behind the load balancer": check_web_servers,
}


def findings(platform: Deployed) -> Iterator[Finding]:
    """What every check finds; one that cannot be made is a finding too, and the others go on."""
    for subject, check in CHECKS.items():
        try:
            with explained(platform.place):
                yield from check(platform)
        except PlatformError as error:
            yield Finding.from_error(subject, error)
