"""AWS::Logs::QueryDefinition, of which MiniStack 1.5.33 has neither type nor API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services.cloudformation import provisioners

Properties = Mapping[str, Any]
CreatedResource = tuple[str, dict[str, str]]


def install() -> None:
    """Let a template have saved queries; there is nothing here that could run them."""
    provisioners._RESOURCE_HANDLERS["AWS::Logs::QueryDefinition"] = {
        "create": _create,
        "update": _update,
        "delete": _delete,
    }


def _create(_logical_id: str, properties: Properties, _stack: str) -> CreatedResource:
    for required in ("Name", "QueryString"):
        if not properties.get(required):
            raise ValueError(f"AWS::Logs::QueryDefinition requires {required}")
    identifier = str(new_uuid())
    return identifier, {"QueryDefinitionId": identifier}


def _update(identifier: str, _old: Properties, _new: Properties, _stack: str) -> CreatedResource:
    return identifier, {"QueryDefinitionId": identifier}


def _delete(_identifier: str, _properties: Properties) -> None:
    """Nothing is kept of it."""
