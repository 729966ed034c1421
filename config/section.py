"""Base of the configuration's sections: how a section and its keys are declared and validated."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic.alias_generators import to_pascal
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import (
    CoreSchema,
    ErrorDetails,
    InitErrorDetails,
    PydanticCustomError,
    core_schema,
)

from config.update_policy import UpdatePolicy


class Section(BaseModel):
    """Base of the sections of the file: PascalCase keys, no unknown ones, immutable."""

    model_config = ConfigDict(alias_generator=to_pascal, extra="forbid", frozen=True)


def setting(
    meaning: str,
    *,
    update: UpdatePolicy,
    default: Any = ...,
    otherwise: str | None = None,
    **more: Any,
) -> Any:
    """Declares a key of the file; without a default it is required. A default is validated too.

    `otherwise` describes in words what applies without the key where that is no constant.
    """
    extra: JsonDict = {"x-change": update.name}
    if otherwise:
        extra["x-otherwise"] = otherwise
    if "default_factory" not in more:
        more["default"] = default
    return Field(description=meaning, json_schema_extra=extra, validate_default=True, **more)


def update_policy(section: type[Section], key: str) -> UpdatePolicy:
    """The update policy of a section's key; raises StopIteration for a key that it has not."""
    field = next(each for each in section.model_fields.values() if each.alias == key)
    return UpdatePolicy[cast(JsonDict, field.json_schema_extra)["x-change"]]  # type: ignore[misc]


def is_placeholder(value: Any) -> bool:
    """Whether a value is the "..." that the sample ships."""
    return isinstance(value, str) and value.strip() in {"...", "…"}


def reject(message: str, remedy: str | None = None, *, missing: bool = False) -> NoReturn:
    """Rejects a value, or its absence, from inside a validator."""
    # The message is passed as data, because braces in it would be taken for a template's.
    context = {"message": message, "remedy": remedy, "missing": missing}
    raise PydanticCustomError("mistake", "{message}", context)


def reject_for(errors: Sequence[ErrorDetails]) -> NoReturn:
    """Rejects a value for these of its errors, from inside a validator."""
    raise ValidationError.from_exception_data(
        "mistakes",
        [
            InitErrorDetails(
                type=_error_type(each),
                loc=each["loc"],
                input=each["input"],
                ctx=each.get("ctx", {}),
            )
            for each in errors
        ],
    )


def _error_type(details: ErrorDetails) -> str | PydanticCustomError:
    if details["type"] != "mistake":
        return details["type"]
    return PydanticCustomError("mistake", "{message}", details["ctx"])


@dataclass(frozen=True)
class Matches:
    """Validator of a text that matches `pattern` as a whole.

    `expected` completes "This must be …"; `advice` derives a remedy from a wrong value.
    """

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
        return {
            **handler(schema),
            "pattern": f"^(?:{self.pattern})$",
            "x-expected": self.expected,
        }

    def _check(self, value: str) -> str:
        if is_placeholder(value) or not re.fullmatch(self.pattern, value):
            reject(f"This must be {self.expected}.", self.advice(value))
        return value


@dataclass(frozen=True)
class Expects:
    """Annotation of a value that a function validates: the phrase for it in the reference."""

    expected: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "x-expected": self.expected}
