"""Time of a plan of 10 and 50 environments, beside that of the syntheses that it makes.

    .venv/bin/python -m benchmarks.plan

A round is a synthesis, a plan since a revision, and a plan against what is deployed, each in a
process of its own. The last one reads stacks of an account that answers each call after a set time,
eight at a time. One environment restarts. Prints a Markdown table with the medians in seconds, wall
clock and CPU of all processes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast
from unittest.mock import patch

from benchmarks.machine import describe_machine
from benchmarks.synthesis import adopt_kernels, environment_of_process, many, wait_for_kernels
from boundary import errors_shown
from cli.commands import Plan
from cli.deployed import DeployedPlatform
from cli.options import PlatformOptions
from cli.plan import against_deployed, command
from cli.plan.synthesis import FILE, synthesise
from config.loader import load_configuration
from config.outline import outline_of
from local.layout import ROOT

COUNTS = (10, 50)
ANSWER_SECONDS = 0.15
"""How long AWS takes for a call in these measurements."""
IDENTITY = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@example.com")


class Seconds(NamedTuple):
    """Wall clock and CPU."""

    wall: float
    cpu: float


def main() -> None:
    """Measures and prints; with `--deployed`, plans against a made-up account in this process."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plan", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS, help="of environments")
    parser.add_argument("--deployed", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.deployed:
        _plan_against_an_account(options.deployed)
        return
    adopt_kernels()
    print(f"{describe_machine()}, {options.rounds} rounds\n")
    print("| environments | a synthesis | `--since` | against what is deployed |")
    print("|---|---|---|---|")
    for count in options.counts:
        taken = _measure(count, options.rounds)
        print(f"| {count} | " + " | ".join(map(_shown, taken)) + " |", flush=True)


def _measure(count: int, rounds: int) -> list[list[Seconds]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / FILE
        raw = many(count)
        file.write_text(json.dumps(raw))
        for arguments in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-mfirst")):
            subprocess.run(["git", *IDENTITY, *arguments], cwd=folder, check=True)
        stacks = synthesise(file).stacks
        deployed = json.dumps({name: each.template for name, each in stacks.items()})
        (folder / "deployed.json").write_text(deployed)
        raw["MwaaEnvironments"][0]["MaxWorkers"] = 12
        changed = json.dumps(raw)
        plan = (sys.executable, "-m", "cli", "plan", "-c", str(file))
        measured: list[Callable[[], Seconds]] = [
            lambda: _run([sys.executable, str(ROOT / "app.py")], folder),
            lambda: _run([*plan, "--since", "HEAD"], ROOT),
            lambda: _run([sys.executable, "-m", "benchmarks.plan", f"--deployed={file}"], ROOT),
        ]
        file.write_text(changed)
        each_round = [[each() for each in measured] for _ in range(rounds)]
        return [list(taken) for taken in zip(*each_round, strict=True)]


def _run(arguments: list[str], folder: Path) -> Seconds:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        arguments, cwd=folder, env=environment_of_process(ROOT), capture_output=True, check=True
    )
    wall = time.monotonic() - started
    wait_for_kernels()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Seconds(wall, cpu)


class _Account:
    """The stacks of an application, each call of which takes its time."""

    def __init__(self, templates: Mapping[str, Any]) -> None:
        self._templates = templates
        self.region_name = "us-east-1"

    def client(self, _service: str) -> Any:
        return self

    def get_caller_identity(self) -> Any:
        time.sleep(ANSWER_SECONDS)
        return {"Account": "111122223333"}

    def get_paginator(self, _operation: str) -> Any:
        return self

    def paginate(self) -> Iterator[Any]:
        time.sleep(ANSWER_SECONDS)
        yield {
            "Stacks": [
                {"StackName": name, "StackStatus": "UPDATE_COMPLETE"} for name in self._templates
            ]
        }

    def get_template(self, **asked: str) -> Any:
        time.sleep(ANSWER_SECONDS)
        return {"TemplateBody": self._templates[asked["StackName"]]}

    def get_environment(self, **_asked: str) -> Any:
        time.sleep(ANSWER_SECONDS)
        return {"Environment": {"Status": "AVAILABLE"}}


def _plan_against_an_account(file: Path) -> None:
    templates = json.loads(file.with_name("deployed.json").read_text())

    @contextmanager
    def platform(_options: PlatformOptions) -> Iterator[DeployedPlatform]:
        configuration = load_configuration(file)
        yield DeployedPlatform(
            configuration=configuration,
            outline=outline_of(configuration),
            place="in a made-up account",
            session=cast(Any, _Account(templates)),
            variables=os.environ,
            ca_file="",
        )

    with patch.object(against_deployed, "deployed_platform", platform):
        command.plan(Plan(configuration=file))


def _shown(taken: list[Seconds]) -> str:
    wall, cpu = (statistics.median(each) for each in zip(*taken, strict=True))
    return f"{wall:.1f} (CPU {cpu:.1f})"


if __name__ == "__main__":
    with errors_shown():
        main()
