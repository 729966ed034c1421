"""Markdown for pull requests and issues, in which texts from elsewhere mean nothing.

Names come from a file or from AWS, and a mention, a link or a picture must not come from there.
GitHub makes links of addresses, and of mentions and references of its own: of these in the text
that is left once the signs of Markdown are read, so that no backslash prevents it.
https://github.github.com/gfm/#autolinks-extension-
https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import console
from errors import Finding, InputError, PlatformError

CODE_OR_ADDRESS = re.compile(
    r"(?P<fence>`+)(?P<code>[^`]+)(?P=fence)(?!`)"
    r"|(?P<address>\b(?:[a-z][a-z0-9+.-]*://|www\.)[^\s`<>]*[^\s`<>.,:;!?'\")\]])",
    re.IGNORECASE,
)
"""Code between backquotes, and what GitHub would make a link of."""
REFERENCE = re.compile(r"@(?=\w)|(?:#|\bGH-)(?=\d)", re.IGNORECASE)
"""The beginning of a mention, or of a reference to an issue."""
BREAK = "\N{ZERO WIDTH NON-JOINER}"


def escaped(text: str) -> str:
    """A text whose signs mean nothing to Markdown, but backquotes around code.

    Addresses become code, which is no link and can be copied.
    """
    plain = "".join(each if each.isprintable() else " " for each in text)
    parts, end = [], 0
    for found in CODE_OR_ADDRESS.finditer(plain):
        parts += [_without_signs(plain[end : found.start()]), code(found["code"] or found[0])]
        end = found.end()
    return "".join([*parts, _without_signs(plain[end:])])


def _without_signs(text: str) -> str:
    """A text without code, whose signs mean nothing."""
    broken = REFERENCE.sub(rf"\g<0>{BREAK}", text)
    return re.sub(r"([\\`*_\[\]#|~!])", r"\\\1", html.escape(broken, quote=False))


def code(text: str) -> str:
    """A text on one line as code, whatever is in it."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    fence = "`" * (_longest_run(plain) + 1)
    return f"{fence} {plain} {fence}" if "`" in plain else f"{fence}{plain}{fence}"


def block(text: str, *, longest: int | None = None) -> str:
    """A text of many lines as a block of code, whatever is in it; the end of a longer one."""
    shown = "\n".join(map(console.printable, text.splitlines()))
    if longest is not None and len(shown) > longest:
        shown = f"…{shown[-longest:]}"
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}text\n{shown}\n{fence}"


def finding_lines(finding: Finding) -> Iterator[str]:
    """A finding as an entry of a list, with what to do below it."""
    line = f" (line {finding.position.line})" if finding.position else ""
    yield f"- **{escaped(finding.name)}**{line} {escaped(finding.message)}"
    if finding.detail:
        yield f"  - where: {escaped(finding.detail)}"
    if finding.remedy:
        yield f"  - do: {escaped(finding.remedy)}"
    yield from (f"  - {code(command)}" for command in finding.commands)
    if finding.entry:
        yield f"  - see: {code(finding.entry)}"


def error_as_markdown(title: str, told: str, error: PlatformError) -> str:
    """An error under a title, with every mistake of a file; `told` is what it prevented."""
    message = f"**{told}: {escaped(error.message.rstrip('.'))}.**"
    return "\n".join([f"### {title}", "", message, *_error_lines(error)]) + "\n"


def _error_lines(error: PlatformError) -> Iterator[str]:
    if isinstance(error, InputError):
        yield ""
        for finding in error.findings:
            yield from finding_lines(finding)
        return
    if error.place:
        yield from ("", f"- where: {escaped(error.place)}")
    remedy, _, output = error.remedy.partition("\n")
    yield from ("", escaped(remedy))
    if output:
        yield from ("", block(output))


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
