"""Translation of the model's errors into findings.

People paste secrets into the wrong place. So a value is shown only where the model expects one of
a few names or a number; the value of an unknown key, of a text or of an option never is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.alarms import AlarmTopic, EnvironmentAlarms
from config.alb import Alb
from config.authenticator import Authenticator, Decision, Statement
from config.connectivity import Connectivity
from config.deployers import Deployers, GitHub, GitLab
from config.environments import ExistingEnvironment
from config.execution_role import ExecutionRole
from config.existing import Existing
from config.given_vpc import GivenSubnet, GivenVpc
from config.grants import Grant
from config.lineage.catalogue import HttpCatalogue
from config.lineage.inheritance import CATALOGUE_KEYS, place_in_defaults, place_in_environment
from config.lineage.settings import PROVIDERS, LineageSettings
from config.log_retention import LogRetentionDays
from config.model import FACTS, NEW_KEYS, Configuration
from config.nearest import nearest
from config.network import CustomerVpc
from config.new_environment import NewEnvironment
from config.oidc import Oidc
from config.quick_start import QuickStart
from config.roles import Roles
from config.secrets_backend import SecretsBackend
from config.section import Section, is_placeholder
from config.ui_gate import UiGate
from errors import Finding, Place

SECTIONS: Mapping[str, type[Section]] = {
    "Oidc": Oidc,
    "Alb": Alb,
    "CustomerVpc": CustomerVpc,
    "QuickStart": QuickStart,
    "Lineage": LineageSettings,
    "MwaaEnvironments": NewEnvironment,
    "Grants": Grant,
    "Authenticator": Authenticator,
    "Decision": Decision,
    "Statements": Statement,
    "SecretsBackend": SecretsBackend,
    "ExecutionRole": ExecutionRole,
    "Roles": Roles,
    "Vpc": GivenVpc,
    "Subnets": GivenSubnet,
    "Connectivity": Connectivity,
    "Existing": Existing,
    "UiGate": UiGate,
    "Deployers": Deployers,
    "GitHub": GitHub,
    "GitLab": GitLab,
    "Alarms": EnvironmentAlarms,
    "LogRetentionDays": LogRetentionDays,
    "AlarmTopic": AlarmTopic,
}
# Tags of unions in the model's locations.
KINDS: Mapping[str, type[Section]] = {
    "existing": ExistingEnvironment,
    "new": NewEnvironment,
    "Catalogues": HttpCatalogue,
    **PROVIDERS,
}
SOUNDS_LIKE_A_TOKEN = re.compile(
    "(access|api|auth|bearer|client|jwt|private|secret)?_?(jwt|key|password|secret|token)",
    re.IGNORECASE,
)
OF_EXISTING = {
    "AllowedCidrs": "Add the rules to its own security group, and take AllowedCidrs out.",
}
"""How keys of new environments are had by an existing one, which has no such key."""
LIMITS = {
    "greater_than_equal": "This must be {ge} at least, not {value}.",
    "less_than_equal": "This must be {le} at most, not {value}.",
    "too_long": "This has {max_length} entries at most.",
    "too_short": "This must not be empty.",
}
EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "float_type": "a number",
    "tuple_type": "a list [ … ]",
    "dict_type": "an object { … }",
    "model_type": "an object { … }",
}


def explain(error: ValidationError, raw: Mapping[str, Any]) -> Iterator[Finding]:
    """Yields a finding for each error, at its place in the file `raw`."""
    for details in map(_provider_error, error.errors(include_url=False)):
        steps = _steps(details)
        where = _place_in_file(steps, raw)
        if where and not _is_consequence(details):
            message, remedy = _message_and_remedy(details, steps)
            yield Finding(place=where, message=message, remedy=remedy)


def shown(value: Any) -> str:
    """A value in a message; in its stead "This" unless it is too short and plain for a secret."""
    plain = isinstance(value, str) and re.fullmatch(r"[\w.*-]{1,24}", value)
    return value if plain else "This"


def _is_consequence(details: ErrorDetails) -> bool:
    """Whether the error only follows from another, in an entry of the list or an earlier field."""
    kind = details["type"]
    return kind == "default_factory_not_called" or (kind == "too_short" and bool(details["input"]))


def keys_of(section: type[Section]) -> list[str]:
    """The keys of a section, as in the file."""
    return [str(field.alias) for field in section.model_fields.values()]


def _provider_error(details: ErrorDetails) -> ErrorDetails:
    """Replaces an error about a catalogue's union by one about its provider's name."""
    choices = {"expected": ", ".join(map(repr, PROVIDERS))}
    if details["loc"][-1:] == ("Provider",) and details["type"] == "literal_error":
        return {**details, "ctx": choices}
    if details["type"] != "union_tag_not_found":
        return details
    catalogue = details["input"]
    if not isinstance(catalogue, dict):
        return {**details, "type": "dict_type"}
    return {
        **details,
        "loc": (*details["loc"], "Provider"),
        "type": "literal_error" if "Provider" in catalogue else "missing",
        "input": catalogue.get("Provider"),
        "ctx": choices,
    }


def _steps(details: ErrorDetails) -> Place:
    """The error's location in the model, by keys."""
    steps = details["loc"]
    if steps[-1] == "[key]":
        return steps[:-1]
    # A default that is refused is located by the field's name, a value by its key.
    field = _section(steps).model_fields.get(str(steps[-1]))
    if field is None or details["type"] == "extra_forbidden":
        return steps
    return (*steps[:-1], str(field.alias))


