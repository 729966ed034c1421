"""JSON schema of inline lineage, which the model does not have."""

from __future__ import annotations

from typing import Any

from config.lineage.inheritance import CATALOGUE_KEYS, CATALOGUES
from config.lineage.settings import PROVIDERS

SECTIONS = ("LineageDefaults", "LineageSettings")
SINGLE = "SingleCatalogue"
KEYS = sorted(CATALOGUE_KEYS)


def add_inline_lineage(definitions: dict[str, Any]) -> None:
    """Adds the keys of a single catalogue to the definitions of `Lineage`, in place."""
    for name in SECTIONS:
        section = definitions[name]
        # A required key may be inherited from the file's `Lineage`.
        section.pop("required", None)
        section["properties"] |= {key: _of_any_provider(key, definitions) for key in KEYS}
        section["allOf"] = [{"$ref": f"#/$defs/{SINGLE}"}]
    in_the_list_alone = {
        "if": {"required": [CATALOGUES]},
        "then": {"properties": dict.fromkeys(KEYS, False)},
    }
    definitions[SINGLE] = {
        "allOf": [in_the_list_alone, *(_if_provider(name, definitions) for name in PROVIDERS)]
    }


def _of_any_provider(key: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """The key as all providers define it, or as any of them."""
    having = [name for name in PROVIDERS if key in definitions[name]["properties"]]
    spelled = [definitions[name]["properties"][key] for name in having]
    if all(each == spelled[0] for each in spelled):
        return _key(having[0], key)
    return {"anyOf": [_key(name, key) for name in having]}


def _if_provider(provider: str, definitions: dict[str, Any]) -> dict[str, Any]:
    own = definitions[provider]["properties"]
    keys = {key: _key(provider, key) if key in own else False for key in KEYS}
    return {
        "if": {"properties": {"Provider": {"const": provider}}, "required": ["Provider"]},
        "then": {"properties": keys},
    }


def _key(provider: str, key: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{provider}/properties/{key}"}
