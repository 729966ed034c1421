"""`lineage check`: from here, and with the preflight DAG from inside Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import certifi
from botocore.exceptions import BotoCoreError, ClientError

import console
from cli.aws_errors import explained
from cli.deployed import Deployed
from cli.lineage.airflow_run import PREFLIGHT, run_preflight
from cli.lineage.subject import Subject, secrets_manager, subject
from cli.report import Report, report
from errors import Finding, Level, PlatformError
from mwaa_platform_preflight.catalogues import check_catalogue
from mwaa_platform_preflight.findings import Finding as PreflightFinding
from mwaa_platform_preflight.network import SUBJECTS as OF_THE_WAY
from mwaa_platform_preflight.network import check_way
from mwaa_platform_preflight.secret import SecretProblem, read_secret
from mwaa_platform_preflight.targets import ENVIRONMENT, Target, targets

COMMAND = "./mwaa-platform "
HERE, INSIDE = "From here", "From inside Airflow"


def check(
    platform: Deployed,
    *,
    environment: str,
    catalogue: str | None,
    send_marker: bool,
    authorities: Path | None,
    as_json: bool,
    options: str,
) -> bool:
    """Make every check and show what it finds; whether nothing is wrong.

    `authorities` is a PEM file of those to trust instead of the usual ones, `options` what tells
    another command of this environment.
    """
    about = subject(platform.configuration, environment)
    about.asked(catalogue)
    inside = about.lineage.preflight
    from_here = _from_here(
        platform,
        about,
        catalogue=catalogue,
        cafile=str(authorities or certifi.where()),
        # Airflow sends it where it can; a run from here shows less.
        marker=send_marker and not inside,
    )
    found = report(f"Lineage of {environment}", platform.place, as_json=as_json)
    found.heading(HERE)
    shown = [_add(found, each, options, inside=inside) for each in from_here]
    if inside:
        found.heading(INSIDE)
        with console.waiting(f"{PREFLIGHT} runs"):
            from_inside = _from_inside(platform, about, catalogue, marker=send_marker)
        shown = [_add(found, each, options) for each in from_inside]
    return found.conclude(
        # Airflow's own look decides on what could not be tried from here.
        not_tried=[each.name for each in shown if each.level is Level.SKIPPED],
        remark=None if inside else _airflow_was_not_asked(about),
    )


def _add(found: Report, finding: Finding, options: str, *, inside: bool = False) -> Finding:
    """Take a finding up as this command says it, and return it."""
    if inside and finding.is_wrong and finding.subject in OF_THE_WAY:
        # The way may be open to Airflow.
        note = f"not from this machine. {finding.message} Airflow's own check below decides."
        finding = replace(finding, level=Level.SKIPPED, message=note, remedy=None)
    if finding.remedy:
        finding = _with_command(finding, finding.remedy.replace(ENVIRONMENT, options))
    found.add(finding)
    return finding


def _with_command(finding: Finding, remedy: str) -> Finding:
    """The finding with a command at its remedy's end on a line of its own, to be copied."""
    advice, colon, command = remedy.partition(f": {COMMAND}")
    if not colon:
        return replace(finding, remedy=remedy)
    return replace(finding, remedy=f"{advice}:", commands=(COMMAND + command,))


def _airflow_was_not_asked(about: Subject) -> str:
    how = (
        'With "Preflight": true in its Lineage a DAG is shipped that looks from there.'
        if about.is_new
        else "`lineage build` writes a DAG that looks from there."
    )
    return f"What Airflow itself sees was not asked. {how}"


def _from_here(
    platform: Deployed, about: Subject, *, catalogue: str | None, cafile: str, marker: bool
) -> Iterator[Finding]:
    wanted = {each.id: each for each in about.asked(catalogue)}
    for target in targets(about.lineage.settings):
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
        secret = partial(_secret, platform, about, target)
        namespace = about.lineage.namespace if marker else None
        try:
            found = check_catalogue(
                target, secret=secret, cafile=cafile, marker_namespace=namespace
            )
            yield from map(_ours, found)
        except PlatformError as error:
            yield Finding.from_error("Token", error, catalogue=target.id)
            # What else can be seen without a token.
            for seen in check_way(target.url, cafile=cafile):
                yield _ours(seen._replace(catalogue=target.id))


def _secret(platform: Deployed, about: Subject, target: Target) -> str:
    """The text of the secret. Raises PlatformError where it cannot be found, and SecretProblem."""
    [catalogue] = about.asked(target.id)
    with explained(platform.place):
        arn = about.secret_arn(platform, catalogue)
        try:
            return read_secret(secrets_manager(platform, arn), arn, target)
        except SecretProblem as problem:
            if isinstance(problem.__cause__, BotoCoreError | ClientError):
                # It is about who asks, and from where: a person's own machine.
                raise problem.__cause__ from None
            raise


def _from_inside(
    platform: Deployed, about: Subject, catalogue: str | None, *, marker: bool
) -> list[Finding]:
    try:
        with explained(platform.place):
            found = run_preflight(
                platform.clients.client("mwaa"),
                about.environment.name,
                version=str(about.environment.airflow_version),
                catalogue=catalogue,
                marker=marker,
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
