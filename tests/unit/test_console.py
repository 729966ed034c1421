"""Rendering of errors in a terminal and in a log without colour."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

import console
from artifacts.conflict import ConflictError
from console import render
from errors import Finding, InputError, PlatformError
from local.layout import ROOT

ADDRESS = "https://idp.example.com/" + "a" * 90


def printed(error: Exception, width: int) -> str:
    paper = Console(file=io.StringIO(), width=width)
    paper.print(render(error), soft_wrap=True)
    text: str = paper.file.getvalue()  # type: ignore[attr-defined]
    return text


def test_a_mistake_is_its_place_and_below_it_what_is_wrong_and_what_helps() -> None:
    mistakes = (
        Finding(
            place=("Alb", "InternetFacing"),
            message="This must be true or false.",
            remedy="Write it without quotes.",
        ),
        Finding(place=("Oidc",), message="Missing: the client."),
    )
    error = InputError(Path("cdk.context.json"), mistakes)
    assert printed(error, 80).splitlines() == [
        "✗ 2 mistakes in cdk.context.json",
        "",
        "  Alb.InternetFacing",
        "    This must be true or false.",
        "    Write it without quotes.",
        "",
        "  Oidc",
        "    Missing: the client.",
    ]


def test_a_failure_says_where_and_what_to_do_with_its_lines_aligned() -> None:
    error = PlatformError(
        "It did not start.\nPort taken.", place="the log", remedy="End the other one. " * 3
    )
    assert printed(error, 40).splitlines() == [
        "✗ It did not start.",
        "  Port taken.",
        "  where  the log",
        "  do     End the other one. End the",
        "         other one. End the other one.",
    ]


def test_what_a_name_from_elsewhere_would_do_to_a_terminal_is_shown() -> None:
    """Such as the holder of a lock, or what Airflow answers."""
    name = "ada@\x1b[2J\x1b]0;pwned\x07laptop"
    text = printed(PlatformError(f"{name} holds it.", place=name, remedy=f"Ask {name}."), 80)
    assert "\x1b" not in text
    assert text.count(r"ada@\x1b[2J\x1b]0;pwned") == 3


def test_a_team_s_file_that_cannot_be_shipped_is_no_less_than_that() -> None:
    conflict = ConflictError("a.py and b/a.py have the same name.", remedy="Rename the file.")
    assert printed(conflict, 80).splitlines() == [
        "✗ a.py and b/a.py have the same name.",
        "  do     Rename the file.",
    ]


@pytest.mark.parametrize("width", [80, 120])
def test_lines_fit_the_terminal_unpadded_and_addresses_stay_whole(width: int) -> None:
    reason = f"{'This has many words. ' * 12}{ADDRESS} {'And it goes on. ' * 9}"
    text = printed(InputError(Path("file"), [Finding(place=("Oidc",), message=reason)]), width)
    for line in text.splitlines():
        assert line == line.rstrip()
        assert len(line) <= width or line.strip() == ADDRESS
        assert not line or line.startswith(("✗ ", "  Oidc", "    "))
    assert ADDRESS in text


SHOWS = """
import console
console.say("Put in, as ü.", mark="✓", style="bold green")
with console.step("It starts"):
    pass
console.data({"name": "ü"})
console.warn("A … and ü.")
console.exit_with(ValueError("Why."))
"""


@pytest.mark.parametrize(
    ("variables", "letter"),
    [
        ({"PYTHONIOENCODING": "ascii"}, "?"),
        ({"PYTHONIOENCODING": "latin-1"}, "ü"),
        ({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, "?"),
    ],
)
def test_a_terminal_without_our_signs_is_shown_plain_ones(
    variables: dict[str, str], letter: str
) -> None:
    result = subprocess.run(
        [sys.executable, "-c", SHOWS.encode("ascii", "backslashreplace")],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        check=False,
    )
    out, err = (text.decode("latin-1").splitlines() for text in (result.stdout, result.stderr))
    assert result.returncode == 1, err
    assert out[0] == f"+ Put in, as {letter}."
    assert out[1].startswith("+ It starts")
    assert json.loads("".join(out[2:])) == {"name": "ü"}
    assert err == [f"! A ... and {letter}.", "x Why."]


ROWS = (
    ("ada@example.com", "analytics", "Viewer, Op"),
    ("ada@example.com", "reporting", "Viewer"),
    ("a group whose name is as long as names of groups are", "analytics", "Admin"),
)
HEADERS = ("who", "environment", "roles")


def shown(monkeypatch: pytest.MonkeyPatch, *, width: int, terminal: bool = True) -> list[str]:
    screen = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    monkeypatch.setattr(console, "_out", screen)
    console.table(HEADERS, ROWS)
    text: str = screen.file.getvalue()  # type: ignore[attr-defined]
    return re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()


def test_a_table_has_a_line_for_each_row_where_they_fit_and_when_piped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wide = shown(monkeypatch, width=120)
    assert [line.split()[-1] for line in wide] == ["roles", "Op", "Viewer", "Admin"]
    begins = {line.index(row[1]) for line, row in zip(wide[1:], ROWS, strict=True)}
    assert len(begins) == 1
    assert shown(monkeypatch, width=20, terminal=False) == wide


@pytest.mark.parametrize("width", [24, 40, 60, 80])
def test_a_table_is_whole_on_a_narrow_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, width=width)
    words = " ".join(lines).split()
    for row in ROWS:
        for cell in row:
            assert all(word in words for word in cell.split())
    assert all(line == line.rstrip() for line in lines)
    headings = {row[0] for row in ROWS}
    assert all(len(line) <= width or line in headings for line in lines)


def test_the_rows_of_one_heading_stand_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, width=40)[:3] == [
        "ada@example.com",
        "  analytics  Viewer, Op",
        "  reporting  Viewer",
    ]
