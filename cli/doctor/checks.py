"""`doctor`: checks of what is deployed.

A check is a function from the deployed platform to findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import typer

from cli.aws_errors import aws_errors_translated
from cli.commands import Doctor
from cli.deployed import DeployedPlatform, deployed_platform
from cli.doctor.failed_creations import check_failed_creations
from cli.doctor.orphaned_stacks import check_orphaned_stacks
from cli.doctor.web_servers import check_web_servers
from cli.report import start_report
from config.stack_names import Kind, stack_name, stacks
from errors import Finding, Level, PlatformError

NEEDED = {Kind.SSO: "LoadBalancerArn", Kind.GRANTS: "TableName"}
"""Output of each stack that sign-in needs."""


def check_stacks(platform: DeployedPlatform) -> Iterator[Finding]:
    """Checks that the stacks that sign-in needs are deployed."""
    configured = {stack.kind for stack in stacks(platform.configuration)}
    for kind, output in NEEDED.items():
        if kind in configured:
            subject = f"Stack {stack_name(platform.outline.app_name, kind)}"
            try:
                platform.output(kind, output)
            except PlatformError as error:
                yield Finding.from_error(subject, error)
            else:
                yield Finding(level=Level.OK, subject=subject)


CHECKS: Mapping[str, Callable[[DeployedPlatform], Iterator[Finding]]] = {
    "Stacks": check_stacks,
    "Stacks whose creation failed": check_failed_creations,
    "Stacks that left the configuration": check_orphaned_stacks,
    "Web servers behind the load balancer": check_web_servers,
}


def doctor(options: Doctor) -> None:
    """Makes every check and shows its findings; exits with 1 when something is wrong."""
    with deployed_platform(options) as platform:
        name = platform.configuration.app_name
        report = start_report(name, platform.place, as_json=options.as_json)
        for finding in _findings(platform):
            report.add(finding)
    if not report.conclude():
        raise typer.Exit(1)


def _findings(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields the findings of every check; a check that fails is a finding itself."""
    for subject, check in CHECKS.items():
        try:
            with aws_errors_translated(platform.place):
                yield from check(platform)
        except PlatformError as error:
            yield Finding.from_error(subject, error)
