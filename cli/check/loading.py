"""What Airflow makes of the plugins and DAGs of an environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import console
from cli.check.airflow_run import AirflowRunError, ForgedAnswerError, Imported, imports
from cli.check.bounds import first_findings, first_names
from cli.check.containment import why_not_contained
from cli.check.hiding import prints_secrets, secrets_of, shown_words
from cli.check.in_airflow import PLUGINS
from cli.check.installation import AIRFLOW, airflow_python
from cli.check.shipped import ShippedFiles
from cli.check.tracebacks import last_error, last_own_line
from config.new_environment import NewEnvironment
from errors import Finding, Level

CONTAINMENT, DAGS = "containment", "DAGs"
UNKNOWN_VALUE = re.compile(
    r"Variable (?P<variable>\S+) does not exist"
    r"|VARIABLE_NOT_FOUND(?:.*?Variable (?P<of_the_sdk>\S+) not found)?"
    r"|conn_id `?(?P<connection>[^`\s]+)`? isn't defined|CONNECTION_NOT_FOUND"
)
SHARE_OF_LIMIT = 0.5


def check_loading(shipped: ShippedFiles) -> Iterator[Finding]:
    """Installs the Airflow, imports the plugins and each DAG file, and tells what is wrong."""
    python = airflow_python(shipped)
    if isinstance(python, Finding):
        yield python
        return
    reason = why_not_contained(shipped.home)
    if reason:
        yield _skipped(CONTAINMENT, f"not contained: {reason}")
    yield from _other_python(python, shipped)
    found: list[Imported] = []
    try:
        told = _told(imports(python, shipped, contained=reason is None), found, shipped)
        yield from first_findings(told, DAGS)
    except AirflowRunError as error:
        yield Finding(
            subject=AIRFLOW,
            message=f"{shipped.sources.version.version} does not start with what is installed.",
            remedy=f"The end of what it says:\n{error}",
        )
        return
    except ForgedAnswerError as error:
        yield Finding(
            subject=DAGS,
            message=f"{error} Code that is imported answers in Airflow's place, so nothing is "
            "known of it and of what follows.",
            remedy="Look at what plugins and DAGs do when they are imported.",
        )
        return
    shipped.seen.dags = {
        dag: _name(each.file, shipped) for each in reversed(found) for dag in each.dags
    }
    yield from first_findings(_duplicates(found, shipped), DAGS)
    yield from summary(found, shipped)


def _other_python(python: Path, shipped: ShippedFiles) -> Iterator[Finding]:
    """Which Python imports, where it is not the image's."""
    lines = (python.parent.parent / "pyvenv.cfg").read_text("utf-8").splitlines()
    version = next((line.split("=")[1].strip() for line in lines if line.startswith("version")), "")
    of_image = shipped.sources.version.python
    if version and not version.startswith(f"{of_image}."):
        message = f"{version} imports plugins and DAGs here, and {of_image} does on MWAA"
        yield Finding(level=Level.OK, subject="Python", message=message)


def _told(
    all_: Iterator[Imported], found: list[Imported], shipped: ShippedFiles
) -> Iterator[Finding]:
    """What is wrong with each import, of which `found` keeps what all are needed for."""
    with console.status_line() as show:
        for each in all_:
            show(f"{len(found):,} imported, the last one {_name(each.file, shipped)}")
            yield from _findings(each, shipped)
            found.append(
                replace(
                    each, errors=["told"] if each.errors else [], calls=[], forks=[], printed=""
                )
            )


