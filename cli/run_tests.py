"""`test`: the project's own tests."""

from __future__ import annotations

import os
import subprocess
import sys

import typer

import console
from cli.commands import Test
from local.layout import ROOT
from local.toolchain import install_node_packages


def run_tests(options: Test) -> None:
    """Installs the CDK CLI, runs pytest, and exits with its status."""
    with console.step("The CDK CLI is installed"):
        install_node_packages(ROOT)
    # One worker more than cores: many tests wait for a program. tests/conftest.py has the order.
    workers = ("-n", f"{(os.cpu_count() or 1) + 1}", "--dist=loadgroup", "--no-loadscope-reorder")
    command = [sys.executable, "-m", "pytest", *workers, *options.context.args]
    raise typer.Exit(subprocess.run(command, cwd=ROOT, check=False).returncode)
