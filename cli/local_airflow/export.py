"""`local-airflow export`: files with which a local Airflow reads an environment's secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import console
from cli.local_airflow import astro, aws_mwaa
from cli.local_airflow.aws_profile import read_profile, this_system
from cli.local_airflow.commands import Export
from cli.local_airflow.file_changes import CHECK_DAG, FileChange
from cli.local_airflow.settings import ExportSettings, backend_options
from cli.local_airflow.targets import Format
from cli.secrets.secrets_environment import find_secrets_environment
from config.lineage.datazone import REGION
from config.loader import load_configuration
from errors import PlatformError

START = {Format.ASTRO: "astro dev restart", Format.AWS_MWAA: "./run.sh"}
RUN = {
    Format.ASTRO: "astro dev run dags test",
    Format.AWS_MWAA: "docker compose exec scheduler bash -lc 'airflow dags test",
}


def export(options: Export) -> None:
    """Writes what is missing; raises InputError or PlatformError before anything is written."""
    configuration = load_configuration(options.configuration)
    found = find_secrets_environment(configuration, options.environment)
    profile = read_profile(options.profile)
    region = options.region or _default_region() or profile.region
    if region is None:
        raise _no_region_error(profile.name)
    if not re.fullmatch(REGION, region):
        raise PlatformError(f"{region!r} is no Region.", remedy="Give one, such as eu-central-1.")
    settings = ExportSettings(
        environment=found.entry,
        region=region,
        account=configuration.oidc.client_secret_arn.split(":")[4],
        profile=profile,
        system=options.platform or this_system(),
        options=backend_options(found.backend, region=region),
    )
    target = astro if options.format is Format.ASTRO else aws_mwaa
    changes = target.changes(settings, options.output)
    for change in changes:
        if change.is_needed:
            change.apply()
    _show(changes, options.output)
    for warning in profile.warnings:
        console.warn(warning)
    manual_steps = [step for change in changes for step in change.manual_steps]
    _show_next_steps(settings, options.format, manual_steps)


def _default_region() -> str | None:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


def _no_region_error(profile: str) -> PlatformError:
    return PlatformError(
        "No AWS Region is set.",
        place=f"--region, AWS_REGION, or `region` of the profile {profile}",
        remedy="Name the Region that the environment is deployed in: --region eu-west-1",
    )


def _show(changes: Sequence[FileChange], output: Path) -> None:
    rows = [(str(each.path.relative_to(output)), _outcome(each)) for each in changes]
    console.table(("file", ""), rows)
    for change in changes:
        for step in change.manual_steps:
            sentence, *lines = step.splitlines()
            console.warn(f"{change.path.relative_to(output)}: {sentence}", lines=lines)


def _outcome(change: FileChange) -> str:
    if change.is_needed:
        return "written" if change.before is None else "extended"
    return "left as it is" if change.manual_steps else "right already"


def _show_next_steps(settings: ExportSettings, to: Format, manual_steps: Sequence[str]) -> None:
    quote = "'" if to is Format.AWS_MWAA else ""
    console.gap()
    console.say(
        f"{_opening(manual_steps)} "
        f"reads the secrets of {settings.environment.name} in {settings.region} with the AWS "
        f"profile {settings.profile.name}. Restart it, then let the check DAG tell what it "
        "reads:"
    )
    console.line(START[to], indent=2)
    console.line(f"{RUN[to]} {CHECK_DAG.stem}{quote}", indent=2)


def _opening(manual_steps: Sequence[str]) -> str:
    """Returns the beginning of the sentence on Airflow, by what is left to the user."""
    if any("\n" in each for each in manual_steps):
        return "Once you have put the lines above in place, Airflow"
    return "Once you have done what is said above, Airflow" if manual_steps else "Airflow"
