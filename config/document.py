"""The file as JSON: readable, an object, each key once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from config.errors import ConfigurationError, Mistake, place

WHOLE_FILE = "the file"


class _Object(dict[str, Any]):
    """A JSON object that remembers which keys it was given more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        seen: set[str] = set()
        self.repeated = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]


def read_document(path: Path) -> tuple[dict[str, Any], tuple[Mistake, ...]]:
    """The object in the file and the keys that stand in it twice; of these the last one counts.

    Raises ConfigurationError where there is no such object.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        document = json.loads(text, object_pairs_hook=_Object, parse_constant=_no_json)
        json.dumps(document, ensure_ascii=False).encode()
    except FileNotFoundError:
        _refuse(path, "There is no such file.", "Give its path with --configuration.")
    except OSError as error:
        _refuse(path, f"It cannot be read: {error.strerror}.")
    except UnicodeError:
        _refuse(path, "It holds what is not text in UTF-8.")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ConfigurationError(
            path, (Mistake(where, f"This is not JSON: {error.msg}."),)
        ) from None
    except (ValueError, RecursionError):
        _refuse(path, "It is not JSON that can be read: a number or its nesting is out of bounds.")
    if not isinstance(document, _Object):
        _refuse(path, "It must hold one JSON object: { … }.")
    return document, tuple(_repeated(document))


def _no_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def _refuse(path: Path, reason: str, hint: str | None = None) -> NoReturn:
    raise ConfigurationError(path, (Mistake(WHOLE_FILE, reason, hint),)) from None


def _repeated(document: _Object) -> Iterator[Mistake]:
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), document)]
    while waiting:
        at, value = waiting.pop()
        if isinstance(value, _Object):
            for key in value.repeated:
                yield Mistake(place((*at, key)), "This key stands here twice.", "Keep one of them.")
            waiting += [((*at, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [((*at, index), inner) for index, inner in enumerate(value)]
