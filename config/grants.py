"""Grants: the environments and Airflow roles of a person or group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from config.section import (
    IN_PLACE,
    Expects,
    Matches,
    Section,
    reject,
    setting,
)
from config.types import ENVIRONMENT_NAME, Text

Role = Literal["Admin", "Op", "User", "Viewer", "Public"]
EVERY_ENVIRONMENT = "*"


def _email_advice(value: str) -> str | None:
    if "@" not in value:
        return "For a group of the provider write Group."
    if not value.isascii():
        return (
            "Sign-in takes plain ASCII alone. Type it anew: letters of other alphabets can look "
            "the same."
        )
    return None


Email = Annotated[
    str,
    Matches(
        r"[!-?A-~]{1,64}@[!-\-/-?A-~]+(?:\.[!-\-/-?A-~]+)+", "an e-mail address", _email_advice
    ),
]


def _parse_expiry(value: Any) -> datetime | None:
    try:
        return None if value is None else _expiry(value)
    except (TypeError, ValueError, OverflowError):
        reject(
            "This must be a day, or a moment with its offset from UTC.",
            'Write "2027-01-31" (that day included, UTC) or "2027-01-31T18:00:00+01:00".',
        )


def _expiry(text: str) -> datetime:
    if len(text) == len("2027-01-31"):
        return datetime.combine(date.fromisoformat(text), time(), UTC) + timedelta(days=1)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


@dataclass(frozen=True)
class OneOrMore:
    """Annotation of a list of texts that accepts a single text too."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_as_list, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        several = handler(schema)
        return {"anyOf": [several, several["items"]]}


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Expiry = Annotated[
    datetime | None,
    BeforeValidator(_parse_expiry),
    WithJsonSchema({"type": "string"}),
    Expects("a day such as 2027-01-31, or a time with its offset: 2027-01-31T18:00:00+01:00"),
]
EnvironmentOrEvery = Annotated[
    str, Matches(rf"\*|{ENVIRONMENT_NAME}", 'the name of an environment, or "*"')
]
EnvironmentNames = Annotated[tuple[EnvironmentOrEvery, ...], Field(min_length=1), OneOrMore()]
Roles = Annotated[tuple[Role, ...], Field(min_length=1), OneOrMore()]


def user_principal(email: str) -> str:
    """The key of a person in the grants table."""
    return f"user:{email.casefold()}"


def group_principal(name: str) -> str:
    """The key of a group in the grants table."""
    return f"group:{name}"


class Grant(Section):
    """What one principal may open. The table's grants that people add by hand are left alone."""

    user: Email | None = setting(
        "E-mail address of a person, in upper or lower case.",
        update=IN_PLACE,
        default=None,
        otherwise="**required** without `Group`; both at once are an error",
    )
    group: Text | None = setting(
        "Name of a group, exactly as in the groups claim.",
        update=IN_PLACE,
        default=None,
        otherwise="**required** without `User`",
    )
    environments: EnvironmentNames = setting(
        'Names of environments, or "*" for all of them.', update=IN_PLACE
    )
    roles: Roles = setting("The Airflow roles that the person or group may use.", update=IN_PLACE)
    expires: Expiry = setting(
        "When the grant ends. A day is included (UTC).",
        update=IN_PLACE,
        default=None,
        otherwise="the grant does not expire",
    )

    @property
    def principal(self) -> str:
        """The key in the table: `user:` and the casefolded address, or `group:` and the name."""
        return user_principal(self.user) if self.user else group_principal(str(self.group))

    @field_validator("group")
    @classmethod
    def _check_principal(cls, group: str | None, info: ValidationInfo) -> str | None:
        if "user" in info.data and (group is None) == (info.data["user"] is None):
            reject("A grant is for one principal: give either User or Group.")
        return group

    @field_validator("environments")
    @classmethod
    def _check_environments(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if EVERY_ENVIRONMENT in names and len(names) > 1:
            reject('"*" means every environment; a name beside it adds nothing.')
        return names
