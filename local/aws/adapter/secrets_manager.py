"""AWS::SecretsManager::Secret, and AWS::SecretsManager::ResourcePolicy, which MiniStack lacks.

MiniStack 1.5.33 gives a secret without a value an empty one, and its name as `Ref`. Here it has no
version without a value, and the ARN as `Ref`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import CreatedResource, Properties

VALUES = ("SecretString", "GenerateSecretString")


def install() -> None:
    """Replaces the CloudFormation handlers of secrets, and adds those of their policies."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"] = {
        **handlers,
        "create": _create(handlers["create"]),
        "update": _update(handlers["update"]),
        "delete": _delete(handlers["delete"]),
    }
    provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::ResourcePolicy"] = {
        "create": lambda _logical_id, properties, _stack: _put_policy(properties),
        "update": lambda _id, _old, properties, _stack: _put_policy(properties),
        "delete": lambda arn, _properties: secretsmanager._resource_policies.pop(arn, None),
    }


def _put_policy(properties: Properties) -> CreatedResource:
    arn, policy = str(properties["SecretId"]), json.dumps(properties["ResourcePolicy"])
    status, _, body = secretsmanager._put_resource_policy(
        {"SecretId": arn, "ResourcePolicy": policy}
    )
    if status >= 400:  # noqa: PLR2004 - of HTTP
        raise ValueError(body.decode())
    return arn, {"Id": arn}


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
