"""Editor of a JSON file's text, which changes values and keeps every other character."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

_SPACE = re.compile(r"\s*")
_DECODER = json.JSONDecoder()


class Member(NamedTuple):
    """A key of an object, or a position in a list, with the offsets of its text and its value's."""

    key: str | int
    begin: int
    value_begin: int
    end: int


def with_values(text: str, section: str, values: Mapping[str, str | bool]) -> str:
    """Sets values in an object at the top level, which is added if it is missing.

    An existing key keeps its place; a new one comes after those before it in `values`,
    written as its neighbours are. `text` must be a JSON object without repeated keys.
    """
    start = _after_space(text, 0)
    top = {member.key: member for member in _members(text, start)}
    if section not in top:
        separator = _separator(text, start)
        line_break = "\r\n" if "\r\n" in separator else "\n"
        indent = separator.rpartition("\n")[2] if "\n" in separator else None
        body = json.dumps(dict(values), indent=indent, ensure_ascii=False)
        body = body.replace("\n", line_break + (indent or ""))
        return _insert(text, start, list(top.values()), section, body)
    for key, value in values.items():
        text = _with_value(text, section, key, value, list(values))
    return text


def offset_of(text: str, place: Sequence[str | int]) -> int:
    """Offset of a place in the text of a JSON document, or of the innermost part of it that exists.

    Of a key that is given more than once the last one counts.
    """
    offset = start = _after_space(text, 0)
    for step in place:
        members = _members(text, start) if text[start] in "{[" else ()
        found = [member for member in members if member.key == step]
        if not found:
            break
        offset, start = found[-1].begin, found[-1].value_begin
    return offset


def _with_value(text: str, section: str, key: str, value: str | bool, order: list[str]) -> str:
    """Sets one value in an existing section."""
    start = next(
        member.value_begin
        for member in _members(text, _SPACE.match(text).end())  # type: ignore[union-attr]
        if member.key == section
    )
    members = list(_members(text, start))
    body = json.dumps(value, ensure_ascii=False)
    for member in members:
        if member.key == key:
            return text[: member.value_begin] + body + text[member.end :]
    before = set(order[: order.index(key)])
    last = max((n for n, each in enumerate(members, 1) if each.key in before), default=len(members))
    return _insert(text, start, members[:last], key, body)


def _insert(text: str, start: int, before: list[Member], key: str, body: str) -> str:
    """Inserts a member after those in `before`, or into an empty object that begins at `start`."""
    entry = f"{json.dumps(key)}: {body}"
    if not before:
        return f"{text[: start + 1]}{entry}{text[start + 1 :]}"
    at = before[-1].end
    return f"{text[:at]},{_separator(text, start)}{entry}{text[at:]}"


def _separator(text: str, start: int) -> str:
    """The white space before an object's first key."""
    return text[start + 1 : _after_space(text, start + 1)] or " "


def _members(text: str, start: int) -> Iterator[Member]:
    """The members of the object or list that begins at `start`."""
    is_object = text[start] == "{"
    at = _after_space(text, start + 1)
    for index in count():
        if text[at] in "}]":
            return
        key: str | int = index
        value_begin = at
        if is_object:
            key, key_end = _DECODER.raw_decode(text, at)
            value_begin = _after_space(text, _after_space(text, key_end) + 1)
        _, end = _DECODER.raw_decode(text, value_begin)
        yield Member(key, at, value_begin, end)
        at = _after_space(text, end)
        if text[at] == ",":
            at = _after_space(text, at + 1)


def _after_space(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]
