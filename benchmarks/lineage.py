"""Cost of lineage in Airflow's processes, compared to a plugin that reads the token at import.

    .venv/bin/python -m benchmarks.lineage

Every variant runs on real Airflow, of both major versions, with the OpenLineage provider of MWAA's
image, against the same stand-ins for Secrets Manager and the catalogue, which this process serves.
The comparison is the plugin of AWS's blog post, with two variables, its minimum.

A round is a worker process for each variant, which forks tasks one after the other; each task has
Airflow load all plugins, then sends two events as the provider does, each from a forked child. The
order alternates between rounds, so that other load on the machine affects all variants alike. An
unmeasured task of each variant writes the bytecode and the host's token cache beforehand. Prints a
Markdown table for each version: medians over the tasks, minimum and maximum.

The cost of an event varies more than the token adds to it. A second table therefore has the token
alone: children of one worker that alternately get it from this plugin, by the host's cache, and a
fixed one. Each imports what it needs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from artifacts.lineage import ResolvedLineage
from artifacts.plugins import build_plugins
from benchmarks import lineage_process
from benchmarks.lineage_process import Cost
from benchmarks.machine import describe_machine
from boundary import errors_shown
from config.artifacts import resolve_lineage
from config.lineage.settings import LineageSettings
from local.airflow_runtime.home import unpack_plugins
from local.airflow_runtime.install import install
from local.layout import CACHE, ROOT
from tests.loopback import Request, Response, Server, aws_settings, serving

VERSIONS = ("2.10.3", "3.0.6", "3.3.1")
TASKS, EVENTS, TOKENS = 5, 2, 300
TOKEN = "benchmark-token"  # noqa: S105 - of a stand-in
BEARER = f"Bearer {TOKEN}"
ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:lineage-AbCdEf"
PREFIX = "AIRFLOW__OPENLINEAGE__"
BACKEND = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"


@dataclass(frozen=True)
class Variant:
    """A measured variant: its plugins folder and additional environment variables."""

    name: str
    plugin: str | None
    folder: Path
    variables: Mapping[str, str]


@dataclass
class Measurements:
    """The measurements of a variant."""

    plugin: list[Cost] = field(default_factory=list)
    all_plugins: list[Cost] = field(default_factory=list)
    events: list[Cost] = field(default_factory=list)
    calls: int = 0
    tasks: int = 0

    def add(self, tasks: Sequence[Mapping[str, Any]]) -> None:
        """Adds the costs of a worker's tasks."""
        for task in tasks:
            self.plugin.append(task["plugin"])
            self.all_plugins.append(task["all_plugins"])
            self.events.extend(task["events"])


