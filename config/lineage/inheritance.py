"""The forms in which the file may write `Lineage`, and what an environment inherits of it.

The keys of a single catalogue may be in `Lineage` itself (inline); several catalogues are in the
list `Catalogues`. The model has the list alone. So here inline keys become a list, and a place in
the model becomes the place in the file again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.lineage.settings import PROVIDERS
from errors import Place

CATALOGUES = "Catalogues"
INHERITED = {"TokenCacheSeconds", "Preflight"}
CATALOGUE_KEYS = {
    str(field.alias) for provider in PROVIDERS.values() for field in provider.model_fields.values()
}


def with_lineage(entry: dict[str, Any], defaults: Any) -> dict[str, Any]:
    """An environment's entry with what it inherits, catalogues as a list; False turns lineage off.

    Shapes that are wrong are left as they are, for the model to refuse.
    """
    own = entry.get("Lineage")
    if own is False:
        return {**entry, "Lineage": None}
    if (own is None and defaults is None) or not isinstance(own, dict | None):
        return entry
    own = own or {}
    merged = {"Connection": entry.get("Name"), **_inherited(own, _object(defaults)), **own}
    return {**entry, "Lineage": _with_list(merged)}


def defaults_with_list(defaults: Any) -> Any:
    """The file's `Lineage` as the model has it; without a catalogue it stays without."""
    return _with_list(defaults) if CATALOGUE_KEYS & _object(defaults).keys() else defaults


def place_in_defaults(steps: Place, defaults: Any) -> Place:
    """The place in the file of a place in the model's file-wide lineage."""
    return ("Lineage", *_written(steps, as_list=CATALOGUES in _object(defaults)))


def place_in_environment(
    steps: Place, entry: Mapping[str, Any], defaults: Any, *, at: Place
) -> Place | None:
    """The place in the file of a place in the lineage of the environment whose entry is `at`.

    It is in the file's `Lineage` where the value is inherited. None for a key that the user did not
    write and need not write.
    """
    own, files = _object(entry.get("Lineage")), _object(defaults)
    inherited = _inherited(own, files)
    written = _written(steps, as_list=CATALOGUES in {**inherited, **own})
    key = written[0] if written else None
    if key == "Connection" and key not in own:
        return None
    is_inherited = key in inherited or (
        # A missing key is the environment's unless the file begins the catalogue.
        steps[:1] == (CATALOGUES,)
        and ("Provider" in inherited or bool(files and not CATALOGUE_KEYS & own.keys()))
    )
    if key in own or not is_inherited:
        return (*at, "Lineage", *written)
    return ("Lineage", *written)


def _inherited(own: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the file's `Lineage` that an environment does not replace as a whole."""
    providers = own.get("Provider"), defaults.get("Provider")
    names_another = None not in providers and providers[0] != providers[1]
    is_inline = bool(CATALOGUE_KEYS & own.keys())
    keys = set(INHERITED)
    if CATALOGUES not in own and not (is_inline and (CATALOGUES in defaults or names_another)):
        keys |= {CATALOGUES} if CATALOGUES in defaults else CATALOGUE_KEYS
    return {key: value for key, value in defaults.items() if key in keys}


def _with_list(section: dict[str, Any]) -> dict[str, Any]:
    """The section with its inline keys as the only entry of its list, unless it has a list."""
    if CATALOGUES in section:
        return section
    inline = {key: value for key, value in section.items() if key in CATALOGUE_KEYS}
    others = {key: value for key, value in section.items() if key not in CATALOGUE_KEYS}
    return {**others, CATALOGUES: [inline]}


def _written(steps: Place, *, as_list: bool) -> Place:
    """Steps in the model as the file has them: without the provider's tag, and inline or not."""
    match steps:
        case ("Catalogues", *rest):
            position, tag, keys = rest[:1], rest[1:2], rest[2:]
            keys = keys if tag and tag[0] in PROVIDERS else [*tag, *keys]
            return (CATALOGUES, *position, *keys) if as_list else tuple(keys)
    return steps


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
