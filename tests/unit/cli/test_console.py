"""What people read when something is wrong, in a terminal or in a log without colour."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from cli.console import render
from cli.errors import PlatformError
from config.errors import ConfigurationError, Mistake

ADDRESS = "https://idp.example.com/" + "a" * 90


def printed(error: Exception, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(render(error), soft_wrap=True)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


def test_a_mistake_is_its_place_and_below_it_what_is_wrong_and_what_helps() -> None:
    mistakes = (
        Mistake("Alb.InternetFacing", "This must be true or false.", "Write it without quotes."),
        Mistake("Oidc", "Missing: the client."),
    )
    error = ConfigurationError(Path("cdk.context.json"), mistakes)
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
        "It did not start.\nPort taken.", where="the log", remedy="End the other one. " * 3
    )
    assert printed(error, 40).splitlines() == [
        "✗ It did not start.",
        "  Port taken.",
        "  where  the log",
        "  do     End the other one. End the",
        "         other one. End the other one.",
    ]


@pytest.mark.parametrize("width", [80, 120])
def test_lines_fit_the_terminal_unpadded_and_addresses_stay_whole(width: int) -> None:
    reason = f"{'This has many words. ' * 12}{ADDRESS} {'And it goes on. ' * 9}"
    text = printed(ConfigurationError(Path("file"), (Mistake("Oidc", reason),)), width)
    for line in text.splitlines():
        assert line == line.rstrip()
        assert len(line) <= width or line.strip() == ADDRESS
        assert not line or line.startswith(("✗ ", "  Oidc", "    "))
    assert ADDRESS in text
