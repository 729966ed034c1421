"""Reference of cdk.context.json as a page, generated from the model.

`python -m config.reference` writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic.fields import FieldInfo

from config.airflow_options import (
    FORCED_BY_MWAA,
    OWN_SECTION,
    OWNED_BY_BACKEND,
    OWNED_BY_EVENTS,
    OWNED_BY_SECRETS_BACKEND,
)
from config.alarms import Alarms, AlarmTopic, EnvironmentAlarms
from config.alb import Alb
from config.authenticator import Authenticator, Decision, Statement
from config.connectivity import Connectivity
from config.deployers import Deployers, GitHub, GitLab
from config.environments import ExistingEnvironment
from config.execution_role import ExecutionRole
from config.existing import Existing
from config.given_vpc import GivenSubnet, GivenVpc
from config.grants import Grant
from config.lineage.settings import PROVIDERS, LineageDefaults, LineageSettings
from config.log_retention import LogRetentionDays
from config.model import Configuration
from config.network import CustomerVpc
from config.new_environment import NewEnvironment
from config.oidc import Oidc
from config.pipeline import Pipeline
from config.quick_start import QuickStart
from config.reference.lineage_page import LINEAGE_TEXT, PROVIDER_TEXTS, SECRETS_BACKEND_TEXT
from config.roles import Roles
from config.secrets_backend import SecretNames, SecretsBackend
from config.section import Section
from config.ui_gate import UiGate
from config.update_policy import UpdatePolicy
from mwaa.forced_options import FORCED_SECTION, HEEDED, forced_spans
from mwaa.versions import AIRFLOW_VERSIONS

FILE = Path(__file__).parents[2] / "docs" / "configuration.md"

WORDS = {"boolean": "`true`, `false`", "object": "object", "string": "text"}
LINEAGE_TITLE = "Lineage"
TITLES: Mapping[type[Section], str] = MappingProxyType(
    {
        Configuration: "Top level",
        Oidc: "Oidc",
        Alb: "Alb",
        Authenticator: "Authenticator",
        Decision: "Authenticator: a decision of your own",
        Statement: "Authenticator: statements",
        CustomerVpc: "CustomerVpc",
        Connectivity: "Connectivity",
        Roles: "Roles",
        QuickStart: "QuickStart",
        UiGate: "UiGate",
        Deployers: "Deployers",
        GitHub: "Deployers: GitHub",
        GitLab: "Deployers: GitLab",
        Pipeline: "Pipeline",
        Alarms: "Alarms",
        AlarmTopic: "AlarmTopic",
        ExistingEnvironment: "MwaaEnvironments: an existing environment",
        Existing: "Existing",
        SecretNames: "Existing: SecretsBackend",
        NewEnvironment: "MwaaEnvironments: a new environment",
        GivenVpc: "Vpc",
        GivenSubnet: "Vpc: Subnets",
        ExecutionRole: "ExecutionRole",
        SecretsBackend: "SecretsBackend",
        EnvironmentAlarms: "MwaaEnvironments: Alarms",
        LogRetentionDays: "MwaaEnvironments: LogRetentionDays",
        LineageDefaults: LINEAGE_TITLE,
        LineageSettings: LINEAGE_TITLE,
        **{provider: f"{LINEAGE_TITLE}: {name}" for name, provider in PROVIDERS.items()},
        Grant: "Grants",
    }
)
"""The chapter in which each section of the model is described."""

INTRODUCTION = """\
# cdk.context.json

This file contains the complete configuration. `python app.py` reads it and reports all mistakes \
together. Editors that support JSON schema complete and check it with `config/schema.json`. This \
page is generated from the same model (`.venv/bin/python -m config.reference`).

The smallest file has `Oidc`, `Alb` with a certificate, and one environment. Complete files for \
each use case are in [samples](../samples). A value `"..."` is a placeholder: fill it in. \
`$schema` and the keys of the CDK CLI are ignored (every key with a colon or that begins with \
`@aws-cdk`, `acknowledged-issue-numbers` and `cli-telemetry`).

**Contents**

{contents}

