"""What comes of the startup script of an environment."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace

from packaging.utils import canonicalize_name

from cli.check.containment import of_aws, options, why_not_contained
from cli.check.hiding import shown_value, shown_words
from cli.check.shipped import ShippedFiles
from cli.check.startup_run import BASH, Place, StartupRun, link_commands, run_startup
from errors import Finding, Level
from local.airflow_runtime.startup import COMPONENT, TIMEOUT_SECONDS
from mwaa.constraints import installed
from mwaa.image_commands import image_commands

SUBJECT, CONTAINMENT = "startup script", "containment"
READS_DAGS = "scheduler"
OTHERS = ("worker", "webserver")
"""https://docs.aws.amazon.com/mwaa/latest/userguide/using-startup-script.html"""
WITH_NETWORK = "--allow-network"
NETWORK_REMEDY = f"If it needs the network, add {WITH_NETWORK}."


def check_startup(shipped: ShippedFiles, *, network: bool) -> Iterator[Finding]:
    """Runs the script for each component that it may tell apart, and tells what is wrong."""
    script = shipped.sources.startup_script
    if not script:
        yield _skipped(SUBJECT, "None is shipped with the configuration.")
    elif not BASH.exists():
        yield _skipped(SUBJECT, f"There is no {BASH} on this machine.")
    else:
        reason = why_not_contained(shipped.home)
        if reason:
            yield _skipped(CONTAINMENT, f"not contained: {reason}")
        place = _place(shipped, contained=reason is None, network=network)
        yield from _findings_of_components(shipped, str(script), place)


def _findings_of_components(shipped: ShippedFiles, name: str, place: Place) -> Iterator[Finding]:
    # Without the variable, each does the same.
    tells = COMPONENT in shipped.artifacts.startup_script.read_text("utf-8")
    others = {each: _run(shipped, each, _beside(place, each)) for each in OTHERS if tells}
    run = _run(shipped, READS_DAGS, place)
    shipped.seen.exports = run.exports
    first = list(_findings(run, shipped, name, network=place.network))
    yield from first
    for component, other in others.items():
        for each in _findings(other, shipped, name, network=place.network):
            if each not in first:
                yield replace(each, subject=f"{each.subject} ({component})")


def _run(shipped: ShippedFiles, component: str, place: Place) -> StartupRun:
    return run_startup(shipped.artifacts.startup_script, place, _variables(shipped, component))


def _place(shipped: ShippedFiles, *, contained: bool, network: bool) -> Place:
    names = image_commands(shipped.sources.version.version)
    commands = shipped.home.with_name("commands") if names else None
    if commands:
        link_commands(commands, sorted(names))
    return Place(home=shipped.home, commands=commands, contained=contained, network=network)


def _beside(place: Place, component: str) -> Place:
    """The same with a copy of the scratch folder."""
    home = place.home.parent / component / "home"
    shutil.copytree(place.home, home, symlinks=True)
    return replace(place, home=home)


def _variables(shipped: ShippedFiles, component: str) -> Mapping[str, str]:
    """Those of MWAA's that a script can read.

    https://github.com/aws/amazon-mwaa-docker-images, python/mwaa/config/environ.py
    """
    version = shipped.sources.version.version
    return {
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        **options(shipped),
        **of_aws(),
        COMPONENT: component,
        "AIRFLOW_VERSION": version,
        "AWS_EXECUTION_ENV": f"Amazon_MWAA_{version.replace('.', '')}",
        "MWAA_COMMAND": component,
        "PYTHONUNBUFFERED": "1",
    }


def _findings(
    run: StartupRun, shipped: ShippedFiles, script: str, *, network: bool
) -> Iterator[Finding]:
    version = shipped.sources.version.version
    for name, line in run.missing.items():
        yield _missing(name, f"{script}, line {line}", version, installs=bool(run.untried))
    for name, line in run.untried.items():
        yield _skipped(name, f"{script}, line {line}: not run here, because it installs packages.")
    if run.status is None:
        yield _stopped(run, script, network=network)
        return
    if run.syntax_error:
        line, said = run.syntax_error
        yield Finding(
            subject=SUBJECT,
            message=f"bash stops reading it: {said}. Containers start without what follows.",
            detail=f"{script}, line {line}",
            remedy="Correct it.",
        )
    else:
        status = f" with status {run.status}, which MWAA ignores" if run.status else ""
        yield Finding(level=Level.OK, subject=SUBJECT, message=f"comes to its end{status}")
    if run.exports:
        shown = ", ".join(
            f"{name}={shown_value(name, value)}" for name, value in sorted(run.exports.items())
        )
        yield Finding(level=Level.OK, subject="exports", message=shown)


def _missing(name: str, where: str, version: str, *, installs: bool) -> Finding:
    if not image_commands(version):
        return Finding(
            level=Level.WARNING,
            subject=name,
            message="This machine lacks the command, and what the image has is not known for "
            f"Airflow {version}.",
            detail=where,
            remedy="Try the script on MWAA, or in a container of its image.",
        )
    if _of_image(name, version):
        return _skipped(name, f"{where}: the image has the command, but this machine does not.")
    unless = ", unless a package that the script installs has it" if installs else ""
    return Finding(
        level=Level.WARNING if installs else Level.ERROR,
        subject=name,
        message=f"MWAA's image does not have the command{unless}.",
        detail=where,
        remedy="Install it earlier in the script with `sudo dnf install`, or do without it.",
    )


def _of_image(name: str, version: str) -> bool:
    """Whether the image has a command, as far as is known: its Python packages bring some too."""
    own = name == "airflow" or name.startswith("python3")
    return own or name in image_commands(version) or canonicalize_name(name) in installed(version)


def _stopped(run: StartupRun, script: str, *, network: bool) -> Finding:
    if run.timed_out:
        message = f"It does not come to its end within {TIMEOUT_SECONDS // 60} minutes."
    else:
        said = shown_words(run.said.rpartition("\n")[2], run.exports)
        message = f"It stops before its end: {said}" if said else "It stops before its end."
    remedy = "Correct it: on MWAA no container would start."
    line = f", line {run.failed_line}" if run.failed_line and not run.timed_out else ""
    return Finding(
        subject=SUBJECT,
        message=message,
        detail=f"{script}{line}",
        remedy=remedy if network else f"{remedy} {NETWORK_REMEDY}",
    )


def _skipped(subject: str, why: str) -> Finding:
    return Finding(level=Level.SKIPPED, subject=subject, message=why)
