"""Imports and usage of the benchmarks."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from local.layout import ROOT
from tests.waits import DEADLINE_SECONDS

MODULES = [f"benchmarks.{path.stem}" for path in sorted((ROOT / "benchmarks").glob("*.py"))]
RUN_BY_PEOPLE = tuple(
    f"benchmarks.{name}"
    for name in (
        "authenticator",
        "deploy",
        "doctor",
        "growth",
        "lineage",
        "local_run",
        "plan",
        "synthesis",
    )
)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_can_be_imported(module: str) -> None:
    about = importlib.import_module(module).__doc__ or ""
    assert (f".venv/bin/python -m {module}\n" in about) is (module in RUN_BY_PEOPLE)


@pytest.mark.parametrize("module", RUN_BY_PEOPLE)
def test_a_benchmark_shows_its_usage(module: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith(f"usage: python -m {module} [-h]")
