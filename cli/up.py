"""`up` and `down`: the whole application on this machine, step by step."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import console
from local.layout import DEFAULT_STATE
from local.platform import LocalPlatform, Summary, end_run, recorded_processes


def run_up(*, configuration: Path, state: Path) -> None:
    """Start everything; when a step fails or is interrupted, stop what was started."""
    platform = LocalPlatform.plan(configuration=configuration, state=state)
    for warning in platform.warnings:
        console.warn(str(warning))
    with _ending_on_termination():
        try:
            for step in platform.steps():
                with console.step(step.description):
                    step.run()
        except BaseException:
            with console.step("What was started is stopped again"):
                platform.stop()
            raise
    show(platform.summary(), state=state)


def run_down(*, state: Path) -> None:
    """Stop what `up` started with this state folder; says so where nothing runs."""
    processes = recorded_processes(state)
    count = len(processes.running())
    end_run(processes, state)
    if count:
        console.say(f"Stopped {count} programs. Nothing of {state} runs any more.")
    else:
        console.say("Nothing was running.")


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


def show(summary: Summary, *, state: Path) -> None:
    """Say where everything is, who can sign in, and how it ends."""
    airflows = {**summary.environments, **summary.ui_hosts}
    portal = {"Portal": summary.portal} if summary.portal else {}
    addresses = {
        **portal,
        **{f"Airflow {name}": url for name, url in airflows.items()},
        "Lineage events": summary.lineage,
        "AWS stand-in": summary.aws,
    }
    console.gap()
    console.table(("what runs", "address"), list(addresses.items()))
    console.gap()
    console.say("Sign in as one of these, with any password:")
    console.table(("person", "may enter"), list(summary.people.items()))
    console.gap()
    console.say(f"Your browser will warn about the certificate until it trusts {summary.ca}.")
    console.line(f"{_down(state)} stops everything.")
