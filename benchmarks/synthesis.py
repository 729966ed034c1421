"""CPU time of a synthesis of 2, 10 and 50 environments, of this checkout and of others.

    .venv/bin/python -m benchmarks.synthesis

Each synthesis is a process of its own with its jsii kernel; checkouts alternate in each round, so
that whatever else the machine does is shared by all. The authenticator is not bundled: that is
uv's time. Prints a Markdown table with the median, minimum and maximum in seconds.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.machine import describe_machine
from boundary import errors_shown
from local.layout import ROOT

COUNTS = (2, 10, 50)
PR_SET_CHILD_SUBREAPER = 36
"""Of <sys/prctl.h>: makes this process the parent of what its children leave running."""

WITHOUT_BUNDLING = json.dumps({"aws:cdk:bundling-stacks": []})


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.synthesis", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="syntheses of each kind")
    parser.add_argument(
        "--compare",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="another checkout, with its own .venv",
    )
    options = parser.parse_args()
    adopt_kernels()
    checkouts = [ROOT, *options.compare]
    print(f"{describe_machine()}, {options.rounds} rounds\n")
    print("| environments | " + " | ".join(path.name for path in checkouts) + " |")
    print("|---|" + "---|" * len(checkouts))
    for count in COUNTS:
        seconds = _measure(count, checkouts, options.rounds)
        print(f"| {count} | " + " | ".join(map(_shown, seconds)) + " |", flush=True)


def _measure(count: int, checkouts: list[Path], rounds: int) -> list[list[float]]:
    """The seconds of each checkout."""
    taken: list[list[float]] = [[] for _ in checkouts]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cdk.context.json").write_text(json.dumps(many(count)))
        for checkout in checkouts:
            _synthesise(checkout, folder)  # compiles its modules
        for _ in range(rounds):
            for seconds, checkout in zip(taken, checkouts, strict=True):
                seconds.append(_synthesise(checkout, folder))
    return taken


def _synthesise(checkout: Path, folder: Path) -> float:
    """CPU seconds of a synthesis of the folder's configuration, and of what it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [str(checkout / ".venv/bin/python"), str(checkout / "app.py")],
        cwd=folder,
        env=environment_of_process(checkout),
        capture_output=True,
        check=True,
    )
    wait_for_kernels()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def adopt_kernels() -> None:
    """Makes this process the parent of jsii's kernels that outlive the synthesis of theirs.

    Their time counts too.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_for_kernels() -> None:
    """Waits for every process that this one started or adopted."""
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def environment_of_process(checkout: Path) -> dict[str, str]:
    """The variables of a synthesis by a checkout."""
    return {
        **{key: os.environ[key] for key in os.environ.keys() - {"PYTHONDONTWRITEBYTECODE"}},
        "PATH": f"{checkout / '.venv/bin'}:{os.environ['PATH']}",
        "CDK_CONTEXT_JSON": WITHOUT_BUNDLING,
    }


def many(count: int) -> dict[str, Any]:
    """The sample of many environments with lineage, with so many new ones that send it."""
    sample: dict[str, Any] = json.loads((ROOT / "samples" / "many-with-lineage.json").read_text())
    sample["MwaaEnvironments"] = list(_environments(count))
    sample["Grants"] = []
    return sample


def _environments(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield {"Name": f"environment-{number:02}", "VpcCIDR": f"10.{number + 1}.0.0/16"}


def _shown(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})"


if __name__ == "__main__":
    with errors_shown():
        main()
