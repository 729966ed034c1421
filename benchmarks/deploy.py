"""Time of `deploy` for one environment, beside that of the CDK CLI alone.

    .venv/bin/python -m benchmarks.deploy

A round is a deployment by `cdk deploy --all`, then one by `deploy`, each of a platform with one
environment of which one value changes, to the AWS stand-in. Both synthesise by the CDK CLI, and
leave out the stacks without a change. Prints a Markdown table with the medians in seconds, wall
clock and CPU of the command and all that it starts.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.machine import describe_machine
from local.cdk_cli import APP, cdk_command, cdk_variables
from local.layout import ROOT
from tests.integration.deploying import CANARY, Deploying, configuration, deploying

CDK, OURS = "`cdk deploy --all`", "`./mwaa-platform deploy`"


class Seconds(NamedTuple):
    """Wall clock and CPU."""

    wall: float
    cpu: float


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deploy", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, deploying(Path(folder), raw=_raw(10)) as account:
        commands = _commands(account)
        taken: dict[str, list[Seconds]] = {name: [] for name in commands}
        values = count(11)
        for _ in range(rounds):
            for name, (command, variables) in commands.items():
                value = next(values)
                account.write(_raw(value))
                taken[name].append(_timed(command, account.file.parent, variables))
                if account.workers(CANARY) != value:
                    raise RuntimeError(f"{name} did not deploy {value} workers")
        medians = {name: _median(each) for name, each in taken.items()}
    print(f"{describe_machine()}, {rounds} rounds:\n")
    print("| command | wall | CPU |\n|---|---|---|")
    for name, each in medians.items():
        print(f"| {name} | {each.wall:.1f} s | {each.cpu:.1f} s |")
    wall, cpu = (ours - cdk for ours, cdk in zip(medians[OURS], medians[CDK], strict=True))
    print(f"| more | {wall:.1f} s | {cpu:.1f} s |")


def _raw(workers: int) -> dict[str, Any]:
    raw = configuration(MaxWorkers=workers)
    kept = [each for each in raw["MwaaEnvironments"] if each["Name"] == CANARY]
    return {**raw, "MwaaEnvironments": kept}


def _commands(account: Deploying) -> Mapping[str, tuple[Sequence[str], Mapping[str, str]]]:
    """Command lines, and their environments."""
    variables = account.cloud.process_environment
    state = ("--local", "--state", str(account.layout.state))
    how = ("--require-approval=never", "--method=direct")
    return {
        CDK: (cdk_command("deploy", "--all", "--app", APP, *how), cdk_variables(variables)),
        OURS: ((str(ROOT / "mwaa-platform"), "deploy", "--yes", *state), variables),
    }


def _timed(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Seconds:
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=dict(variables), capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Seconds(time.monotonic() - started, cpu)


def _median(taken: Sequence[Seconds]) -> Seconds:
    wall, cpu = (statistics.median(each) for each in zip(*taken, strict=True))
    return Seconds(wall, cpu)


if __name__ == "__main__":
    main()
