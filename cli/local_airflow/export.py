"""`local-airflow export`: from an environment to the files of a local Airflow."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import console
from cli.asked import environment_named
from cli.local_airflow import astro, aws_mwaa
from cli.local_airflow.changes import CHECK_DAG, Change
from cli.local_airflow.kinds import Format, Platform
from cli.local_airflow.laptop import read_profile, this_platform
from cli.local_airflow.request import Request
from cli.local_airflow.secrets import options
from config.lineage.datazone import REGION
from config.loader import load_configuration
from config.model import Configuration
from config.new_environment import NewEnvironment
from config.secrets_backend import SecretsBackend
from errors import PlatformError

START = {Format.ASTRO: "astro dev restart", Format.AWS_MWAA: "./run.sh"}
RUN = {
    Format.ASTRO: "astro dev run dags test",
    Format.AWS_MWAA: "docker compose exec scheduler bash -lc 'airflow dags test",
}


def run_export(
    environment: str,
    *,
    to: Format,
    output: Path,
    profile: str | None,
    region: str | None,
    platform: Platform | None,
    configuration: Path,
) -> None:
    """Write what is missing; an error is raised before it writes: see `console.render`."""
    entry, backend = _with_backend(load_configuration(configuration), environment)
    found = read_profile(profile)
    region = region or _usual_region() or found.region
    if region is None:
        raise _no_region(found.name)
    if not re.fullmatch(REGION, region):
        raise PlatformError(f"{region!r} is no Region.", remedy="Give one, such as eu-central-1.")
    request = Request(
        environment=entry,
        region=region,
        profile=found,
        platform=platform or this_platform(),
        options=options(backend, region=region),
    )
    changes = (astro if to is Format.ASTRO else aws_mwaa).changes(request, output)
    for change in changes:
        if change.is_needed:
            change.make()
    _show(changes, output)
    for warning in found.warnings:
        console.warn(warning)
    _say_what_is_next(request, to, left=[each for change in changes for each in change.left])


def _with_backend(configuration: Configuration, name: str) -> tuple[NewEnvironment, SecretsBackend]:
    entry = environment_named(name, configuration)
    if not isinstance(entry, NewEnvironment):
        raise PlatformError(
            f"{name} was not made by the platform, which does not know where its secrets are.",
            remedy="Ask for an environment that has SecretsBackend in the configuration.",
        )
    if entry.secrets_backend is None:
        raise PlatformError(
            f"{name} has no SecretsBackend, so it reads no connections or variables from Secrets "
            "Manager, and there is nothing to share with a laptop.",
            remedy='Give it one in the configuration, "SecretsBackend": {}, and deploy.',
        )
    return entry, entry.secrets_backend


def _usual_region() -> str | None:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


def _no_region(profile: str) -> PlatformError:
    return PlatformError(
        "No AWS Region is set.",
        place=f"--region, AWS_REGION, or `region` of the profile {profile}",
        remedy="Name the Region that the environment is deployed in: --region eu-west-1",
    )


def _show(changes: Sequence[Change], output: Path) -> None:
    rows = [(str(each.path.relative_to(output)), _outcome(each)) for each in changes]
    console.table(("file", ""), rows)
    for change in changes:
        for left in change.left:
            sentence, *lines = left.splitlines()
            console.warn(f"{change.path.relative_to(output)}: {sentence}", lines=lines)


def _outcome(change: Change) -> str:
    if change.is_needed:
        return "written" if change.before is None else "extended"
    return "left as it is" if change.left else "right already"


def _say_what_is_next(request: Request, to: Format, *, left: Sequence[str]) -> None:
    quote = "'" if to is Format.AWS_MWAA else ""
    console.gap()
    console.say(
        f"{_once_that_is_done(left)} "
        f"reads the secrets of {request.environment.name} in {request.region} with the AWS profile "
        f"{request.profile.name}. Start it anew, then let the check DAG tell what it reads:"
    )
    console.line(START[to], indent=2)
    console.line(f"{RUN[to]} {CHECK_DAG.stem}{quote}", indent=2)


def _once_that_is_done(left: Sequence[str]) -> str:
    """How a sentence on Airflow begins, by what a person has still to do."""
    if any("\n" in each for each in left):
        return "Once you have put the lines above in place, Airflow"
    return "Once you have done what is said above, Airflow" if left else "Airflow"
