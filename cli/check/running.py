"""What comes of a run of one DAG, and where its events go."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx

from cli.check.bounds import first_names
from cli.check.containment import why_not_contained
from cli.check.dag_run import SECONDS, DagRun, run_dag
from cli.check.hiding import shown_words
from cli.check.installation import airflow_python
from cli.check.shipped import ShippedFiles
from cli.check.startup import WITH_NETWORK
from cli.check.tracebacks import last_error, last_own_line, last_traceback
from errors import Finding, Level
from local.layout import DEFAULT_STATE
from local.summary import read_summary

CONTAINMENT, LINEAGE = "containment", "lineage"
SUCCESS = "success"
FINE = {SUCCESS, "skipped"}
PATH = "/api/v1/lineage"
SECONDS_OF_AN_ANSWER = 5
REMEDY = "Correct it. The run has none of the environment's connections, variables or credentials"
NO_NETWORK = f", and no network without {WITH_NETWORK}"


def check_run(dag: str, shipped: ShippedFiles, folder: Path, *, network: bool) -> Iterator[Finding]:
    """Runs the DAG and tells how its tasks ended; events go into `folder` without local page."""
    python = airflow_python(shipped)
    if isinstance(python, Finding):
        yield python
        return
    known = shipped.seen.dags
    if known is not None and dag not in known:
        yield Finding(
            subject=dag,
            message="No file that can be imported has a DAG of this ID.",
            remedy=f"Name one of these: {first_names(sorted(known))}."
            if known
            else "Correct the files of DAGs first.",
        )
        return
    reason = why_not_contained(shipped.home)
    if reason:
        yield _skipped(CONTAINMENT, f"not contained: {reason}")
    run = run_dag(dag, python, shipped, contained=reason is None, network=network)
    yield run_finding(dag, run, shipped, network=network)
    if shipped.sources.lineage and run.state:
        file = folder / f"lineage-{shipped.environment.name}-{dag}.jsonl"
        yield lineage_finding(run.events, file, DEFAULT_STATE)


def run_finding(dag: str, run: DagRun, shipped: ShippedFiles, *, network: bool) -> Finding:
    """How it ended; what it says, and where, if that is no success."""
    if run.state == SUCCESS and not run.timed_out:
        tasks = ", ".join(f"{name} {state}" for name, state in run.tasks.items())
        return Finding(level=Level.OK, subject=dag, message=f"ends with success: {tasks}")
    if run.timed_out:
        message = f"Its run does not end within {SECONDS // 60} minutes."
    elif run.state:
        wrong = (f"{name} {state}" for name, state in run.tasks.items() if state not in FINE)
        message = f"Its run ends with the state {run.state}: {', '.join(wrong)}."
    else:
        message = "It does not run."
    # Before it are the errors of other files, which it imports too.
    traceback = last_traceback(run.said)
    said = shown_words(last_error(traceback) or "", shipped.seen.exports)
    return Finding(
        subject=dag,
        message=f"{message} {said}".strip(),
        detail=last_own_line(traceback, shipped.home),
        remedy=f"{REMEDY}." if network else f"{REMEDY}{NO_NETWORK}.",
    )


def lineage_finding(events: Sequence[Mapping[str, object]], file: Path, state: Path) -> Finding:
    """Brings the events to the lineage page of the platform on this machine, or into the file."""
    if not events:
        return Finding(
            level=Level.WARNING,
            subject=LINEAGE,
            message="The run sends no lineage events.",
            remedy="Check that openlineage.disabled and selective_enable are not set, and that "
            "the requirements have the lineage provider.",
        )
    count = "1 event" if len(events) == 1 else f"{len(events)} events"
    summary = read_summary(state)
    if summary and _are_sent(events, summary.lineage, summary.ca):
        return Finding(level=Level.OK, subject=LINEAGE, message=f"{count}: {summary.lineage}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{json.dumps(each)}\n" for each in events), "utf-8")
    return Finding(level=Level.OK, subject=LINEAGE, message=f"{count} in {file}")


def _are_sent(events: Sequence[Mapping[str, object]], page: str, authority: str) -> bool:
    """Whether the page runs and has taken all."""
    try:
        trust = ssl.create_default_context(cafile=authority)
        # trust_env=False: never through the person's proxy.
        with httpx.Client(verify=trust, timeout=SECONDS_OF_AN_ANSWER, trust_env=False) as client:
            return all(client.post(f"{page}{PATH}", json=each).is_success for each in events)
    except (OSError, httpx.HTTPError):
        return False


def _skipped(subject: str, why: str) -> Finding:
    return Finding(level=Level.SKIPPED, subject=subject, message=why)