def _findings(imported: Imported, shipped: ShippedFiles) -> Iterator[Finding]:
    subject = _name(imported.file, shipped)
    for error in imported.errors:
        yield _from_traceback(subject, error, shipped)
    for address in dict.fromkeys(imported.calls):
        yield Finding(
            level=Level.WARNING,
            subject=subject,
            message=f"It calls {address} whenever it is imported, which is every few seconds.",
            remedy="Call it in a task.",
        )
    for place in list(dict.fromkeys(imported.forks))[:1]:
        file, _, line = place.rpartition(":")
        yield Finding(
            level=Level.WARNING,
            subject=subject,
            message="It forks the process whenever it is imported, which is every few seconds.",
            detail=f"{_name(file, shipped)}, line {line}",
            remedy="Start processes in a task.",
        )
    if prints_secrets(imported.printed, secrets_of(shipped.seen.exports)):
        yield Finding(
            level=Level.WARNING,
            subject=subject,
            message="It prints what looks like a secret when it is imported, and the DAG "
            "processing logs keep it.",
            remedy="Do not print it. If the secret is real, replace it.",
        )
    is_slow = imported.limit and imported.seconds > SHARE_OF_LIMIT * imported.limit
    if imported.file != PLUGINS and is_slow and not imported.errors:
        yield Finding(
            level=Level.WARNING,
            subject=subject,
            message=f"Its import takes {imported.seconds:.1f} s of the {imported.limit:.0f} s that "
            "core.dagbag_import_timeout allows.",
            remedy="Move slow imports into the tasks that need them.",
        )


def _from_traceback(subject: str, error: str, shipped: ShippedFiles) -> Finding:
    """The last line of the team's own code that a traceback names, and what it ends with."""
    where = last_own_line(error, shipped.home)
    said = (last_error(error) or "It cannot be imported.").replace(f"{shipped.home}/", "")
    said = shown_words(said, shipped.seen.exports)
    if unknown := UNKNOWN_VALUE.search(said):
        name = next((each for each in unknown.groups() if each), "what it asks for")
        return Finding(
            level=Level.WARNING,
            subject=subject,
            message=f"It reads {name} when it is imported, which does not exist here: {said}",
            detail=where,
            remedy="Read it in a task, or create it in the environment before you deploy.",
        )
    if said.startswith("MemoryError"):
        said = "MemoryError: it takes more memory than one import may."
    return Finding(subject=subject, message=said, detail=where, remedy="Correct it.")


def _duplicates(found: list[Imported], shipped: ShippedFiles) -> Iterator[Finding]:
    files: dict[str, list[str]] = {}
    for each in found:
        for dag in each.dags:
            files.setdefault(dag, []).append(_name(each.file, shipped))
    for dag, names in files.items():
        if len(names) > 1:
            yield Finding(
                subject=dag,
                message=f"{len(names)} files have a DAG of this id, and Airflow shows one of them: "
                f"{first_names(names)}.",
                remedy="Give each its own dag_id.",
            )


def summary(found: list[Imported], shipped: ShippedFiles) -> Iterator[Finding]:
    """What is well of the plugins and DAGs."""
    if not any(each.errors for each in found if each.file == PLUGINS):
        yield Finding(level=Level.OK, subject=PLUGINS, message="are imported")
    files = [each for each in found if each.file != PLUGINS]
    has_dags = isinstance(shipped.environment, NewEnvironment) and shipped.artifacts.dags
    if not has_dags:
        yield _skipped(DAGS, "None are shipped with the configuration.")
        return
    dags, slowest = sum(len(each.dags) for each in files), max(files, key=_seconds, default=None)
    slow = f"; the slowest file takes {slowest.seconds:.1f} s" if slowest else ""
    count = f"{_count(dags, 'DAG')} in {_count(len(files), 'file')}"
    yield Finding(level=Level.OK, subject=DAGS, message=f"{count}{slow}")


def _count(number: int, of: str) -> str:
    return f"{number:,} {of}" if number == 1 else f"{number:,} {of}s"


def _seconds(imported: Imported) -> float:
    return imported.seconds


def _name(file: str, shipped: ShippedFiles) -> str:
    path = Path(file)
    return str(path.relative_to(shipped.home)) if path.is_relative_to(shipped.home) else file


def _skipped(subject: str, why: str) -> Finding:
    return Finding(level=Level.SKIPPED, subject=subject, message=why)
