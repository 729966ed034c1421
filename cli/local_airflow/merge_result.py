"""Result of a merge into a text file, and helpers for its lines."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MergeResult:
    """New text of a file, which is the old one where nothing could or had to be added.

    `manual_steps` are sentences about what could not be added, each followed by the lines to add.
    """

    text: str
    manual_steps: tuple[str, ...] = ()


def with_newlines_of(existing: str, text: str) -> str:
    """Returns a text with the line ends of an existing one."""
    return text.replace("\n", "\r\n") if "\r\n" in existing else text


def with_final_newline(text: str) -> str:
    """Returns a text to which lines can be appended."""
    if not text or text.endswith("\n"):
        return text
    return text + with_newlines_of(text, "\n")
