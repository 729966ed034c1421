"""Every check, in the order in which people read what they find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cli.aws_errors import explained
from cli.deployed import Deployed
from cli.doctor.findings import Check, Finding
from cli.doctor.left_over import check_left_over
from cli.doctor.web_servers import check_web_servers
from cli.errors import PlatformError


def check_stacks(platform: Deployed) -> Iterator[Finding]:
    """Whether the stacks that people sign in by are deployed."""
    needed = (
        {"Sso": "LoadBalancerArn", "Grants": "TableName"}
        if platform.configuration.has_portal
        else {}
    )
    for stack, output in needed.items():
        subject = f"Stack {platform.configuration.app_name}-{stack}"
        try:
            platform.output(stack, output)
        except PlatformError as error:
            yield Finding(subject, error.what, error.remedy)
        else:
            yield Finding(subject)


CHECKS: Mapping[str, Check] = {
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
            yield Finding(subject, error.what, error.remedy)
