"""`lineage check`: checks from this machine, and with the preflight DAG from inside Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import typer
from botocore.exceptions import BotoCoreError, ClientError

import console
from cli.aws_errors import DeniedError, aws_errors_translated
from cli.deployed import DeployedPlatform, deployed_platform
from cli.lineage.commands import CheckLineage
from cli.lineage.lineage_environment import (
    LineageEnvironment,
    find_lineage_environment,
    secrets_manager,
)
from cli.lineage.preflight_run import PREFLIGHT, run_preflight
from cli.report import start_report
from cli.rerun import rerun_options
from errors import Finding, Level, PlatformError
from mwaa_platform_preflight.catalogues import check_catalogue
from mwaa_platform_preflight.findings import Finding as PreflightFinding
from mwaa_platform_preflight.network import SUBJECTS as NETWORK_SUBJECTS
from mwaa_platform_preflight.network import check_way
from mwaa_platform_preflight.secret import SecretDenied, SecretProblem, read_secret
from mwaa_platform_preflight.targets import ENVIRONMENT, Target, targets

COMMAND = "./mwaa-platform "
TOKEN = "Token"  # noqa: S105 - a subject
HERE, INSIDE = "From here", "From inside Airflow"


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which catalogue is checked, all without one, and whether an event is sent to it.

    `with_readable_tokens` skips what needs a token that the caller may not read.
    """

    catalogue: str | None = None
    send_marker: bool = False
    with_readable_tokens: bool = False


ALL = Chosen()


def check_lineage(options: CheckLineage) -> None:
    """Makes every check and shows its findings; exits with 1 when something is wrong."""
    with deployed_platform(options) as platform:
        environment = find_lineage_environment(platform.configuration, options.environment)
        environment.select(options.catalogue)
        inside = environment.lineage.preflight
        chosen = Chosen(catalogue=options.catalogue, send_marker=options.send_marker)
        from_here = check_from_here(platform, environment, chosen)
        subject = f"Lineage of {options.environment}"
        report = start_report(subject, platform.place, as_json=options.as_json)
        report.heading(HERE)
        for finding in from_here:
            report.add(_as_shown(deferred_to_airflow(finding) if inside else finding, options))
        if inside:
            report.heading(INSIDE)
            with console.waiting(f"{PREFLIGHT} runs"):
                from_inside = check_from_inside(platform, environment, chosen)
            for finding in from_inside:
                report.add(_as_shown(finding, options))
        is_well = report.conclude()
    if not inside and not options.as_json:
        console.say(_preflight_advice(environment))
    if not is_well:
        raise typer.Exit(1)


def deferred_to_airflow(finding: Finding) -> Finding:
    """The finding, skipped where it is about the network: Airflow's own check decides on that."""
    if not finding.is_wrong or finding.subject not in NETWORK_SUBJECTS:
        return finding
    note = f"not from this machine. {finding.message} Airflow's own check below decides."
    return replace(finding, level=Level.SKIPPED, message=note, remedy=None)


def _as_shown(finding: Finding, options: CheckLineage) -> Finding:
    """The finding with this environment's options in its remedy, and the command there apart."""
    if not finding.remedy:
        return finding
    return _with_command(finding, finding.remedy.replace(ENVIRONMENT, rerun_options(options)))


def _with_command(finding: Finding, remedy: str) -> Finding:
    """The finding with the command at its remedy's end on a line of its own, to be copied."""
    advice, colon, command = remedy.partition(f": {COMMAND}")
    if not colon:
        return replace(finding, remedy=remedy)
    return replace(finding, remedy=f"{advice}:", commands=(COMMAND + command,))


def _preflight_advice(environment: LineageEnvironment) -> str:
    how = (
        'With "Preflight": true in its Lineage a DAG is shipped that looks from there.'
        if environment.is_new
        else "`lineage build` writes a DAG that looks from there."
    )
    return f"What Airflow itself sees was not asked. {how}"


def check_from_here(
    platform: DeployedPlatform, environment: LineageEnvironment, chosen: Chosen = ALL
) -> Iterator[Finding]:
    """Checks names, ways, tokens and catalogues from this machine."""
    cafile = platform.ca_file
    # Airflow sends the marker where it can; a run from here shows less.
    marker = chosen.send_marker and not environment.lineage.preflight
    wanted = {each.id: each for each in environment.select(chosen.catalogue)}
    for target in targets(environment.lineage.settings):
        if target.id not in wanted:
            continue
        if target.domain_id:
            yield Finding(
                level=Level.SKIPPED,
                subject=f"Domain {target.domain_id}",
                catalogue=target.id,
                message="not tried: it is entered by the environment's role, so by Airflow alone",
            )
            continue
        secret = partial(_secret, platform, environment, target, chosen)
        namespace = environment.lineage.namespace if marker else None
        try:
            yield from map(
                _ours,
                check_catalogue(target, secret=secret, cafile=cafile, marker_namespace=namespace),
            )
        except PlatformError as error:
            yield _token_not_read(error, target, chosen)
            # The checks that need no token.
            for found in check_way(target.url, cafile=cafile):
                yield _ours(found._replace(catalogue=target.id))


def _token_not_read(error: PlatformError, target: Target, chosen: Chosen) -> Finding:
    if chosen.with_readable_tokens and isinstance(error, DeniedError):
        return Finding(
            level=Level.SKIPPED,
            subject=TOKEN,
            catalogue=target.id,
            message="your role may not read it",
        )
    return Finding.from_error(TOKEN, error, catalogue=target.id)


def _secret(
    platform: DeployedPlatform, environment: LineageEnvironment, target: Target, chosen: Chosen
) -> str:
    """Returns the text of a secret. Raises PlatformError or SecretProblem where it cannot."""
    [catalogue] = environment.select(target.id)
    with aws_errors_translated(platform.place):
        arn = environment.secret_arn(platform, catalogue)
        try:
            return read_secret(secrets_manager(platform, arn), arn, target)
        except SecretDenied as problem:
            if not chosen.with_readable_tokens:
                raise
            raise DeniedError(problem.wrong, place=arn, remedy=problem.remedy) from None
        except SecretProblem as problem:
            if isinstance(problem.__cause__, BotoCoreError | ClientError):
                # The cause is this machine's own credentials or network.
                raise problem.__cause__ from None
            raise


def check_from_inside(
    platform: DeployedPlatform, environment: LineageEnvironment, chosen: Chosen = ALL
) -> list[Finding]:
    """Has the preflight DAG check in the environment's Airflow, and returns what it found."""
    try:
        with aws_errors_translated(platform.place):
            found = run_preflight(
                platform.session.client("mwaa"),
                environment.entry.name,
                version=str(environment.entry.airflow_version),
                catalogue=chosen.catalogue,
                marker=chosen.send_marker,
            )
    except PlatformError as error:
        return [Finding.from_error(f"DAG {PREFLIGHT}", error)]
    return list(map(_ours, found))


def _ours(finding: PreflightFinding) -> Finding:
    level = Level.SKIPPED if finding.not_tried else Level.OK
    return Finding(
        level=Level.ERROR if finding.wrong else level,
        subject=finding.subject,
        catalogue=finding.catalogue,
        message=finding.wrong or finding.note or "",
        remedy=finding.remedy,
    )
