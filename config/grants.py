"""Grants: the environments and Airflow roles of a person or group."""

from __future__ import annotations

import re
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

from config.section import Expects, Matches, Section, reject, setting
from config.types import ENVIRONMENT_NAME, ONE_LINE
from config.update_policy import FREE

Role = Literal["Admin", "Op", "User", "Viewer", "Public"]
EVERY_ENVIRONMENT = "*"


PLAIN_ADDRESS = (
    r"[0-9A-Za-z_+-][0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]{0,63}"
    r"@(?=.{1,189}$)(?:[0-9A-Za-z_-]+\.)+[0-9A-Za-z-]*[0-9A-Za-z]"
)
"""A plain e-mail address. The sign-in also takes some that no grant needs, such as ada@intranet."""
_AROUND = "<>()[]{}\"'`,.;:*! \t"


def email_advice(value: str) -> str | None:
    """Returns what to do about a text that is no plain address."""
    if "@" not in value:
        return "For a group of the provider write Group, for its sub Subject."
    if not value.isascii():
        return (
            "Sign-in takes plain ASCII alone. Type it again: letters of other alphabets can look "
            "the same."
        )
    plain = _address_in(value)
    return f"Did you mean {plain}?" if plain else "Write it alone, such as ada@example.com."


def _address_in(value: str) -> str | None:
    """The address among brackets, quotes, punctuation, a name before it or "mailto:"."""
    bracketed = re.search("<([^<>]*)>", value)
    text = (bracketed[1] if bracketed else value).strip(_AROUND)
    text = re.sub("^mailto:", "", text, flags=re.IGNORECASE).strip(_AROUND)
    return text if re.fullmatch(PLAIN_ADDRESS, text) else None


Email = Annotated[str, Matches(PLAIN_ADDRESS, "an e-mail address", email_advice)]


def _group_advice(value: str) -> str | None:
    if value == "*":
        return "No group holds everybody: name those that shall have access."
    return None


Group = Annotated[str, Matches(rf"(?!\*$){ONE_LINE}", "the name of a group", _group_advice)]
Subject = Annotated[
    str,
    Matches(
        r"[!-~](?:[ -~]{0,253}[!-~])?", "printable ASCII characters without outer blanks, up to 255"
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


def subject_principal(subject: str) -> str:
    """The key of a person's `sub` in the grants table."""
    return f"subject:{subject}"


def group_principal(name: str) -> str:
    """The key of a group in the grants table."""
    return f"group:{name}"


def principal_of(*, user: str | None, subject: str | None, group: str | None) -> str | None:
    """The key of what is given in the grants table; None where nothing is."""
    if user:
        return user_principal(user)
    if subject:
        return subject_principal(subject)
    return group_principal(group) if group else None


class Grant(Section):
    """What one principal may open. The table's grants that people add by hand are left alone."""

    user: Email | None = setting(
        "E-mail address of a person, in upper or lower case.",
        update=FREE,
        default=None,
        otherwise="**required** without `Subject` or `Group`; a grant has one of the three",
    )
    subject: Subject | None = setting(
        "The `sub` under which the identity provider knows a person, in exactly this case.",
        update=FREE,
        default=None,
        otherwise="**required** without `User` or `Group`",
    )
    group: Group | None = setting(
        "Name of a group, exactly as in the groups claim.",
        update=FREE,
        default=None,
        otherwise="**required** without `User` or `Subject`",
    )
    environments: EnvironmentNames = setting(
        'Names of environments, or "*" for all of them.', update=FREE
    )
    roles: Roles = setting("The Airflow roles that the person or group may use.", update=FREE)
    expires: Expiry = setting(
        "When the grant ends. A day is included (UTC).",
        update=FREE,
        default=None,
        otherwise="the grant does not expire",
    )

    @property
    def principal(self) -> str:
        """The key in the table: `user:`, `subject:` or `group:`, and the name."""
        key = principal_of(user=self.user, subject=self.subject, group=self.group)
        return key or ""  # `_check_principal` rejects an entry without a principal.

    @field_validator("group")
    @classmethod
    def _check_principal(cls, group: str | None, info: ValidationInfo) -> str | None:
        others = [info.data.get("user", ...), info.data.get("subject", ...)]
        given = [each for each in (*others, group) if each is not None]
        if ... not in others and len(given) != 1:
            reject("A grant is for one principal: give one of User, Subject and Group.")
        return group

    @field_validator("environments")
    @classmethod
    def _check_environments(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if EVERY_ENVIRONMENT in names and len(names) > 1:
            reject('"*" means every environment; a name beside it adds nothing.')
        return names
