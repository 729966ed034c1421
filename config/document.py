"""JSON file that holds one object, with the position of each value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from config.editor import offset_of
from errors import Finding, InputError, Place, Position


class _Object(dict[str, Any]):
    """A JSON object that remembers which keys it was given more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        seen: set[str] = set()
        self.repeated = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file that holds one JSON object.

    `repeated` has the places of keys that are given more than once in their object, of which the
    last value counts. Relative paths in the content start from `folder`.
    """

    path: Path
    content: dict[str, Any]
    text: str = ""
    repeated: tuple[Place, ...] = ()

    @property
    def folder(self) -> Path:
        """The file's folder."""
        return self.path.absolute().parent

    def position(self, place: Place) -> Position | None:
        """Line and column of a place, or of the nearest object around it that is there."""
        if not self.text or not place:
            return None
        offset = offset_of(self.text, place)
        line_start = self.text.rfind("\n", 0, offset) + 1
        return Position(self.text.count("\n", 0, offset) + 1, offset - line_start + 1)


def read_document(path: Path) -> Document:
    """Reads the file; raises InputError where it holds no JSON object."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        content = json.loads(text, object_pairs_hook=_Object, parse_constant=_reject_constant)
        json.dumps(content, ensure_ascii=False).encode()
    except FileNotFoundError:
        _refuse(path, "There is no such file.", "Give its path with --configuration.")
    except OSError as error:
        _refuse(path, f"It cannot be read: {error.strerror}.")
    except UnicodeError:
        _refuse(path, "It holds what is not text in UTF-8.")
    except json.JSONDecodeError as error:
        finding = Finding(
            subject=f"line {error.lineno}, column {error.colno}",
            message=f"This is not JSON: {error.msg}.",
        )
        raise InputError(path, [finding]) from None
    except (ValueError, RecursionError):
        _refuse(path, "It is not JSON that can be read: a number or its nesting is out of bounds.")
    if not isinstance(content, _Object):
        _refuse(path, "It must hold one JSON object: { … }.")
    repeated = tuple(_repeated_keys(content))
    return Document(path=path, content=content, text=text, repeated=repeated)


def _reject_constant(constant: str) -> NoReturn:
    raise ValueError(constant)


def _refuse(path: Path, message: str, remedy: str | None = None) -> NoReturn:
    finding = Finding(subject="the file", message=message, remedy=remedy)
    raise InputError(path, [finding]) from None


def _repeated_keys(document: _Object) -> Iterator[Place]:
    waiting: list[tuple[Place, Any]] = [((), document)]
    while waiting:
        at, value = waiting.pop()
        if isinstance(value, _Object):
            yield from ((*at, key) for key in value.repeated)
            waiting += [((*at, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [((*at, index), inner) for index, inner in enumerate(value)]
