"""`up` and `down`: the whole application on this machine."""

from __future__ import annotations

import shlex
from pathlib import Path

import console
from cli.commands import Down, Up
from cli.interruption import interrupted_by_termination
from local.layout import DEFAULT_STATE
from local.platform import LocalPlatform, end_run, recorded_processes
from local.run_lock import run_lock
from local.summary import Summary


def up(options: Up) -> None:
    """Starts everything; stops what was started when a step fails or is interrupted."""
    state = options.state.absolute()
    platform = LocalPlatform.plan(configuration=options.configuration.absolute(), state=state)
    for warning in platform.warnings:
        console.warn(str(warning))
    with interrupted_by_termination(), run_lock(state):
        try:
            for step in platform.steps():
                with console.step(step.description):
                    step.run()
        except BaseException:
            with console.step("What was started is stopped again"):
                platform.stop()
            raise
    show_summary(platform.summary(), state=state)


def down(options: Down) -> None:
    """Stops what `up` started with this state folder; says so where nothing runs."""
    state = options.state.absolute()
    processes = recorded_processes(state)
    count = len(processes.running())
    end_run(processes, state)
    if count:
        console.say(f"Stopped {count} programs. Nothing of {state} runs any more.")
    else:
        console.say("Nothing was running.")


def show_summary(summary: Summary, *, state: Path) -> None:
    """Shows where everything is, who can sign in, and how to stop it."""
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
    option = "" if state == DEFAULT_STATE else f" --state {shlex.quote(str(state))}"
    console.line(f"./mwaa-platform down{option} stops everything.")
