"""Values of keys, as far as they are shown.

The file holds no secrets, but people can have put one where anything is taken. So nothing in an
object is shown but the names of its keys, and addresses without what could sign in.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import console
from config.key_changes import KeyChange

LONGEST = 60
HIDDEN = "…"


def shown(change: KeyChange) -> str:
    """What follows a key's name: its former value and its next."""
    before, after = change.before, change.after
    if isinstance(before, dict) or isinstance(after, dict):
        return _names(before, after)
    if isinstance(before, list) or isinstance(after, list):
        return _list(before, after)
    old, new = _value(before), _value(after)
    return f": {old} → {new}" if old != new else f": {new}, in a part that is not shown"


def visible(change: KeyChange) -> tuple[Any, Any]:
    """Both values as data; None where there is none, and … for one that is not shown."""
    before, after = (
        HIDDEN if isinstance(each, dict | list) else _bare(each)
        for each in (change.before, change.after)
    )
    return before, after


def _names(before: Any, after: Any) -> str:
    if before is None or after is None:
        return " is added" if before is None else " is taken out"
    if not isinstance(before, dict) or not isinstance(after, dict):
        return " is changed"
    named = {
        "added": after.keys() - before.keys(),
        "changed": {key for key in before.keys() & after.keys() if before[key] != after[key]},
        "taken out": before.keys() - after.keys(),
    }
    told = [f"{', '.join(sorted(keys))} {what}" for what, keys in named.items() if keys]
    return f": {console.printable('; '.join(told))}"


def _list(before: Any, after: Any) -> str:
    old, new = (value if isinstance(value, list) else [] for value in (before, after))
    changes = [
        *(f"+{_value(each)}" for each in new if each not in old),
        *(f"-{_value(each)}" for each in old if each not in new),
    ]
    return f": {', '.join(changes) or 'in another order'}"


def _value(value: Any) -> str:
    if value is None:
        return "not given"
    if isinstance(value, dict):
        return str(value.get("Provider", HIDDEN))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = console.printable(str(_bare(text)))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _bare(value: Any) -> Any:
    """An address without its user, its query and its fragment."""
    if not isinstance(value, str) or "://" not in value:
        return value
    try:
        parts = urlsplit(value)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return HIDDEN
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
