"""Time of `doctor` and `status` for 20 environments in an account with a set latency.

    .venv/bin/python -m benchmarks.doctor

Each environment is new, private and behind the load balancer. The account is made up: it answers
each call after 0.1 s. The commands run in processes of their own. Prints a Markdown table with the
medians in seconds, wall clock and CPU.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import describe_machine
from boundary import errors_shown
from config.loader import parse_configuration
from config.stack_names import stack_name, stacks
from local.layout import ROOT
from tests.loopback import Request, Response, Server, aws_settings, serving
from tests.unit.cli.doctor.fake_aws import TARGET_GROUP, FakeAws
from tests.unit.config.configurations import SMALLEST

COUNT = 20
LATENCY_SECONDS = 0.1
ADDRESSES = ["10.3.0.10", "10.3.1.10"]
COMMANDS = ("doctor", "status")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doctor", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cdk.context.json"
        file.write_text(json.dumps(_configuration()))
        account = _account(file)

        def answer(request: Request) -> Response:
            time.sleep(LATENCY_SECONDS)
            return account.answer(request)

        with serving(Server(answer)) as server:
            settings = aws_settings(server.url) | {"AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}
            print(f"{describe_machine()}, {rounds} rounds, {COUNT} environments:\n")
            print("| command | wall | CPU |\n|---|---|---|")
            for name in COMMANDS:
                taken = [_timed([name, "-c", str(file)], settings) for _ in range(rounds)]
                wall, cpu = (statistics.median(each) for each in zip(*taken, strict=True))
                print(f"| `{name}` | {wall:.1f} s | {cpu:.1f} s |")


def _configuration() -> dict[str, object]:
    environments = [
        {
            "Name": f"env{number}",
            "AirflowVersion": "3.3.1",
            "VpcCIDR": f"10.{number}.0.0/16",
            "UiHost": f"env{number}.example.com",
        }
        for number in range(COUNT)
    ]
    alb = {**SMALLEST["Alb"], "DomainName": "airflow.example.com"}
    return {**SMALLEST, "Alb": alb, "MwaaEnvironments": environments}


def _account(file: Path) -> FakeAws:
    configuration = parse_configuration(json.loads(file.read_text()), source=file)
    outputs = {
        "LoadBalancerArn": "x",
        "TableName": "x",
        "UiTargetGroupArn": TARGET_GROUP,
        "AuthenticatorLogGroup": "x",
    }
    return FakeAws(
        stacks={
            stack_name(configuration.app_name, each.id): outputs for each in stacks(configuration)
        },
        addresses=ADDRESSES,
        targets=dict.fromkeys(ADDRESSES, "healthy"),
        environments={each.name for each in configuration.environments},
        page=100,
    )


def _timed(command: Sequence[str], settings: dict[str, str]) -> tuple[float, float]:
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(
        [ROOT / "mwaa-platform", *command],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    if f"env{COUNT - 1}" not in said:
        raise RuntimeError(f"{command[0]} did not speak of every environment: {said}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, cpu


if __name__ == "__main__":
    with errors_shown():
        main()
