"""The launcher: imports, working directory and list of commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from local.layout import ROOT
from tests.unit.cli.terminal import Terminal

HEAVY = {"boto3", "botocore", "httpx", "pydantic", "psutil"}


def test_help_needs_nothing_heavy() -> None:
    code = "import sys, cli.__main__; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert HEAVY.isdisjoint(loaded.stdout.split())


def test_paths_start_from_where_the_command_is_typed(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text('{"Mine": 1}')
    said = subprocess.run(
        [ROOT / "mwaa-platform", "doctor", "--configuration", "mine.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "mine.json" in said.stderr
    assert "There is no such key here." in said.stderr


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ([], ["On this machine", "Before you deploy", "For your environments", "grants", "doctor"]),
        (["grants"], ["list", "add", "remove", "check", "import"]),
        (["oidc"], ["discover"]),
    ],
)
def test_help_names_every_command(
    arguments: list[str], shown: list[str], terminal: Terminal
) -> None:
    said = terminal.type(*arguments, "--help")
    assert said.status == 0
    assert [each for each in shown if each not in said.out] == []
