"""What a file becomes when settings are added to it, and what is left to the person."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Merged:
    """A file's new text, the old one where nothing could or had to be added.

    `left` are sentences about what is not in it yet, each followed by the lines that a person must
    add.
    """

    text: str
    left: tuple[str, ...] = ()


def in_its_newlines(text: str, like: str) -> str:
    """A text with the line ends of the file that it goes into."""
    return text.replace("\n", "\r\n") if "\r\n" in like else text


def ending_its_last_line(text: str) -> str:
    """A text to which lines can be appended."""
    if not text or text.endswith("\n"):
        return text
    return text + in_its_newlines("\n", text)
