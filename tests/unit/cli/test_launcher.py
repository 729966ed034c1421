"""The launcher: imports, working directory and list of commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from local.layout import ROOT
from tests.unit.cli.terminal import Terminal

HEAVY = {"boto3", "botocore", "httpx", "psutil", "config.loader"}


SHOW_HELP = """
import sys
from cli.__main__ import main
try:
    main()
finally:
    print(*sys.modules)
"""


def modules_after(code: str, *arguments: str) -> set[str]:
    """The modules that are loaded once Python has run this."""
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(result.stdout.split())


def test_the_commands_are_declared_without_anything_heavy() -> None:
    loaded = modules_after("import sys, cli.__main__; print(*sys.modules)")
    assert loaded.isdisjoint({*HEAVY, "pydantic"})


@pytest.mark.parametrize("command", [(), ("grants",), ("grants", "add"), ("doctor",)])
def test_help_needs_nothing_heavy(command: tuple[str, ...]) -> None:
    assert modules_after(SHOW_HELP, *command, "--help").isdisjoint(HEAVY)


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
