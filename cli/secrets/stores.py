"""Secrets Manager and Parameter Store, as far as an environment's secrets are written and listed.

Nothing here reads a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from cli.aws_errors import DENIED
from cli.deployed import DeployedStacks
from config.secrets_backend import PARAMETER_STORE, SecretNames
from errors import PlatformError

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

NOT_THERE = "ResourceNotFoundException"
SECURE = "SecureString"
STANDARD_BYTES, ADVANCED_BYTES, SECRET_BYTES = 4_096, 8_192, 65_536
"""Largest values.
https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
"""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A secret or parameter that is there, without its value.

    `key` is its customer managed key, as AWS names it; None where AWS's own encrypts it.
    `parameter` has its type and tier.
    """

    name: str
    changed: datetime | None
    key: str | None = None
    is_being_deleted: bool = False
    parameter: tuple[str, str] | None = None


class Store(Protocol):
    """The service that an environment's secrets are in; its methods raise boto3's errors."""

    @property
    def service(self) -> str:
        """Its name."""

    @property
    def max_bytes(self) -> int:
        """Length of the largest value."""

    def find(self, name: str) -> Stored | None:
        """Returns what is there under this name."""

    def below(self, prefix: str) -> Iterator[Stored]:
        """Yields what is there whose names begin so."""

    def write(self, name: str, value: str, former: Stored | None) -> None:
        """Writes a value, in the place of what `find` found; raises PlatformError."""


def store_of(platform: DeployedStacks, backend: SecretNames) -> Store:
    """Returns the service of an environment's secrets."""
    if backend.service == PARAMETER_STORE:
        return _ParameterStore(platform.session.client("ssm"), backend.kms_key_arn)
    return _SecretsManager(platform.session.client("secretsmanager"), backend.kms_key_arn)


def is_encrypted_with(stored: Stored, key_arn: str | None) -> bool:
    """Whether a secret has that key; None stands for AWS's own. AWS names a key by ARN or id."""
    if stored.key is None or key_arn is None:
        return stored.key is key_arn
    return stored.key.rpartition("/")[2] == key_arn.rpartition("/")[2]


def without_message(error: ClientError) -> ClientError:
    """Returns the error of a call that carried a value, which AWS's message might repeat."""
    if error.response["Error"]["Code"] not in DENIED:
        error.response["Error"]["Message"] = ""
    return error


def _customers(key: str | None) -> str | None:
    """A customer managed key; AWS's own are not named, or by an alias."""
    return None if key is None or "alias/aws/" in key else key


@dataclass(frozen=True)
class _SecretsManager:
    client: SecretsManagerClient
    key_arn: str | None
    service: str = "Secrets Manager"
    max_bytes: int = SECRET_BYTES

    def find(self, name: str) -> Stored | None:
        try:
            return _secret(self.client.describe_secret(SecretId=name))
        except ClientError as error:
            if error.response["Error"]["Code"] != NOT_THERE:
                raise
            return None

    def below(self, prefix: str) -> Iterator[Stored]:
        pages = self.client.get_paginator("list_secrets").paginate(
            IncludePlannedDeletion=True, Filters=[{"Key": "name", "Values": [prefix]}]
        )
        for page in pages:
            yield from (_secret(each) for each in page["SecretList"] if _begins(each, prefix))

    def write(self, name: str, value: str, former: Stored | None) -> None:
        if former and former.is_being_deleted:
            raise PlatformError(
                "The secret is being deleted, which keeps its name taken.",
                place=name,
                remedy="Take it back first, then run this again: "
                f"aws secretsmanager restore-secret --secret-id {name}",
            )
        key: Any = {"KmsKeyId": self.key_arn} if self.key_arn else {}
        try:
            if former is None:
                self.client.create_secret(Name=name, SecretString=value, **key)
            elif key and not is_encrypted_with(former, self.key_arn):
                self.client.update_secret(SecretId=name, SecretString=value, **key)
            else:
                self.client.put_secret_value(SecretId=name, SecretString=value)
        except ClientError as error:
            raise without_message(error) from None


@dataclass(frozen=True)
class _ParameterStore:
    client: Any
    key_arn: str | None
    service: str = "Parameter Store"
    max_bytes: int = ADVANCED_BYTES

    def find(self, name: str) -> Stored | None:
        return next((each for each in self._described("Equals", name) if each.name == name), None)

    def below(self, prefix: str) -> Iterator[Stored]:
        return self._described("BeginsWith", prefix)

    def write(self, name: str, value: str, former: Stored | None) -> None:
        tier = former.parameter[1] if former and former.parameter else None
        if former and former.parameter and former.parameter[0] != SECURE:
            raise PlatformError(
                f"The parameter is no {SECURE}, and AWS changes no parameter's type.",
                place=name,
                remedy=f"Delete it, then run this again: aws ssm delete-parameter --name {name}",
            )
        if len(value.encode()) > STANDARD_BYTES:
            tier = "Advanced"
        settings = {"KeyId": self.key_arn, "Tier": tier}
        try:
            self.client.put_parameter(
                Name=name,
                Value=value,
                Type=SECURE,
                Overwrite=former is not None,
                **{key: each for key, each in settings.items() if each},
            )
        except ClientError as error:
            raise without_message(error) from None

    def _described(self, option: str, name: str) -> Iterator[Stored]:
        pages = self.client.get_paginator("describe_parameters").paginate(
            ParameterFilters=[{"Key": "Name", "Option": option, "Values": [name]}]
        )
        for page in pages:
            yield from (_parameter(each) for each in page["Parameters"] if _begins(each, name))


def _begins(described: Any, prefix: str) -> bool:
    return bool(described["Name"].startswith(prefix))


def _secret(described: Any) -> Stored:
    return Stored(
        name=described["Name"],
        changed=described.get("LastChangedDate"),
        key=_customers(described.get("KmsKeyId")),
        is_being_deleted="DeletedDate" in described,
    )


def _parameter(described: Any) -> Stored:
    return Stored(
        name=described["Name"],
        changed=described.get("LastModifiedDate"),
        key=_customers(described.get("KeyId")),
        parameter=(described["Type"], described.get("Tier", "Standard")),
    )
