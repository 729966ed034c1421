"""The kinds of value that the configuration is made of, and how one is declared.

Each kind says what is expected in a phrase that completes "This must be …".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, NoReturn
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
)
from pydantic.alias_generators import to_pascal
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

VPC_PREFIXES = range(16, 28 + 1)


class Section(BaseModel):
    """One object of the file: PascalCase keys, none that is unknown, nothing changed later."""

    model_config = ConfigDict(alias_generator=to_pascal, extra="forbid", frozen=True)


class Change(StrEnum):
    """What deploying another value does to what runs."""

    IN_PLACE = "in place"
    DISRUPTIVE = "disruptive"
    REPLACES = "replaces"


def setting(
    meaning: str, *, change: Change, default: Any = ..., otherwise: str | None = None, **more: Any
) -> Any:
    """A key of the file; without a default it must be given. A default is checked like a value.

    `otherwise` says in words what stands in for the value where no default can.
    """
    extra: JsonDict = {"x-change": change.value}
    if otherwise:
        extra["x-otherwise"] = otherwise
    if "default_factory" not in more:
        more["default"] = default
    return Field(description=meaning, json_schema_extra=extra, validate_default=True, **more)


def is_placeholder(value: Any) -> bool:
    """Whether a value still stands as the sample ships it: "..."."""
    return isinstance(value, str) and value.strip() in {"...", "…"}


def reject(reason: str, hint: str | None = None) -> NoReturn:
    """Refuse a value, from inside a validator."""
    # The reason travels as data, because a template would choke on braces in it.
    raise PydanticCustomError("mistake", "{reason}", {"reason": reason, "hint": hint})


@dataclass(frozen=True)
class Matches:
    """A text that matches `pattern` as a whole; `expected` says so in words."""

    pattern: str
    expected: str
    advice: Callable[[str], str | None] = lambda _: None

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def _check(self, value: str) -> str:
        if is_placeholder(value) or not re.fullmatch(self.pattern, value):
            reject(f"This must be {self.expected}.", self.advice(value))
        return value


def _bucket_advice(value: str) -> str | None:
    named = value.startswith("s3://") or re.fullmatch(r"[a-z0-9.-]+", value)
    return "Write arn:aws:s3::: before the bucket's name." if named else None


def _key_advice(value: str) -> str | None:
    if ":alias/" in value or value.startswith("alias/"):
        return "Give the ARN of the key that the alias points at."
    if ":key/mrk-" in value:
        return "MWAA takes no multi-Region key; give the ARN of a single-Region one."
    return None


def _check_https(value: str) -> str:
    try:
        url = urlsplit(value)
        well_formed = bool(url.hostname) and url.port != 0
    except ValueError:
        well_formed = False
    if not well_formed or url.scheme != "https" or re.search(r"[\s\x00-\x1f\x7f]", value):
        reject("This must be a URL that begins with https:// and names a host.")
    if url.username is not None:
        reject("A URL must not carry a user name or password.")
    if url.fragment:
        reject("A URL here has no fragment (#…).")
    return value


def _check_host_only(value: str) -> str:
    url = urlsplit(_check_https(value))
    if url.path.strip("/") or url.query:
        reject(
            "This must be the address of the host alone, without a path.",
            "End it after the host's name.",
        )
    return f"https://{url.netloc}"


def _check_cidr(value: str) -> str:
    try:
        network = ipaddress.IPv4Network(value, strict=False)
    except ValueError:
        reject("This must be an IPv4 range such as 10.1.0.0/16.")
    if "/" not in value or str(network) != value:
        reject("A range is written with its first address.", f"Write {network}")
    return value


def _check_vpc_cidr(value: str) -> str:
    if ipaddress.IPv4Network(_check_cidr(value)).prefixlen not in VPC_PREFIXES:
        reject("A VPC's range is between /16 and /28.")
    return value


ONE_LINE = r"[^\s\x00-\x1f](?:[^\x00-\x1f]*[^\s\x00-\x1f])?"
ENVIRONMENT_NAME = r"[A-Za-z][0-9A-Za-z_-]{0,79}"
ACCOUNT_ARN = r"arn:aws[a-z-]*:{service}:[a-z0-9-]*:\d{{12}}:{resource}"

Integer = Annotated[int, Strict()]
Boolean = Annotated[bool, Strict()]
Text = Annotated[str, Matches(ONE_LINE, "a text on one line")]
HttpsUrl = Annotated[str, AfterValidator(_check_https)]
HostUrl = Annotated[str, AfterValidator(_check_host_only)]
Cidr = Annotated[str, AfterValidator(_check_cidr)]
VpcCidr = Annotated[str, AfterValidator(_check_vpc_cidr)]
BucketArn = Annotated[
    str,
    Matches(
        r"arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "the ARN of an S3 bucket, such as arn:aws:s3:::example-bucket",
        _bucket_advice,
    ),
]
SecretArn = Annotated[
    str,
    Matches(
        ACCOUNT_ARN.format(service="secretsmanager", resource=r"secret:[\w/+=.@!-]+"),
        "the ARN of a secret in Secrets Manager, never the secret itself",
    ),
]
WholeSecretArn = Annotated[
    str,
    Matches(
        ACCOUNT_ARN.format(
            service="secretsmanager", resource=r"secret:[\w/+=.@!-]+-[A-Za-z0-9]{6}"
        ),
        "the whole ARN of a secret, with the six characters that Secrets Manager puts at its end, "
        "never the secret itself",
    ),
]
CertificateArn = Annotated[
    str,
    Matches(
        ACCOUNT_ARN.format(service="(?:acm|iam)", resource=r"(?:server-)?certificate/[\w/+=,.@-]+"),
        "the ARN of a certificate in ACM",
    ),
]
KeyArn = Annotated[
    str,
    Matches(
        ACCOUNT_ARN.format(service="kms", resource=r"key/(?!mrk-)[0-9A-Za-z-]+"),
        "the ARN of a KMS key",
        _key_advice,
    ),
]
S3Path = Annotated[
    str,
    Matches(
        r"[^/\s\x00-\x1f][^\x00-\x1f]{0,1023}",
        "a path in the bucket, without a slash at its beginning",
    ),
]
EnvironmentName = Annotated[
    str,
    Matches(
        ENVIRONMENT_NAME,
        "a letter, then letters, digits, hyphens or underscores, 80 characters at most",
    ),
]
