"""One execution environment of a function: imports its handler, invokes it and measures the cost.

Runs on the Python of Lambda, in a process of its own, and imports nothing of the project. Reads a
JSON object from standard input: `handler` ("module.function") and `workloads`, each with an
`event`, the expected `status`, and how many `times` to measure after how many to `warm_up`. Writes
another to the file of the argument: the cost of the import, of each invocation of each workload,
and the peak of resident memory in bytes. A cost is [CPU of all threads, wall], both in seconds.
"""

from __future__ import annotations

import importlib
import json
import logging
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Cost = tuple[float, float]


class FakeContext:
    """The attributes of a function's context that handlers read."""

    aws_request_id = "00000000-0000-0000-0000-000000000000"


def main() -> None:
    """Measures one function."""
    # As Lambda's runtime does before it imports a function; standard output is its log.
    logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))
    task = json.load(sys.stdin)
    module, _, name = task["handler"].rpartition(".")
    imported, cost = _measure(lambda: importlib.import_module(module))
    workloads = [_run(getattr(imported, name), **workload) for workload in task["workloads"]]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    result = {"import": cost, "workloads": workloads, "peak_bytes": peak}
    Path(sys.argv[1]).write_text(json.dumps(result))


def _run(handle: Any, event: Any, status: int, times: int, warm_up: int) -> list[Cost]:
    costs = []
    for _ in range(warm_up + times):
        response, cost = _measure(lambda: handle(event, FakeContext()))
        if response["statusCode"] != status:
            raise SystemExit(f"status {response['statusCode']} instead of {status}")
        costs.append(cost)
    return costs[warm_up:]


def _measure(work: Callable[[], Any]) -> tuple[Any, Cost]:
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, (time.process_time() - cpu, time.perf_counter() - wall)


if __name__ == "__main__":
    main()