class CountingSecretsManager(Server):
    """GetSecretValue of the given secrets; counts its calls."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(self._respond)
        self.values = values
        self.calls = 0

    def _respond(self, request: Request) -> Response:
        self.calls += 1
        name = json.loads(request.body)["SecretId"]
        secret = {"ARN": ARN, "Name": name, "SecretString": self.values[name]}
        return Response(200, json.dumps(secret).encode())


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lineage", description="What lineage costs Airflow's processes."
    )
    parser.add_argument("--rounds", type=int, default=6, help="how often each way runs")
    parser.add_argument("--versions", nargs="+", default=VERSIONS, help="of Airflow")
    arguments = parser.parse_args()
    rounds = f"{arguments.rounds} rounds of {TASKS} tasks"
    print(f"{describe_machine()}, load {os.getloadavg()[0]:.0f}; {rounds}\n")
    for version in arguments.versions:
        _measure_version(version, arguments.rounds)


def _measure_version(version: str, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = _install(version, folder)
        with serving(Server(_catalogue)) as catalogue:
            variants = _variants(folder, version, f"{catalogue.url}/")
            values = {ARN: TOKEN, **_variables_of_comparison(version, f"{catalogue.url}/")}
            with serving(CountingSecretsManager(values)) as secrets:
                started = time.monotonic()
                measurements = _measure_rounds(python, folder, variants, secrets, rounds)
                _print(version, measurements, time.monotonic() - started)
                calls = secrets.calls
                pairs = _run_worker(python, folder, variants[1], secrets, tokens=TOKENS)
                _print_tokens(version, pairs, secrets.calls - calls)


def _catalogue(request: Request) -> Response:
    """Accepts an event with the token, or on the path without authentication."""
    is_open = request.path.startswith("/open/")
    return Response(201 if is_open or request.headers["Authorization"] == BEARER else 401)


def _install(version: str, folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text("apache-airflow-providers-openlineage\n")
    return install(version, requirements, CACHE)


def _variants(folder: Path, version: str, catalogue: str) -> list[Variant]:
    nothing, ours, comparison = (folder / name for name in ("nothing", "ours", "comparison"))
    nothing.mkdir()
    unpack_plugins(ours, build_plugins(_lineage(version, catalogue), directory=folder))
    comparison.mkdir()
    shutil.copy(ROOT / "benchmarks" / "comparison" / "token_at_import.py", comparison)
    backend = {
        "AIRFLOW__SECRETS__BACKEND": BACKEND,
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"variables_prefix": "variables"}),
    }
    options = {
        f"{PREFIX}NAMESPACE": "benchmark",
        f"{PREFIX}TRANSPORT": json.dumps(_transport_without_token(version, f"{catalogue}open/")),
    }
    return [
        Variant("no token", None, nothing, options),
        Variant("this plugin", "mwaa_platform_lineage.py", ours, {}),
        Variant("comparison", "token_at_import.py", comparison, backend),
    ]


def _lineage(version: str, url: str, *, token: bool = True) -> ResolvedLineage:
    keys = {"TokenSecretArn": ARN} if token else {"Authentication": "None"}
    settings = LineageSettings.model_validate(
        {
            "Connection": "benchmark",
            "Catalogues": [{"Provider": "OpenLineage", "Url": url, **keys}],
        }
    )
    return resolve_lineage(settings, environment="benchmark", version=version, is_deployed=False)


def _transport_without_token(version: str, url: str) -> dict[str, Any]:
    """The client's own transport, with the same timeouts and retries as the plugin's."""
    transport: Any = _lineage(version, url, token=False).transport
    return {**transport, "type": "http"}


def _variables_of_comparison(version: str, url: str) -> dict[str, str]:
    auth = {"type": "api_key", "apiKey": TOKEN}
    transport = {**_transport_without_token(version, url), "auth": auth}
    return {
        "variables/lineage_namespace": "benchmark",
        "variables/lineage_transport": json.dumps(transport),
    }


def _measure_rounds(
    python: Path,
    folder: Path,
    variants: Sequence[Variant],
    secrets: CountingSecretsManager,
    rounds: int,
) -> dict[str, Measurements]:
    measurements = {variant.name: Measurements() for variant in variants}
    for number in range(rounds + 1):
        for variant in variants[:: 1 if number % 2 else -1]:
            measured, calls = measurements[variant.name], secrets.calls
            tasks = _run_worker(python, folder, variant, secrets, tasks=TASKS if number else 1)
            measured.calls += secrets.calls - calls
            measured.tasks += len(tasks)
            if number:
                measured.add(tasks)
    return measurements


def _run_worker(
    python: Path,
    folder: Path,
    variant: Variant,
    secrets: CountingSecretsManager,
    *,
    tasks: int = 0,
    tokens: int = 0,
) -> list[Any]:
    result, temporary = folder / "result.json", folder / "tmp"
    temporary.mkdir(exist_ok=True)
    plugin = str(variant.folder / variant.plugin) if variant.plugin else None
    process = subprocess.run(
        [python, lineage_process.__file__, result],
        env={
            "PATH": os.defpath,
            "HOME": str(folder),
            "TMPDIR": str(temporary),
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(variant.folder),
            **aws_settings(secrets.url),
            **variant.variables,
        },
        input=json.dumps({"plugin": plugin, "tasks": tasks, "events": EVENTS, "tokens": tokens}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if process.returncode:
        raise SystemExit(f"{variant.name}: {process.stdout}")
    measured: list[Any] = json.loads(result.read_text())
    return measured


def _print(version: str, variants: Mapping[str, Measurements], seconds: float) -> None:
    print(f"| Airflow {version} | {' | '.join(variants)} |\n|---{'|---' * len(variants)}|")
    figures: dict[str, Callable[[Measurements], Sequence[Cost]]] = {
        "running the plugin's file": lambda each: each.plugin,
        "loading all plugins": lambda each: each.all_plugins,
        "sending an event": lambda each: each.events,
    }
    for name, figure in figures.items():
        for part, kind in enumerate(("CPU", "wall")):
            cells = (_format([cost[part] for cost in figure(each)]) for each in variants.values())
            print(f"| {name}, {kind} (ms) | {' | '.join(cells)} |")
    for part, kind in enumerate(("CPU", "wall")):
        middle = [median(cost[part] for cost in each.events) * 1000 for each in variants.values()]
        cells = (f"{each - middle[0]:+.1f}" for each in middle)
        print(f"| added to an event, {kind} (ms) | {' | '.join(cells)} |")
    tasks = next(iter(variants.values())).tasks
    calls = " | ".join(str(each.calls) for each in variants.values())
    print(f"| Secrets Manager calls of {tasks} tasks, within {seconds:.0f} s | {calls} |\n")


def _print_tokens(version: str, pairs: Sequence[Sequence[Cost]], calls: int) -> None:
    title = f"A token on Airflow {version}, {len(pairs)} children each"
    print(f"| {title} | fixed | this plugin | added |")
    print("|---|---|---|---|")
    for part, kind in enumerate(("CPU", "wall")):
        fixed, ours = ([pair[variant][part] * 1000 for pair in pairs] for variant in (0, 1))
        added = [after - before for before, after in zip(fixed, ours, strict=True)]
        columns = (fixed, ours, added)
        print(f"| {kind}, median (ms) | {' | '.join(f'{median(each):.2f}' for each in columns)} |")
        slowest = (quantiles(each, n=20)[-1] for each in columns)
        cells = (f"{each:.2f}" for each in slowest)
        print(f"| {kind}, 95th percentile (ms) | {' | '.join(cells)} |")
    print(f"| Secrets Manager calls | | {calls} | |\n")


def _format(seconds: Sequence[float]) -> str:
    figures = [each * 1000 for each in seconds]
    return f"{median(figures):.1f} ({min(figures):.1f} to {max(figures):.1f})"


if __name__ == "__main__":
    with errors_shown():
        main()