def _place_in_file(steps: Place, raw: Mapping[str, Any]) -> Place | None:
    """The place in the file; None for a key that the user did not write and need not write."""
    match steps:
        case ("Lineage", *rest):
            return place_in_defaults(tuple(rest), raw.get("Lineage"))
        case ("MwaaEnvironments", int(index), _kind, "Lineage", *rest):
            return place_in_environment(
                tuple(rest),
                raw["MwaaEnvironments"][index],
                raw.get("Lineage"),
                at=("MwaaEnvironments", index),
            )
        case ("MwaaEnvironments", index, _kind, *rest):
            return ("MwaaEnvironments", index, *rest)
    return steps


def _message_and_remedy(details: ErrorDetails, location: Place) -> tuple[str, str | None]:
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    match kind:
        case "extra_forbidden":
            text = _unknown_key(location)
        case "missing":
            text = f"Missing{_meaning(location)}.", _why_missing(location)
        case _ if is_placeholder(value):
            text = f"Not filled in yet{_meaning(location)}.", _how_to_do_without(location)
        case "mistake":
            text = context["message"], context["remedy"]
        case "literal_error":
            text = _not_one_of(value, re.findall(r"'([^']*)'", context["expected"]))
        case _ if kind in LIMITS:
            text = LIMITS[kind].format(value=value, **context), None
        case _ if kind in EXPECTED:
            text = (
                f"This must be {EXPECTED[kind]}, not {_json_kind(value)}.",
                _quotes(kind, value),
            )
        case _:
            text = f"{details['msg']}.", None
    return text


def _unknown_key(location: Place) -> tuple[str, str | None]:
    match location:
        # An entry with such a key counts as existing only because of its facts.
        case ("MwaaEnvironments", int(), "existing", str(key)) if key in NEW_KEYS:
            return (
                f"{key} is a key of new environments, and {FACTS} is about one that exists.",
                _how_to_say_it_of_existing(key),
            )
    return "There is no such key here.", _where_the_key_belongs(location)


def _how_to_say_it_of_existing(key: str) -> str:
    if key in keys_of(Existing):
        return f"Put it into {FACTS}."
    return OF_EXISTING.get(
        key,
        f"Take {key} out. Or take {FACTS} out, and the platform makes a new environment, which "
        "costs.",
    )


def _not_one_of(value: Any, choices: list[str]) -> tuple[str, str | None]:
    near = nearest(value, choices) if isinstance(value, str) else None
    message = f"{shown(value)} is none of: {', '.join(choices)}."
    return message, f"Did you mean {near}?" if near else None


def _where_the_key_belongs(location: Place) -> str | None:
    key, section = str(location[-1]), _section(location)
    if section is LineageSettings and key in CATALOGUE_KEYS:
        return f"{key} belongs in an entry of Catalogues."
    if location[0] == "Lineage" and key in keys_of(LineageSettings):
        return f"{key} belongs in the Lineage of an environment's entry."
    if "Lineage" in location and SOUNDS_LIKE_A_TOKEN.fullmatch(key):
        return (
            "A token never stands in this file: put it in by `./mwaa-platform lineage token set`."
        )
    homes = [name for name, home in {**SECTIONS, **PROVIDERS}.items() if key in keys_of(home)]
    if homes:
        return f"{key} belongs in {' or '.join(homes)}."
    keys = keys_of(section)
    near = nearest(key, [*keys, *CATALOGUE_KEYS] if section is LineageSettings else keys)
    return f"Did you mean {near}?" if near else None


def _why_missing(location: Place) -> str | None:
    if location[0] == "QuickStart":
        return "Fill the whole section, or none of it."
    if location[-1] == "Provider":
        return f"One of: {', '.join(PROVIDERS)}."
    return None


def _section(location: Place) -> type[Section]:
    """The model of the object that the last step of a place in the model is a key of."""
    names = [step for step in location[:-1] if isinstance(step, str)]
    if not names:
        return Configuration
    return {**SECTIONS, **KINDS}.get(names[-1], Section)


def _field(location: Place) -> Any:
    if isinstance(location[-1], int) and len(location) > 1:
        return _field(location[:-1])
    fields = _section(location).model_fields.values()
    return next((field for field in fields if field.alias == location[-1]), None)


def _meaning(location: Place) -> str:
    """The first sentence of a key's meaning, after a colon."""
    field = _field(location)
    if not field:
        return ""
    meaning = re.split(r"\.(?: |$)", field.description.replace("`", ""))[0]
    is_abbreviation = meaning[:2].isupper()
    return f": {meaning if is_abbreviation else meaning[0].lower() + meaning[1:]}"


def _how_to_do_without(location: Place) -> str | None:
    if location == ("Alb", "CertificateArn"):
        return "Or take the key out and give DomainName and HostedZoneId: one is made then."
    if "Lineage" in location:
        return "Without a catalogue take Lineage out."
    field = _field(location)
    if field is None or not field.is_required():
        return "To do without it, take the key out."
    return None


def _json_kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text in quotes"
        case list():
            return "a list"
    return "an object"


def _quotes(kind: str, value: Any) -> str | None:
    if kind == "string_type" and isinstance(value, int | float):
        return "Write it in quotes."
    plain = {"int_type": r"\d+", "bool_type": "true|false"}.get(kind)
    if plain and isinstance(value, str) and re.fullmatch(plain, value):
        return "Write it without quotes."
    return None
