"""`lineage check`: from here, and with the preflight DAG from inside Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import certifi

from cli import console
from cli.aws_errors import explained
from cli.deployed import Deployed
from cli.errors import PlatformError
from cli.lineage import report
from cli.lineage.airflow_run import PREFLIGHT, run_preflight
from cli.lineage.subject import Subject, subject
from config.artefacts import plugin_settings
from mwaa_platform_preflight.catalogues import check_catalogue
from mwaa_platform_preflight.findings import Finding
from mwaa_platform_preflight.network import SUBJECTS as OF_THE_WAY
from mwaa_platform_preflight.secret import SecretProblem, read_secret
from mwaa_platform_preflight.targets import Target, targets

HERE, INSIDE = "From here", "From inside Airflow"


def check(
    platform: Deployed,
    *,
    environment: str,
    catalogue: str | None,
    send_marker: bool,
    authorities: Path | None,
    as_json: bool,
) -> bool:
    """Make every check and show what it finds; whether all is well.

    `authorities` is a PEM file of those to trust instead of the usual ones.
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
    found: dict[str, list[Finding]] = {HERE: [], INSIDE: []}
    if not as_json:
        report.show_place(environment, platform.place)
        report.show_heading(HERE)
    for finding in from_here:
        softened = _as_a_note(finding) if inside else finding
        found[HERE].append(softened)
        if not as_json:
            report.show(softened)
    if inside:
        if not as_json:
            report.show_heading(INSIDE)
        with console.waiting(f"{PREFLIGHT} runs"):
            found[INSIDE] += _from_inside(platform, about, catalogue, marker=send_marker)
        if not as_json:
            for finding in found[INSIDE]:
                report.show(finding)
    return report.conclude(found, without_airflow=not inside, about=about, as_json=as_json)


def _from_here(
    platform: Deployed, about: Subject, *, catalogue: str | None, cafile: str, marker: bool
) -> Iterator[Finding]:
    settings = plugin_settings(about.environment)
    described = targets(settings.as_json()) if settings else []
    wanted = {each.id: each for each in about.asked(catalogue)}
    for target in described:
        if target.id not in wanted:
            continue
        if target.domain_id:
            yield Finding(
                f"Domain {target.domain_id}",
                note="entered by the environment's role, so Airflow alone can try it",
                catalogue=target.id,
            )
            continue
        entered = partial(_secret, platform, about, target)
        yield from check_catalogue(
            target,
            secret=entered,
            cafile=cafile,
            marker_namespace=about.lineage.connection if marker else None,
        )


def _secret(platform: Deployed, about: Subject, target: Target) -> str:
    [catalogue] = about.asked(target.id)
    try:
        with explained(platform.place):
            arn = about.secret_arn(platform, catalogue)
            client: Any = platform.clients.client("secretsmanager")
    except PlatformError as error:
        raise SecretProblem(error.what, error.remedy) from None
    return read_secret(client, arn)


def _from_inside(
    platform: Deployed, about: Subject, catalogue: str | None, *, marker: bool
) -> list[Finding]:
    try:
        with explained(platform.place):
            return run_preflight(
                platform.clients.client("mwaa"),
                about.environment.name,
                version=str(about.environment.airflow_version),
                catalogue=catalogue,
                marker=marker,
            )
    except PlatformError as error:
        return [Finding(f"DAG {PREFLIGHT}", error.what, error.remedy)]


def _as_a_note(finding: Finding) -> Finding:
    """A way that is closed from here but may be open to Airflow, which is asked itself."""
    if finding.subject not in OF_THE_WAY or not finding.wrong:
        return finding
    return finding._replace(
        wrong=None, remedy=None, note=f"not from this machine. {finding.wrong} Airflow counts."
    )
