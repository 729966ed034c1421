"""Help pages on a terminal of the usual width."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
import typer

from cli.commands import app
from tests.unit.cli.terminal import Terminal

COLUMNS = 80
MARGIN = 1


def pages() -> Iterator[tuple[str, ...]]:
    def below(command: object, *words: str) -> Iterator[tuple[str, ...]]:
        yield words
        for name, each in getattr(command, "commands", {}).items():
            yield from below(each, *words, name)

    return below(typer.main.get_command(app))


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
