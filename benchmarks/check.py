"""Time of a check of 50 DAG files: the first one of an Airflow, and one after DAGs have changed.

    .venv/bin/python -m benchmarks.check --version 3.3.1

A round installs into a folder of its own, from packages of uv's cache where that has them. Prints a
Markdown table with each round's seconds, by the clock and of CPU.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.machine import describe_machine
from benchmarks.synthesis import many
from boundary import errors_shown
from local.layout import ROOT

DAGS = 50
LIMITS = {"first": 90, "DAGs changed": 15}
DAG = '''"""Loads the orders of shop {number}."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.decorators import task
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

with DAG("shop_{number}", schedule="@daily", start_date=datetime(2025, 1, 1), catchup=False):
    arrived = S3KeySensor(task_id="arrived", bucket_key="s3://shops/{number}/{{{{ ds }}}}")
    loaded = SQLExecuteQueryOperator(task_id="loaded", conn_id="warehouse", sql="select {round}")

    @task(retries=2, retry_delay=timedelta(minutes=5))
    def told() -> int:
        return {number}

    arrived >> loaded >> told()
'''
CHECK = """
import sys
from pathlib import Path
from cli.check import installation
installation.CACHE = Path(sys.argv[1])
from cli.check.command import check
from cli.commands import Check
check(Check(configuration=Path(sys.argv[2])))
"""
"""The command, with a folder of installed Airflows of its own."""


class Seconds(NamedTuple):
    """Of a check, by the clock and of CPU."""

    wall: float
    cpu: float


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--version", action="append", help="an Airflow version; several times")
    options = parser.parse_args()
    print(f"{describe_machine()}, load {os.getloadavg()[0]:.0f}\n")
    print("| Airflow | Check | Limit (s) | Wall (s) | CPU (s) |\n|---|---|---|---|---|")
    for version in options.version or ["2.10.3", "3.3.1"]:
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory(prefix="mwaa-platform-benchmark-") as folder:
                _measure(version, Path(folder))


def _measure(version: str, folder: Path) -> None:
    """One round: an Airflow is installed, then DAGs change."""
    configuration = folder / "cdk.context.json"
    raw = many(1)
    raw.pop("Lineage")
    raw["MwaaEnvironments"][0] |= {"AirflowVersion": version, "Dags": "dags"}
    configuration.write_text(json.dumps(raw))
    for number, (name, limit) in enumerate(LIMITS.items()):
        write_dags(folder / "dags", number)
        taken = _check(folder / "cache", configuration)
        print(f"| {version} | {name} | {limit} | {taken.wall:.1f} | {taken.cpu:.1f} |", flush=True)


def write_dags(folder: Path, content: int, *, count: int = DAGS) -> None:
    """Writes the files, which differ from those of another content."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"shop_{number:05}.py").write_text(DAG.format(number=number, round=content))


def _check(cache: Path, configuration: Path) -> Seconds:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        [str(ROOT / ".venv/bin/python"), "-c", CHECK, str(cache), str(configuration)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Seconds(time.monotonic() - started, cpu)


if __name__ == "__main__":
    with errors_shown():
        main()
