"""Coverage-guided fuzzing of a target for some seconds, which goes on from where it was left."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from errors import PlatformError
from local.layout import CACHE, ROOT
from local.toolchain import locked_environment
from locks import FUZZER
from tests.campaign.inputs import CORPUS, LARGEST_BYTES

FOUND = ROOT / ".local" / "campaign"
"""What inputs have reached so far, a folder a target, with those that broke a promise."""
LONGEST_SECONDS = 20
"""Of one input by the clock, on a machine that does other things too."""
BROKEN = "=== Uncaught Python exception: ==="
LONGEST_REPORT = 4000
IMPORTED = ("", "constructs", "lambda", "airflow_files/lineage", "airflow_files/preflight")


@dataclass(frozen=True, kw_only=True)
class Fuzzed:
    """How many inputs were tried, and the last lines about one that broke a promise, if any did."""

    inputs: int
    seconds: float
    broken: str | None = None


def fuzz(name: str, seconds: int) -> Fuzzed:
    """Fuzzes a target; the inputs that reach something new are kept for the next time."""
    python = locked_environment(CACHE / "fuzzer", FUZZER.file, installs="The fuzzer")
    [packages] = python.parent.parent.glob("lib/python*/site-packages")
    reached, broken = FOUND / name / "reached", FOUND / name / "broken"
    for folder in (reached, broken):
        folder.mkdir(parents=True, exist_ok=True)
    paths = os.pathsep.join(str(ROOT / each) for each in IMPORTED)
    options = {
        "artifact_prefix": f"{broken}{os.sep}",
        "max_total_time": seconds,
        "max_len": LARGEST_BYTES,
        "timeout": LONGEST_SECONDS,
        "rss_limit_mb": 2048,
        "print_final_stats": 1,
        "close_fd_mask": 1,
    }
    command = [sys.executable, "-m", "tests.campaign.fuzz_process", name]
    command += [f"-{option}={value}" for option, value in options.items()]
    started = time.monotonic()
    result = subprocess.run(
        [*command, str(reached), str(CORPUS / name)],
        cwd=ROOT,
        env={**os.environ, "FUZZER_PACKAGES": str(packages), "PYTHONPATH": paths},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    took = time.monotonic() - started
    said = result.stderr
    counts = re.findall(r"stat::number_of_executed_units:\s+(\d+)", said)
    _, is_broken, report = said.partition(BROKEN)
    if result.returncode and not is_broken:
        raise PlatformError(
            f"The fuzzer of {name} ended by itself.",
            place=f"status {result.returncode}",
            remedy=said[-1000:],
        )
    return Fuzzed(
        inputs=int(counts[-1]) if counts else 0,
        seconds=took,
        broken=report[:LONGEST_REPORT] or None,
    )


def broken_inputs(name: str) -> list[Path]:
    """The files with inputs that broke a promise."""
    return sorted((FOUND / name / "broken").glob("*"))
