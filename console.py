"""Output of commands to the terminal or a pipe."""

from __future__ import annotations

import codecs
import io
import json
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NoReturn

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from errors import Finding, InputError, PlatformError

PLAIN = {"✓": "+", "✗": "x", "…": "..."}
"""Substitutes of signs on a terminal whose encoding lacks them."""


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return PLAIN.get(error.object[error.start], "?"), error.start + 1


# A sign that the terminal's encoding lacks must not end the process.
codecs.register_error("mwaa_platform_plain", _plain)
for _stream in (sys.stdout, sys.stderr):
    if isinstance(_stream, io.TextIOWrapper):
        _stream.reconfigure(errors="mwaa_platform_plain")

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)

NARROWEST, WIDEST = 20, 100
GAP = "  "


def exit_with(error: Exception, *, status: int | None = None) -> NoReturn:
    """Shows an error and ends the process, with the error's own exit status by default."""
    _err.print(render(error), soft_wrap=True)
    usual = error.exit_status if isinstance(error, PlatformError) else PlatformError.exit_status
    raise SystemExit(usual if status is None else status) from None


def render(error: Exception) -> RenderableType:
    """Returns an error as a message, the place and the remedy, or with all of its findings."""
    match error:
        case InputError():
            return Group(_title(error.message), *map(_render_finding, error.findings))
        case PlatformError():
            return _failure(error.message, place=error.place, remedy=error.remedy)
        case _:
            return _title(str(error))


def table(headers: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> None:
    """Shows rows in aligned columns, one line each.

    On a terminal that is too narrow, the first cell becomes a heading of the rows that share it,
    and where that is still too wide, each other cell gets a line. Cells are never cut or broken, so
    that text can be copied and piped in one piece.
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
            _show_stacked(headers[1:], rest)


def _show_aligned(grid: Sequence[Sequence[Text]], *, indent: str) -> None:
    widths = _widths(grid)
    for row in grid:
        for cell, width in zip(row, widths, strict=True):
            cell.align("left", width)
        line = Text.assemble(indent, Text(GAP).join(row))
        line.rstrip()
        _out.print(line, soft_wrap=True)


def _show_stacked(headers: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
    label_width = max(map(len, headers))
    for number, row in enumerate(rows):
        if number:
            _out.print()
        for header, cell in zip(headers, row, strict=True):
            if cell.plain:
                label = f"{GAP}{header:<{label_width}}{GAP}"
                paragraph = _Paragraph(cell.plain, str(cell.style), label, label_style="dim")
                _out.print(paragraph, soft_wrap=True)


def _widths(grid: Sequence[Sequence[Text]]) -> list[int]:
    return [max(cell.cell_len for cell in column) for column in zip(*grid, strict=True)]


def _width(grid: Sequence[Sequence[Text]]) -> int:
    widths = _widths(grid)
    return sum(widths) + len(GAP) * (len(widths) - 1)


def say(text: str, *, mark: str = "", style: str = "", indent: int = 0) -> None:
    """Shows a paragraph, behind a mark such as ✓ where one is given."""
    label = " " * indent + (f"{mark} " if mark else "")
    _out.print(_Paragraph(text, label=label, label_style=style), soft_wrap=True)


def line(text: str, *, style: str = "", indent: int = 0) -> None:
    """Shows a text on one line, however long, so that a command can be copied."""
    _out.print(Text(" " * indent + text, style=style), soft_wrap=True)


def gap() -> None:
    """Shows an empty line."""
    _out.print()


def clear() -> None:
    """Empties the terminal; does nothing where the output is no terminal."""
    _out.clear()


def heading(text: str) -> None:
    """Shows the heading of a section."""
    gap()
    line(text, style="bold")


def data(value: Any, *, indent: int | None = 2) -> None:
    """Writes a value as JSON, in ASCII where the encoding of the output lacks a letter.

    Without `indent` on one line, which another program gets without delay.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    try:
        text.encode(_out.encoding)
    except UnicodeEncodeError:
        text = json.dumps(value, indent=indent)
    _out.file.write(text + "\n")
    if indent is None:
        _out.file.flush()


def text(content: str) -> None:
    """Writes a text for other programs as it is."""
    _out.file.write(content)


def printable(text: str) -> str:
    """Returns a text from elsewhere with control characters escaped, which act on a terminal."""
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
    heading = _Paragraph(finding.name + line, style="bold cyan", label=" " * 2)
    lines: list[RenderableType] = [heading, _Paragraph(finding.message, label=" " * 4)]
    if finding.remedy:
        lines.append(_Paragraph(finding.remedy, style="green", label=" " * 4))
    return Group("", *lines)


@dataclass(frozen=True)
class _Paragraph:
    """Text behind a label, with further lines indented below its beginning.

    Texts from elsewhere are in many, so that control characters are escaped.
    Lines break between words only, so that an address or ARN can be copied in one piece, and have
    no trailing spaces: Rich's own wrapping and padding would cut the one and add the other.
    """

    text: str
    style: str = ""
    label: str = ""
    label_style: str = ""

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(min(options.max_width, WIDEST) - len(self.label), NARROWEST)
        label = self.label
        for line in self.text.splitlines():
            for each in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False):
                shown = printable(each)
                yield Text.assemble((label, self.label_style), (shown, self.style))
                label = " " * len(label)


def warn(message: str, *, lines: Iterable[str] = ()) -> None:
    """Shows a warning on standard error, and `lines` below it unbroken, to be copied."""
    _err.print(_Paragraph(message, label="! ", label_style="bold yellow"), soft_wrap=True)
    for each in lines:
        _err.print(Text(f"    {each}"), soft_wrap=True)


def remark(message: str) -> None:
    """Shows a remark on standard error, apart from what other programs read."""
    _err.print(_Paragraph(message), soft_wrap=True)


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Shows a step while it runs, then one line with the seconds that it took."""
    started = time.monotonic()
    with waiting(doing):
        yield
    seconds = time.monotonic() - started
    _out.print(Text.assemble(("✓ ", "bold green"), doing, (f"  {seconds:.1f} s", "dim")))


@contextmanager
def status_line() -> Iterator[Callable[[str], None]]:
    """Yields what shows a text on one line that changes, on a terminal only."""
    if not _out.is_terminal:
        yield lambda _: None
        return
    with _out.status("") as line:
        yield lambda text: line.update(Text(printable(text)))


def can_ask() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask(question: str) -> str:
    """Asks a question; returns the answer, empty where the input has ended."""
    try:
        return _out.input(f"{question} ", markup=False).strip()
    except EOFError:
        return ""


def confirm(question: str) -> bool:
    """Asks for a yes."""
    return ask(f"{question} [y/N]").lower() in {"y", "yes"}


def waiting(doing: str) -> AbstractContextManager[Any]:
    """Shows what is being done while the block runs, on a terminal only."""
    return _out.status(f"{doing} …") if _out.is_terminal else nullcontext()
