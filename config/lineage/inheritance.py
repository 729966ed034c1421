"""The two spellings of lineage, and what an environment takes over from the file's `Lineage`.

A single catalogue's keys may stand in `Lineage` itself; several stand in `Catalogues`. The model
knows the second spelling alone, so here the first becomes it, and a place in the model becomes the
place in the file again.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from config.lineage.settings import PROVIDERS
from errors import Place

CATALOGUES = "Catalogues"
INHERITED = ("TokenCacheSeconds", "Preflight")
CATALOGUE_KEYS = {
    str(field.alias) for provider in PROVIDERS.values() for field in provider.model_fields.values()
}


class Source(Enum):
    """Where an environment's catalogues stand in the file."""

    OWN_LIST = auto()
    OWN_KEYS = auto()
    FILES_LIST = auto()
    MERGED_KEYS = auto()
    """The file's keys, and the environment's own above them."""


def with_lineage(entry: dict[str, Any], defaults: Any) -> dict[str, Any]:
    """An environment's entry with what it inherits, in one spelling; False turns lineage off.

    Shapes that are wrong are left as they are, for the model to refuse.
    """
    own = entry.get("Lineage")
    if own is False:
        return {**entry, "Lineage": None}
    if (own is None and defaults is None) or not isinstance(own, dict | None):
        return entry
    own, files = own or {}, _object(defaults)
    settings = {"Connection": entry.get("Name")}
    settings |= {key: files[key] for key in INHERITED if key in files}
    match _source(own, files):
        case Source.OWN_LIST:
            settings |= own
        case Source.OWN_KEYS:
            settings |= _others(own) | {CATALOGUES: [_keys(own)]}
        case Source.FILES_LIST:
            settings |= own | {CATALOGUES: files[CATALOGUES]}
        case Source.MERGED_KEYS:
            settings |= _others(own) | {CATALOGUES: [_keys(files) | _keys(own)]}
    return {**entry, "Lineage": settings}


def in_one_spelling(defaults: Any) -> Any:
    """The file's `Lineage` as the model knows it."""
    if not isinstance(defaults, dict) or CATALOGUES in defaults or not _keys(defaults):
        return defaults
    return _others(defaults) | {CATALOGUES: [_keys(defaults)]}


def place_in_defaults(steps: Place, defaults: Any) -> Place:
    """The place in the file of a place in the model's file-wide lineage."""
    return ("Lineage", *_plain(steps, is_list=CATALOGUES in _object(defaults)))


def place_in_environment(
    steps: Place,
    entry: Mapping[str, Any],
    defaults: Any,
    *,
    at: Place,
    of_environment: bool = False,
) -> Place | None:
    """The place in the file of a place in the lineage of the environment whose entry is `at`.

    A mistake of the environment, not of the value, stays in its entry even if the value is
    inherited. None for a place that the user cannot have meant.
    """
    own, files = _object(entry.get("Lineage")), _object(defaults)
    source = _source(own, files)
    is_list = source in {Source.OWN_LIST, Source.FILES_LIST}
    plain = _plain(steps, is_list=is_list)
    key = plain[0] if plain else None
    if key == "Connection" and key not in own:
        return None
    if steps[:1] != (CATALOGUES,):
        is_own = key in own or key not in files
    elif source is Source.MERGED_KEYS:
        is_own = key in own or (key not in files and _completes(own, files))
    else:
        is_own = source is not Source.FILES_LIST
    if is_own:
        return (*at, "Lineage", *plain)
    if of_environment:
        return (*at, "Lineage") if is_list else (*at, "Lineage", *plain)
    return ("Lineage", *plain)


def _completes(own: Mapping[str, Any], files: Mapping[str, Any]) -> bool:
    """Whether what both lack is the environment's to give: the file does not begin a catalogue."""
    return "Provider" not in files and (bool(_keys(own)) or not files)


def _plain(steps: Place, *, is_list: bool) -> Place:
    """Steps without the name of the provider, which only the model has, and of what is spelled."""
    if steps[:1] != (CATALOGUES,):
        return steps
    position, keys = steps[1:2], tuple(step for step in steps[2:3] if step not in PROVIDERS)
    keys += steps[3:]
    return (CATALOGUES, *position, *keys) if is_list else keys


def _source(own: Mapping[str, Any], files: Mapping[str, Any]) -> Source:
    if CATALOGUES in own:
        return Source.OWN_LIST
    if _keys(own) and (CATALOGUES in files or _names_another_provider(own, files)):
        return Source.OWN_KEYS
    return Source.FILES_LIST if CATALOGUES in files else Source.MERGED_KEYS


def _names_another_provider(own: Mapping[str, Any], files: Mapping[str, Any]) -> bool:
    named = own.get("Provider"), files.get("Provider")
    return None not in named and named[0] != named[1]


def _keys(section: Mapping[str, Any]) -> dict[str, Any]:
    """What is of a catalogue, of whatever provider."""
    return {key: value for key, value in section.items() if key in CATALOGUE_KEYS}


def _others(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key not in CATALOGUE_KEYS}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
