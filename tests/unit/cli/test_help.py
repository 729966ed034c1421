"""Help pages on a terminal of the usual width."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import typer

from cli.commands import app
from cli.options import SPANS
from tests.unit.cli.terminal import Terminal

COLUMNS = 80
MARGIN = 1


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    def below(command: Any, *words: str) -> Iterator[tuple[tuple[str, ...], Any]]:
        yield words, command
        for name, each in getattr(command, "commands", {}).items():
            yield from below(each, *words, name)

    return below(typer.main.get_command(app))


def pages() -> Iterator[tuple[str, ...]]:
    return (words for words, _ in commands())


def options() -> Iterator[tuple[str, Any]]:
    """Each option with the command that it is of."""
    for words, command in commands():
        for each in command.params:
            yield " ".join(words), each


def test_an_option_is_called_the_same_everywhere() -> None:
    forms: dict[str, set[frozenset[str]]] = {}
    for _, option in options():
        for name in ("--environment", "--configuration", "--wait"):
            if name in option.opts:
                forms.setdefault(name, set()).add(frozenset(option.opts))
    assert forms == {
        "--environment": {frozenset({"--environment", "-e"})},
        "--configuration": {frozenset({"--configuration", "-c"})},
        "--wait": {frozenset({"--wait"})},
    }


def test_each_time_to_wait_is_a_span() -> None:
    spans = {"--wait", "--wait-for-tasks", "--settle", "--since"}
    of_git = {("plan", "--since"), ("check", "--since")}
    found = {
        (command, option.opts[0]): (option.metavar, SPANS.split(";")[0] in (option.help or ""))
        for command, option in options()
        if spans & {*option.opts} and (command, option.opts[0]) not in of_git
    }
    assert len(found) == 6
    assert set(found.values()) == {("SPAN", True)}


@pytest.mark.parametrize("command", list(pages()), ids=" ".join)
def test_no_line_ends_before_the_next_word_would_not_fit(
    command: tuple[str, ...], terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    page = terminal.type(*command, "--help")
    assert page.status == 0
    prose = [line.strip() for line in page.out.partition("╭")[0].splitlines()]
    assert any(prose)
    for line, following in pairwise(prose):
        if line and following and not line.endswith(":"):
            [word, *_] = following.split()
            assert len(f"{line} {word}") > COLUMNS - 2 * MARGIN, line


@pytest.mark.parametrize("command", list(pages()), ids=" ".join)
def test_h_is_help_and_an_option_without_a_value_names_no_type(
    command: tuple[str, ...], terminal: Terminal
) -> None:
    page = terminal.type(*command, "-h")
    assert page.status == 0
    assert "<bool>" not in page.out
