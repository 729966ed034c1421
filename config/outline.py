"""Outline of a configuration: the little that can be known whatever else is wrong in the file.

A block is urgent, and must not wait until somebody has finished another change of the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from config.checks.messages import keys_of
from config.checks.partial import partial
from config.document import Document, read_document
from config.loader import configuration_of, own_keys
from config.model import AppName, Configuration
from config.quick_start import QuickStart, is_used
from errors import InputError
from mwaa.regions import Target

KEY = "AppName"
UNNAMED = "the environment of QuickStart"


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What blocks need to know of a configuration.

    - `app_name`: the first part of the names of its stacks.
    - `may_have_portal`: whether it has a portal, or could have.
    - `quick_start`: the name of the environment that QuickStart opens; None where it is not used.
    - `mistakes`: how many the file has.
    """

    app_name: str
    may_have_portal: bool = True
    quick_start: str | None = None
    mistakes: int = 0


def outline_of(configuration: Configuration) -> Outline:
    """The outline of a valid configuration."""
    quick_start = configuration.quick_start
    return Outline(
        app_name=configuration.app_name,
        may_have_portal=configuration.has_portal,
        quick_start=quick_start.mwaa_environment_name if quick_start else None,
    )


def load_outline(path: Path, *, target: Target | None = None) -> Outline:
    """Reads the outline; raises InputError, with every mistake, where AppName is not certain.

    `target` is where the file is deployed to, as far as it is known.
    """
    document = read_document(path)
    try:
        return outline_of(configuration_of(document, target=target))
    except InputError as error:
        own = own_keys(document)
        app_name = _app_name(document, own)
        if app_name is None:
            raise
        section = own.get("QuickStart")
        name = partial(QuickStart, section).get(lambda each: each.mwaa_environment_name)
        return Outline(
            app_name=app_name,
            quick_start=(name or UNNAMED) if is_used(section) else None,
            mistakes=len(error.findings),
        )


def _app_name(document: Document, own: dict[str, Any]) -> str | None:
    """The name; None where it is wrong, or where it may be under a key that is misspelt."""
    if (KEY,) in document.repeated:
        return None
    if KEY not in own:
        known = own.keys() <= set(keys_of(Configuration))
        return str(Configuration.model_fields["app_name"].default) if known else None
    try:
        return str(TypeAdapter(AppName).validate_python(own[KEY]))
    except ValidationError:
        return None
