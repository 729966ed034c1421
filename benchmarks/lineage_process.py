"""A worker of Airflow: its tasks, forked children, load the plugins and send events.

As with the lineage provider, a task sends each event from a forked child of its own. Runs on
Airflow's Python and imports nothing of the project. Reads a JSON object from standard input:
`plugin`, the plugin's file, how many `tasks` to run one after the other, and of how many `events`
each; or how many `tokens` to get, each in a child of its own. Writes a list to the file of the
argument. It has an object for each task: the cost to load `all_plugins` and, as a part of that, to
run the `plugin`, and the costs of its `events`. For each token it has the cost of a fixed one, as
the client itself gets it, and that of the transport's. A cost is [CPU, wall], both in seconds.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

Cost = tuple[float, float]
NOTHING: Cost = (0.0, 0.0)


def main() -> None:
    """Measures the tasks of one worker."""
    # A worker has loaded these before it forks.
    from airflow import plugins_manager  # noqa: PLC0415
    from airflow.providers.openlineage.plugins.adapter import (  # noqa: PLC0415
        OpenLineageAdapter,
    )

    options = json.load(sys.stdin)
    costs = _measure_runs_of(options["plugin"])

    def task() -> dict[str, object]:
        all_plugins = _measure(plugins_manager.ensure_plugins_loaded)
        events = [
            _in_child(lambda: _measure(lambda: _send(OpenLineageAdapter())))
            for _ in range(options["events"])
        ]
        return {"all_plugins": all_plugins, "plugin": costs[-1], "events": events}

    measured = [_in_child(task) for _ in range(options["tasks"])]
    if options["tokens"]:
        plugins_manager.ensure_plugins_loaded()
        measured += _measure_tokens(options["tokens"])
    Path(sys.argv[1]).write_text(json.dumps(measured))


def _measure_tokens(count: int) -> list[list[Cost]]:
    """The costs of a fixed token and of the transport's, from alternating children."""
    from openlineage.client.transport.http import create_token_provider  # noqa: PLC0415

    auth = json.loads(os.environ["AIRFLOW__OPENLINEAGE__TRANSPORT"])["auth"]
    module = auth["type"].rpartition(".")[0]
    if module in sys.modules:
        raise SystemExit(f"{module} is imported before the fork: its import would not be measured.")
    fixed = {"type": "api_key", "apiKey": "benchmark-token"}

    def cost(config: dict[str, Any]) -> Cost:
        measured: Cost = _in_child(
            lambda: _measure(lambda: create_token_provider(config).get_bearer())
        )
        return measured

    cost(auth)  # fills the cache of the token
    return [[cost(fixed), cost(auth)] for _ in range(count)]


def _measure_runs_of(file: str | None) -> list[Cost]:
    """Measures every later run of a file; the first entry of the list is zero."""
    costs = [NOTHING]
    run = SourceFileLoader.exec_module

    def timed_run(loader: SourceFileLoader, module: ModuleType) -> None:
        if loader.path == file:
            costs.append(_measure(lambda: run(loader, module)))
        else:
            run(loader, module)

    SourceFileLoader.exec_module = timed_run  # type: ignore[method-assign,assignment]
    return costs


def _send(adapter: Any) -> None:
    from openlineage.client.event_v2 import Job, Run, RunEvent, RunState  # noqa: PLC0415

    event = RunEvent(
        eventType=RunState.COMPLETE,
        eventTime="2024-01-01T00:00:00Z",
        run=Run(runId="0193a2f0-7c1e-7b4e-9d8e-000000000000"),
        job=Job(namespace="benchmark", name="benchmark.task"),
        producer="https://example.com",
    )
    adapter.get_or_create_openlineage_client().emit(event)


def _in_child(work: Callable[[], object]) -> Any:
    """The result of the work in a forked child."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writer, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text)


def _measure(work: Callable[[], object]) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


if __name__ == "__main__":
    main()
