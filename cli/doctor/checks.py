"""`doctor`: checks of what is deployed.

A check is a function from the deployed platform to findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import typer

import console
from cli.aws_errors import aws_errors_translated
from cli.commands import Doctor
from cli.deployed import DeployedPlatform, deployed_platform
from cli.doctor.environments import check_environments
from cli.doctor.execution_roles import check_execution_roles
from cli.doctor.failed_creations import check_failed_creations
from cli.doctor.keys_and_buckets import check_keys_and_buckets
from cli.doctor.networks import check_networks
from cli.doctor.orphaned_stacks import check_orphaned_stacks
from cli.doctor.sign_in import check_certificates, check_client_secrets, check_provider
from cli.doctor.stacks import check_stacks
from cli.doctor.ways import check_ways
from cli.doctor.web_servers import check_web_servers
from cli.lookup import check_one_form, find_environment
from cli.markdown import error_as_markdown
from cli.report import start_report
from errors import Finding, PlatformError

Check = Callable[[DeployedPlatform], Iterator[Finding]]
CHECKS: Mapping[str, Check] = {
    "Stacks": check_stacks,
    "Stacks whose creation failed": check_failed_creations,
    "Stacks that left the configuration": check_orphaned_stacks,
}
"""Checks of all."""
CHECKS_OF_SIGN_IN: Mapping[str, Check] = {
    "Certificates": check_certificates,
    "Client secrets": check_client_secrets,
    "Identity provider": check_provider,
}
CHECKS_OF_NETWORKS: Mapping[str, Check] = {
    "Existing VPCs": check_networks,
    "Ways to private web servers": check_ways,
}
"""Checks of what was there before the first deployment, and of what joins it."""
CHECKS_OF_ENVIRONMENTS: Mapping[str, Check] = {
    "Environment": check_environments,
    "Execution role": check_execution_roles,
    "Key and bucket that existed": check_keys_and_buckets,
    "Web server behind the load balancer": check_web_servers,
}
"""Checks that are made for each environment, of a platform that has that one alone."""
AT_A_TIME = 8
TITLE, NOT_CHECKED = "What is deployed", "It could not be checked"


class Section(NamedTuple):
    """Findings under a heading, while they are being made."""

    heading: str
    findings: Sequence[Future[list[Finding]]]


def doctor(options: Doctor) -> None:
    """Makes every check and shows its findings; exits with 1 when something is wrong.

    Raises InputError for an environment that there is not.
    """
    check_one_form(as_json=options.as_json, as_markdown=options.as_markdown)
    try:
        is_well = _report(options)
    except PlatformError as error:
        if options.as_markdown:
            console.text(error_as_markdown(TITLE, NOT_CHECKED, error))
        raise
    if not is_well:
        raise typer.Exit(1)


def _report(options: Doctor) -> bool:
    """Makes every check and shows its findings; returns whether nothing is wrong."""
    with deployed_platform(options) as platform, ThreadPoolExecutor(AT_A_TIME) as pool:
        sections = list(_sections(platform, options.environment or (), pool))
        name = platform.configuration.app_name
        report = start_report(
            name, platform.place, as_json=options.as_json, as_markdown=options.as_markdown
        )
        for section in sections:
            with console.waiting(f"Checking {section.heading}"):
                findings = [found for each in section.findings for found in each.result()]
            if findings:
                report.heading(section.heading)
            for finding in findings:
                report.add(finding)
    return report.conclude()


def _sections(
    platform: DeployedPlatform, chosen: Sequence[str], pool: ThreadPoolExecutor
) -> Iterator[Section]:
    """Begins every check; those of sign-in and stacks only where no environment is chosen."""

    def begun(checks: Mapping[str, Check], of: DeployedPlatform) -> list[Future[list[Finding]]]:
        return [pool.submit(findings_of, of, *check) for check in checks.items()]

    configuration = platform.configuration
    named = [find_environment(name, configuration) for name in dict.fromkeys(chosen)]
    if not named:
        yield Section("Sign-in", begun(CHECKS_OF_SIGN_IN, platform))
        yield Section("Stacks", begun(CHECKS, platform))
    # Of all environments: one may need what another makes.
    yield Section("Networks", begun(CHECKS_OF_NETWORKS, platform))
    for environment in named or configuration.environments:
        alone = platform.narrowed(environment)
        yield Section(environment.name, begun(CHECKS_OF_ENVIRONMENTS, alone))
    if configuration.quick_start and not named:
        alone = platform.narrowed(quick_start=True)
        yield Section("QuickStart", begun(CHECKS_OF_ENVIRONMENTS, alone))


def findings_of(platform: DeployedPlatform, subject: str, check: Check) -> list[Finding]:
    """The findings of a check; that it failed is a finding itself."""
    found: list[Finding] = []
    try:
        with aws_errors_translated(platform.place):
            found.extend(check(platform))
    except PlatformError as error:
        found.append(Finding.from_error(subject, error))
    return found
