"""`up` and `down`: the whole application on this machine, step by step."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rich.table import Table
from rich.text import Text

from cli import console
from local.layout import DEFAULT_STATE
from local.platform import LocalPlatform, Summary, end_run, recorded_processes


def run_up(*, configuration: Path, state: Path) -> None:
    """Start everything; when a step fails or is interrupted, stop what was started."""
    platform = LocalPlatform.plan(configuration=configuration, state=state)
    for warning in platform.warnings:
        console.warn(warning)
    with _ending_on_termination():
        try:
            for step in platform.steps():
                with console.step(step.description):
                    step.run()
        except BaseException:
            with console.step("What was started is stopped again"):
                platform.stop()
            raise
    _show(platform.summary(), state)


def run_down(*, state: Path) -> None:
    """Stop what `up` started with this state folder; says so where nothing runs."""
    processes = recorded_processes(state)
    count = len(processes.running())
    end_run(processes, state)
    if count:
        console.out.print(f"Stopped {count} programs. Nothing of {state} runs any more.")
    else:
        console.out.print("Nothing was running.")


@contextmanager
def _ending_on_termination() -> Iterator[None]:
    """Let SIGTERM unwind like Ctrl-C, so that nothing is left behind."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def _down(state: Path) -> str:
    command = "./mwaa-platform down"
    return command if state == DEFAULT_STATE else f"{command} --state {shlex.quote(str(state))}"


def _show(summary: Summary, state: Path) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    if summary.portal:
        table.add_row(Text("Portal", style="bold"), summary.portal)
    for name, url in {**summary.environments, **summary.ui_hosts}.items():
        table.add_row(Text(f"Airflow {name}", style="bold"), url)
    table.add_row(Text("Lineage events", style="bold"), summary.lineage)
    table.add_row(Text("AWS stand-in", style="bold"), summary.aws)
    people = Table(show_header=True, box=None, padding=(0, 2, 0, 0), header_style="dim")
    people.add_column("Sign in as (any password)")
    people.add_column("may enter")
    for email, grants in summary.people.items():
        people.add_row(email, grants)
    for part in (
        "",
        table,
        "",
        people,
        "",
        Text(f"Your browser will warn about the certificate until it trusts {summary.ca}."),
        Text(f"{_down(state)} stops everything."),
    ):
        console.out.print(part)
