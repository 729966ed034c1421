"""`status`: the environments, side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

import typer

import console
from cli.commands import Status
from cli.deployed import DeployedPlatform, deployed_platform
from cli.lookup import option_error
from cli.status.rows import Row, rows

EVERY_SECONDS = 15
UNKNOWN = "?"
HEADERS = (
    "environment",
    "state",
    "Airflow",
    "class",
    "workers",
    "last update (UTC)",
    "import errors",
    "running tasks",
    "lineage",
    "sign-ins today",
)


def status(options: Status) -> None:
    """Shows what runs; ends with 1 where something could not be read.

    Raises InputError for options that exclude each other.
    """
    if options.watch and options.as_json:
        raise option_error("--watch", "It cannot be written with --json.", "Give one of them.")
    with deployed_platform(options) as platform:
        found = _written(platform) if options.as_json else _shown(platform)
        with suppress(KeyboardInterrupt):
            while options.watch:
                time.sleep(EVERY_SECONDS)
                console.clear()
                found = _shown(platform)
    if any(each.findings for each in found):
        raise typer.Exit(1)


def _written(platform: DeployedPlatform) -> Sequence[Row]:
    found = list(rows(platform))
    console.data([each.as_json() for each in found])
    return found


def _shown(platform: DeployedPlatform) -> Sequence[Row]:
    with console.waiting("Reading"):
        found = list(rows(platform))
    console.say(f"{platform.configuration.app_name} {platform.place}")
    console.gap()
    console.table(HEADERS, [_cells(each) for each in found])
    findings = dict.fromkeys(finding for each in found for finding in each.findings)
    for finding in findings:
        console.warn(str(finding))
    return found


def _cells(row: Row) -> Sequence[str]:
    is_newest = row.version in {None, row.newest}
    least, most = row.workers or (None, None)
    return (
        row.name,
        row.state or UNKNOWN,
        f"{row.version or UNKNOWN}" + ("" if is_newest else f" (newest {row.newest})"),
        row.environment_class or UNKNOWN,
        f"{least} to {most}" if row.workers else UNKNOWN,
        row.last_update or "-",
        _count(row.import_errors),
        _count(row.running_tasks),
        ", ".join(row.lineage) or "-",
        _count(row.sign_ins),
    )


def _count(number: int | None) -> str:
    return UNKNOWN if number is None else str(number)