**What a change does** is in the last column of each table; [What a change does](changes.md) \
says how long it takes, what it interrupts, and what to do instead if it is refused.
"""

GRANTS_TEXT = """\
A deployment that changes them writes them to the grants table. Grants that people add there by \
hand have the source `manual` and stay. A grant is for one `User`, `Subject` or `Group`, and \
gives all its roles in each environment. Removing a grant takes effect at the next sign-in; an \
open Airflow session lasts up to 12 hours. A person's groups are read again from the identity \
provider when the load balancer's session ends (`SessionTimeoutHours`), at the latest."""


def render() -> str:
    """The whole page."""
    chapters = [
        _chapter(Configuration),
        _chapter(Oidc),
        _chapter(Alb),
        _chapter(Authenticator),
        _chapter(Decision),
        _chapter(Statement),
        _chapter(CustomerVpc),
        _chapter(Connectivity),
        _chapter(Roles),
        _chapter(QuickStart),
        _chapter(UiGate),
        _chapter(Deployers),
        _chapter(GitHub),
        _chapter(GitLab),
        _chapter(Pipeline),
        _chapter(Alarms),
        _chapter(AlarmTopic),
        _chapter(ExistingEnvironment),
        _chapter(Existing),
        _chapter(SecretNames),
        _chapter(NewEnvironment),
        _options(),
        _versions(),
        _chapter(GivenVpc),
        _chapter(GivenSubnet),
        _chapter(ExecutionRole),
        _chapter(SecretsBackend, SECRETS_BACKEND_TEXT),
        _chapter(LogRetentionDays),
        _chapter(EnvironmentAlarms),
        _chapter(LineageSettings, LINEAGE_TEXT),
        *(_chapter(provider, PROVIDER_TEXTS[name]) for name, provider in PROVIDERS.items()),
        _chapter(Grant, GRANTS_TEXT),
    ]
    headings = re.findall(r"^##(#?) (.+)$", "\n".join(chapters), re.M)
    contents = "\n".join(
        f"{'  ' if deeper else ''}- [{title}]({_anchor(title)})" for deeper, title in headings
    )
    return "\n".join([INTRODUCTION.format(contents=contents), *chapters])


def _anchor(title: str) -> str:
    """The link to a heading, as GitHub names it."""
    return "#" + re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-")


def _chapter(section: type[Section], text: str | None = None) -> str:
    properties = section.model_json_schema()["properties"]
    rows = [
        f"| `{field.alias}` | {field.description} | {_values(properties[field.alias])} "
        f"| {_default(field, properties[field.alias])} "
        f"| {UpdatePolicy[properties[field.alias]['x-change']].value.effect} |"
        for field in section.model_fields.values()
    ]
    head = ["| Key | Meaning | Values | Default | A change is |", "|---|---|---|---|---|"]
    about = text or " ".join((section.__doc__ or "").split())
    return "\n".join([f"## {TITLES[section]}", "", about, "", *head, *rows, ""])


def _values(schema: dict[str, Any]) -> str:
    """The values of a key in words, from its JSON schema."""
    given, *single = (each for each in schema.get("anyOf", [schema]) if each.get("type") != "null")
    match given:
        case {"enum": names}:
            values = ", ".join(f"`{name}`" for name in names)
        case {"const": name}:
            values = f"`{name}`"
        case {"minimum": least, "maximum": most}:
            values = f"{least} to {most}"
        case {"minimum": least}:
            values = f"{least} or more"
        case {"x-expected": phrase}:
            values = str(phrase)
        case {"items": entry}:
            values = f"{'one value or a list' if single else 'list'}; each entry: {_values(entry)}"
        case {"patternProperties": entries}:
            [entry] = entries.values()
            values = f"object; each value: {_values(entry)}"
        case {"oneOf": sections}:
            values = " or ".join(map(_values, sections))
        case {"$ref": name}:
            values = _section(name.rpartition("/")[2])
        case _:
            values = WORDS[given["type"]]
    return values


def _section(name: str) -> str:
    """The link to the chapter of a section of the model."""
    [title] = {title for section, title in TITLES.items() if section.__name__ == name}
    return f"[{title.rpartition(': ')[2]}]({_anchor(title)})"


def _default(field: FieldInfo, schema: dict[str, Any]) -> str:
    if "x-otherwise" in schema:
        return str(schema["x-otherwise"])
    if field.is_required():
        return "**required**"
    default = schema.get("default")
    return f"`{json.dumps(default)}`" if default or default is False else "not set"


def _options() -> str:
    forced = ", ".join(f"`{key}`" for key in sorted(FORCED_BY_MWAA))
    heeded = ", ".join(f"`{key}`" for key in sorted(HEEDED))
    spans = {
        option: span for option, span in forced_spans().items() if option not in FORCED_BY_MWAA
    }
    by_version = ", ".join(f"`{option}`{_span(span)}" for option, span in spans.items())
    events = ", ".join(f"`{key}`" for key in sorted(OWNED_BY_EVENTS))
    secrets = " and ".join(f"`{key}`" for key in sorted(OWNED_BY_SECRETS_BACKEND))
    return f"""\
### ConfigurationOptions

Keys are `section.option`; values are printable ASCII in quotes. These are errors, because your \
value would have no effect:

- options that MWAA sets itself: {forced}, and `{FORCED_SECTION}.*` except {heeded};
- options that MWAA sets in the environment's version: {by_version};
- `{OWN_SECTION}.*`, which belongs to the platform;
- with lineage, the options that its plugin sets: {events}; with OpenMetadata on Airflow 2 \
`{OWNED_BY_BACKEND}.*` instead;
- with `SecretsBackend`, {secrets}.
"""


def _span(span: Mapping[str, str]) -> str:
    """The versions in which MWAA forces an option, in words."""
    since = f"from {span['from']} on" if "from" in span else ""
    until = f"before {span['until']}" if "until" in span else ""
    words = ", ".join(filter(None, (since, until)))
    return f" ({words})" if words else ""


def _versions() -> str:
    rows = [
        f"| {each.version} | {each.python} | {each.amazon_provider or 'not known'} "
        f"| {each.openlineage_provider or 'not known'} "
        f"| {'yes' if each.creatable else 'no, ended'} |"
        for each in AIRFLOW_VERSIONS.values()
    ]
    head = ["| Airflow | Python | Amazon provider | OpenLineage provider | New environments |"]
    return "\n".join(
        ["### AirflowVersion", "", *head, "|---|---|---|---|---|", *rows, "", _NEWER, ""]
    )


_NEWER = (
    "A newer version is accepted with a warning. Lineage needs 2.5 or newer. MWAA upgrades from 2 "
    "to 3 only through 2.11."
)
