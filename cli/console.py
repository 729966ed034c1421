"""The one place that talks to the person at the terminal."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from cli.errors import PlatformError
from config.errors import ConfigurationError, Mistake

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

EXIT_CONFIGURATION = 2
EXIT_FAILED = 1
NARROWEST, WIDEST = 20, 100


def exit_with(error: Exception) -> NoReturn:
    """Show an error that a person can act on and end the process.

    The exit status is 2 for a wrong configuration and 1 for anything else.
    """
    err.print(render(error), soft_wrap=True)
    raise SystemExit(
        EXIT_CONFIGURATION if isinstance(error, ConfigurationError) else EXIT_FAILED
    ) from None


def render(error: Exception) -> RenderableType:
    """What is wrong, where, and what to do, for any error of ours."""
    match error:
        case ConfigurationError():
            count = len(error.mistakes)
            noun = "mistake" if count == 1 else "mistakes"
            title = _title(f"{count} {noun} in {error.source}")
            return Group(title, *(_render_mistake(mistake) for mistake in error.mistakes))
        case PlatformError():
            lines = [_title(error.what)]
            if error.where:
                lines.append(_Paragraph(error.where, label="  where  ", label_style="dim"))
            lines.append(_Paragraph(error.remedy, label="  do     ", label_style="dim"))
            return Group(*lines)
        case _:
            return _title(str(error))


def _title(what: str) -> _Paragraph:
    return _Paragraph(what, style="bold", label="✗ ", label_style="bold red")


def _render_mistake(mistake: Mistake) -> RenderableType:
    lines = [
        _Paragraph(mistake.path, style="bold cyan", label=" " * 2),
        _Paragraph(mistake.reason, label=" " * 4),
    ]
    if mistake.hint:
        lines.append(_Paragraph(mistake.hint, style="green", label=" " * 4))
    return Group("", *lines)


@dataclass(frozen=True)
class _Paragraph:
    """A text behind a label, with its further lines below its own beginning.

    Lines end between words alone, so that an address or ARN can be copied in one piece, and are
    not padded.
    """

    text: str
    style: str = ""
    label: str = ""
    label_style: str = ""

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(min(options.max_width, WIDEST) - len(self.label), NARROWEST)
        label = self.label
        for line in self.text.splitlines():
            wrapped = textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
            for each in wrapped:
                yield Text.assemble((label, self.label_style), (each, self.style))
                label = " " * len(label)


def warn(message: str) -> None:
    """Say something that deserves a look but stops nothing."""
    err.print(Text.assemble(("! ", "bold yellow"), message))


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Show a step while it runs, then one line with the seconds that it took."""
    started = time.monotonic()
    with out.status(f"{doing} …") if out.is_terminal else _quiet():
        yield
    seconds = time.monotonic() - started
    out.print(Text.assemble(("✓ ", "bold green"), doing, (f"  {seconds:.1f} s", "dim")))


@contextmanager
def _quiet() -> Iterator[None]:
    yield
