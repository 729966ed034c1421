"""The one place that talks to the person at the terminal."""

from __future__ import annotations

import codecs
import io
import json
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NoReturn

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from errors import Finding, InputError, PlatformError

PLAIN = {"✓": "+", "✗": "x", "…": "..."}
"""What stands for our own signs on a terminal that cannot show them."""


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return PLAIN.get(error.object[error.start], "?"), error.start + 1


def _show_whatever_the_terminal_can() -> None:
    """Have no sign end the process where the terminal's encoding does not have it."""
    codecs.register_error("mwaa_platform_plain", _plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="mwaa_platform_plain")


_show_whatever_the_terminal_can()
_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)

NARROWEST, WIDEST = 20, 100
GAP = "  "


def exit_with(error: Exception, *, status: int | None = None) -> NoReturn:
    """Shows an error and ends the process, with the error's own exit status unless another is "
    "given."""
    _err.print(render(error), soft_wrap=True)
    usual = error.exit_status if isinstance(error, PlatformError) else PlatformError.exit_status
    raise SystemExit(usual if status is None else status) from None


def render(error: Exception) -> RenderableType:
    """What is wrong, where, and the remedy."""
    match error:
        case InputError():
            return Group(_title(error.message), *map(_render_finding, error.findings))
        case PlatformError():
            return _failure(error.message, place=error.place, remedy=error.remedy)
        case _:
            return _title(str(error))


def table(headers: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> None:
    """Show rows in aligned columns.

    Where the terminal is too narrow, the first cell becomes a heading for the rest of its rows,
    and where that is not enough, the others stand below one another. No cell is ever cut or
    broken, so that what is piped on is whole.
    """
    cells = [
        [each if isinstance(each, Text) else Text(printable(each)) for each in row] for row in rows
    ]
    grid = [[Text(header, style="dim") for header in headers], *cells]
    if not _out.is_terminal or _width(grid) <= _out.width:
        _show_aligned(grid, indent="")
        return
    for _, group in groupby(cells, key=lambda row: row[0].plain):
        [[heading, *first], *others] = list(group)
        heading.stylize("bold")
        _out.print(heading, soft_wrap=True)
        rest = [first, *(row[1:] for row in others)]
        if _width(rest) + len(GAP) <= _out.width:
            _show_aligned(rest, indent=GAP)
        else:
            _show_below_one_another(headers[1:], rest)


def _show_aligned(grid: Sequence[Sequence[Text]], *, indent: str) -> None:
    widths = _widths(grid)
    for row in grid:
        padded = (
            cell + " " * (width - cell_len(cell.plain))
            for cell, width in zip(row, widths, strict=True)
        )
        line = Text(indent) + Text(GAP).join(padded)
        line.rstrip()
        _out.print(line, soft_wrap=True)


def _show_below_one_another(headers: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
    label_width = max(map(cell_len, headers))
    for number, row in enumerate(rows):
        if number:
            _out.print()
        for header, cell in zip(headers, row, strict=True):
            if cell.plain:
                label = f"{GAP}{header:<{label_width}}{GAP}"
                paragraph = _Paragraph(cell.plain, str(cell.style), label, label_style="dim")
                _out.print(paragraph, soft_wrap=True)


def _widths(grid: Sequence[Sequence[Text]]) -> list[int]:
    return [max(cell_len(cell.plain) for cell in column) for column in zip(*grid, strict=True)]


def _width(grid: Sequence[Sequence[Text]]) -> int:
    widths = _widths(grid)
    return sum(widths) + len(GAP) * (len(widths) - 1)


def say(text: str, *, mark: str = "", style: str = "", indent: int = 0) -> None:
    """Show a paragraph, behind a mark such as ✓ where one is given."""
    label = " " * indent + (f"{mark} " if mark else "")
    _out.print(_Paragraph(text, label=label, label_style=style), soft_wrap=True)


def line(text: str, *, style: str = "", indent: int = 0) -> None:
    """Show a command or the like on one line, however long, so that it can be copied."""
    _out.print(Text(" " * indent + text, style=style), soft_wrap=True)


def gap() -> None:
    """Leave a line empty."""
    _out.print()


def heading(text: str) -> None:
    """Begin a part of what is shown."""
    gap()
    line(text, style="bold")


def data(value: Any) -> None:
    """Write a value as JSON for other programs, escaped where their encoding lacks a letter."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode(_out.encoding)
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    _out.file.write(text + "\n")


def printable(text: str) -> str:
    """A text from elsewhere, with control characters made visible: they steer a terminal."""
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)


def _title(what: str) -> _Paragraph:
    return _Paragraph(what, style="bold", label="✗ ", label_style="bold red")


def _failure(message: str, *, place: str | None, remedy: str) -> RenderableType:
    labelled = {"  where  ": place, "  do     ": remedy}
    given = {label: text for label, text in labelled.items() if text}
    lines = [_Paragraph(text, label=label, label_style="dim") for label, text in given.items()]
    return Group(_title(message), *lines)


def _render_finding(finding: Finding) -> RenderableType:
    line = f"  line {finding.position.line}" if finding.position else ""
    heading = Text.assemble("  ", (finding.name, "bold cyan"), (line, "dim"))
    lines: list[RenderableType] = [heading, _Paragraph(finding.message, label=" " * 4)]
    if finding.remedy:
        lines.append(_Paragraph(finding.remedy, style="green", label=" " * 4))
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


def warn(message: str, *, lines: Iterable[str] = ()) -> None:
    """Say something that deserves a look but stops nothing; `lines` below it are to be copied."""
    _err.print(_Paragraph(message, label="! ", label_style="bold yellow"), soft_wrap=True)
    for each in lines:
        _err.print(Text(f"    {each}"), soft_wrap=True)


def remark(message: str) -> None:
    """Say something to the person alone, beside what goes to other programs."""
    _err.print(_Paragraph(message), soft_wrap=True)


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Show a step while it runs, then one line with the seconds that it took."""
    started = time.monotonic()
    with waiting(doing):
        yield
    seconds = time.monotonic() - started
    _out.print(Text.assemble(("✓ ", "bold green"), doing, (f"  {seconds:.1f} s", "dim")))


def waiting(doing: str) -> AbstractContextManager[Any]:
    """Show what is being done while the block runs, on a terminal alone."""
    return _out.status(f"{doing} …") if _out.is_terminal else nullcontext()
