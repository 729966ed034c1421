"""AWS::SecretsManager::Secret: no version without a value, and the ARN as `Ref`.

MiniStack 1.5.33 gives a secret without a value an empty one, and its name as `Ref`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import CreatedResource, Properties

VALUES = ("SecretString", "GenerateSecretString")


def install() -> None:
    """Replaces the CloudFormation handlers of secrets."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"] = {
        **handlers,
        "create": _create(handlers["create"]),
        "update": _update(handlers["update"]),
        "delete": _delete(handlers["delete"]),
    }


def _create(handle: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def create(logical_id: str, properties: Properties, stack: str) -> CreatedResource:
        name, attributes = handle(logical_id, properties, stack)
        if not any(properties.get(value) for value in VALUES):
            secretsmanager._secrets[name]["Versions"].clear()
        return attributes["Arn"], attributes

    return create


def _update(handle: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def update(arn: str, *arguments: Any) -> CreatedResource:
        _name, attributes = handle(_name_of(arn), *arguments)
        return attributes["Arn"], attributes

    return update


def _delete(handle: Callable[..., None]) -> Callable[..., None]:
    def delete(arn: str, properties: Properties) -> None:
        handle(_name_of(arn), properties)

    return delete


def _name_of(arn: str) -> str | None:
    name: str | None = secretsmanager._resolve(arn)[0]
    return name
