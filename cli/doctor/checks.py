"""`doctor`: checks of what is deployed, and of what a deployment stands on.

A check is a function from the deployed platform to findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import typer

import console
from boundary import defect
from cli.aws_errors import CredentialsError, aws_errors_translated
from cli.commands import Doctor
from cli.deployed import DeployedPlatform, deployed_platform
from cli.doctor.account import check_account
from cli.doctor.alarm_topics import check_alarm_topics
from cli.doctor.bootstrap import check_bootstrap
from cli.doctor.chosen import chosen_environments
from cli.doctor.codes import Code
from cli.doctor.drift import check_drift
from cli.doctor.environments import check_environments
from cli.doctor.execution_roles import check_execution_roles
from cli.doctor.failed_creations import check_failed_creations
from cli.doctor.hosted_zones import check_hosted_zones
from cli.doctor.keys_and_buckets import check_keys_and_buckets
from cli.doctor.networks import check_networks
from cli.doctor.orphaned_stacks import check_orphaned_stacks
from cli.doctor.quotas import check_quotas, check_zones
from cli.doctor.ranges import check_ranges
from cli.doctor.sign_in import check_certificates, check_client_secrets, check_provider
from cli.doctor.stacks import check_stacks
from cli.doctor.tools import check_cdk_cli, check_node
from cli.doctor.ways import check_ways
from cli.doctor.web_servers import check_web_servers
from cli.lookup import check_one_form
from cli.markdown import error_as_markdown
from cli.plan.synthesis import FILE
from cli.report import start_report
from config.model import AnyEnvironment
from errors import Finding, Level, PlatformError

Check = Callable[[DeployedPlatform], Iterator[Finding]]
CHECKS_OF_THIS_MACHINE: Mapping[str, Check] = {"CDK CLI": check_cdk_cli, "Node.js": check_node}
CHECKS_OF_THE_ACCOUNT: Mapping[str, Check] = {
    "Account": check_account,
    "Quotas": check_quotas,
    "Availability Zones": check_zones,
}
CHECKS: Mapping[str, Check] = {
    "Stacks": check_stacks,
    "Stacks whose creation failed": check_failed_creations,
    "Stacks that left the configuration": check_orphaned_stacks,
}
"""Checks of all stacks."""
CHECKS_OF_CHOSEN_STACKS: Mapping[str, Check] = {
    "Stacks": partial(check_stacks, of_all=False),
    "Stacks whose creation failed": check_failed_creations,
}
CHECKS_OF_SIGN_IN: Mapping[str, Check] = {
    "Certificates": check_certificates,
    "Hosted zones": check_hosted_zones,
    "Client secrets": check_client_secrets,
    "Identity provider": check_provider,
}
CHECKS_OF_ALARMS: Mapping[str, Check] = {"Topics of alarms": check_alarm_topics}
CHECKS_OF_NETWORKS: Mapping[str, Callable[..., Iterator[Finding]]] = {
    "Existing VPCs": check_networks,
    "Ranges and routes": check_ranges,
    "Ways to private web servers": check_ways,
}
"""Checks of what was there before the first deployment, and of what joins it; they take `only`."""
CHECKS_OF_ENVIRONMENTS: Mapping[str, Check] = {
    "Environment": check_environments,
    "Execution role": check_execution_roles,
    "Key and bucket that existed": check_keys_and_buckets,
    "Web server behind the load balancer": check_web_servers,
}
"""Checks that are made for each environment, of a platform that has that one alone."""
AT_A_TIME = 16
TITLE, NOT_CHECKED = "What is deployed", "It could not be checked"


class Section(NamedTuple):
    """Findings under a heading, while they are being made."""

    heading: str
    findings: Sequence[Future[list[Finding]]]


def doctor(options: Doctor) -> None:
    """Makes every check and shows its findings; exits with 1 when something is wrong.

    Raises InputError for an environment or a wave that there is not, CredentialsError where
    nothing can be asked of AWS.
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
        named = chosen_environments(options.environment, options.wave, platform.configuration)
        checkup = _Checkup(platform=platform, options=options, named=named, pool=pool)
        try:
            sections = list(checkup.sections())
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
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return report.conclude()


@dataclass(frozen=True, kw_only=True)
class _Checkup:
    """One run of the checks; `named` are the chosen environments, none where all are checked."""

    platform: DeployedPlatform
    options: Doctor
    named: Sequence[AnyEnvironment]
    pool: ThreadPoolExecutor

    def sections(self) -> Iterator[Section]:
        """Begins every check; those of what all share only where no environment is chosen."""
        configuration = self.platform.configuration
        if self.options.before:
            yield self._section("This machine", CHECKS_OF_THIS_MACHINE)
        if not self.named:
            bootstrap = partial(check_bootstrap, file=self._file)
            yield self._section("Account", {**CHECKS_OF_THE_ACCOUNT, "Bootstrap": bootstrap})
            yield self._section("Sign-in", CHECKS_OF_SIGN_IN)
            yield self._section("Alarms", CHECKS_OF_ALARMS)
            yield self._section("Stacks", CHECKS)
        else:
            yield self._section("Stacks", CHECKS_OF_CHOSEN_STACKS, self._chosen)
        if self.options.drift:
            drift = partial(check_drift, of_all=not self.named)
            yield self._section("Drift", {"Drift": drift}, self._chosen)
        # Of all environments: one may need what another makes.
        only = {each.name for each in self.named}
        networks = {name: partial(each, only=only) for name, each in CHECKS_OF_NETWORKS.items()}
        yield self._section("Networks", networks)
        for environment in self.named or configuration.environments:
            alone = self.platform.narrowed(environment)
            yield self._section(environment.name, CHECKS_OF_ENVIRONMENTS, alone)
        if configuration.quick_start and not self.named:
            alone = self.platform.narrowed(quick_start=True)
            yield self._section("QuickStart", CHECKS_OF_ENVIRONMENTS, alone)

    @property
    def _chosen(self) -> DeployedPlatform:
        return self.platform.narrowed(*self.named) if self.named else self.platform

    @property
    def _file(self) -> Path:
        """The file that was deployed; beside it are the CDK's settings."""
        options = self.options
        return options.state / "cdk" / FILE if options.local else options.configuration

    def _section(
        self, heading: str, checks: Mapping[str, Check], of: DeployedPlatform | None = None
    ) -> Section:
        platform = of or self.platform
        return Section(
            heading,
            [self.pool.submit(self._findings, platform, *check) for check in checks.items()],
        )

    def _findings(self, platform: DeployedPlatform, subject: str, check: Check) -> list[Finding]:
        found = findings_of(platform, subject, check)
        return [_to_come(each) for each in found] if self.options.before else found


def _to_come(finding: Finding) -> Finding:
    """The finding before a deployment, for which a stack that is not there is nothing wrong."""
    if finding.code != Code.STACK_MISSING:
        return finding
    return Finding(level=Level.OK, subject=finding.subject, message="It is not deployed yet.")


def findings_of(platform: DeployedPlatform, subject: str, check: Check) -> list[Finding]:
    """The findings of a check; that it failed, by a defect of ours too, is a finding itself.

    Raises CredentialsError where nothing can be asked of AWS.
    """
    found: list[Finding] = []
    try:
        with aws_errors_translated(platform.place):
            found.extend(check(platform))
    except CredentialsError:
        raise
    except PlatformError as error:
        found.append(Finding.from_error(subject, error))
    except Exception as error:  # noqa: BLE001 - the other checks are still of use
        found.append(Finding.from_error(subject, defect(error)))
    return [replace(each, code=each.code or Code.NOT_CHECKED) for each in found]
