"""Secrets of a template: MiniStack 1.5.33 gives one without a value an empty value, and its name as
`Ref`, where AWS gives it no version at all, and its ARN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

Properties = Mapping[str, Any]
CreatedResource = tuple[str, dict[str, str]]

VALUES = ("SecretString", "GenerateSecretString")


def install() -> None:
    """Make secrets as AWS does."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"] = {
        **handlers,
        "create": _create(handlers["create"]),
        "update": _update(handlers["update"]),
        "delete": _delete(handlers["delete"]),
    }


def _create(make: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def create(logical_id: str, properties: Properties, stack: str) -> CreatedResource:
        name, attributes = make(logical_id, properties, stack)
        if not any(properties.get(value) for value in VALUES):
            secretsmanager._secrets[name]["Versions"].clear()
        return attributes["Arn"], attributes

    return create


def _update(make: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def update(arn: str, *change: Any) -> CreatedResource:
        _name, attributes = make(_name_of(arn), *change)
        return attributes["Arn"], attributes

    return update


def _delete(make: Callable[..., None]) -> Callable[..., None]:
    def delete(arn: str, properties: Properties) -> None:
        make(_name_of(arn), properties)

    return delete


def _name_of(arn: str) -> str | None:
    name: str | None = secretsmanager._resolve(arn)[0]
    return name
