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
from cli.lineage.airflow_run import PREFLIGHT, run_preflight
from cli.lineage.subject import Subject, subject
from cli.report import Finding, report
from config.artefacts import plugin_settings
from errors import PlatformError
from mwaa_platform_preflight.catalogues import check_catalogue
from mwaa_platform_preflight.findings import Finding as PreflightFinding
from mwaa_platform_preflight.network import SUBJECTS as OF_THE_WAY
from mwaa_platform_preflight.network import check_way
from mwaa_platform_preflight.secret import read_secret
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
    found = report(f"Lineage of {environment}", platform.place, as_json=as_json)
    found.heading(HERE)
    for finding in from_here:
        found.add(_as_a_note(finding) if inside else finding)
    if not inside:
        return found.conclude(remark=_airflow_was_not_asked(about))
    found.heading(INSIDE)
    with console.waiting(f"{PREFLIGHT} runs"):
        from_inside = _from_inside(platform, about, catalogue, marker=send_marker)
    for finding in from_inside:
        found.add(finding)
    return found.conclude()


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
        secret = partial(_secret, platform, about, target)
        namespace = about.lineage.connection if marker else None
        try:
            found = check_catalogue(
                target, secret=secret, cafile=cafile, marker_namespace=namespace
            )
            yield from map(_ours, found)
        except PlatformError as error:
            yield Finding.from_error("Token", error)._replace(catalogue=target.id)
            # What else can be seen without a token.
            for seen in check_way(target.url, cafile=cafile):
                yield _ours(seen)._replace(catalogue=target.id)


def _secret(platform: Deployed, about: Subject, target: Target) -> str:
    """The text of the secret. Raises PlatformError where it cannot be found, and SecretProblem."""
    [catalogue] = about.asked(target.id)
    with explained(platform.place):
        arn = about.secret_arn(platform, catalogue)
        client: Any = platform.clients.client("secretsmanager")
    return read_secret(client, arn)


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
    return Finding(**finding._asdict())


def _as_a_note(finding: Finding) -> Finding:
    """A way that is closed from here but may be open to Airflow, which is asked itself."""
    if finding.subject not in OF_THE_WAY or not finding.wrong:
        return finding
    return finding._replace(
        wrong=None, remedy=None, note=f"not from this machine. {finding.wrong} Airflow counts."
    )
