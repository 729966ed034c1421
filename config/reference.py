"""The reference of cdk.context.json for people, written from the model.

`python -m config.reference` writes it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from config.airflow_options import (
    FORCED_BY_MWAA,
    FORCED_SECTIONS,
    OWN_SECTION,
    OWNED_BY_BACKEND,
    OWNED_BY_EVENTS,
    OWNED_BY_SECRETS_BACKEND,
)
from config.catalogues import PROVIDERS
from config.environments import ExistingEnvironment
from config.fields import Section
from config.grants import Grant
from config.lineage import LineageSettings
from config.model import Configuration
from config.network import CustomerVpc
from config.new_environment import NewEnvironment
from config.quick_start import QuickStart
from config.reference_of_lineage import CATALOGUES, LINEAGE, SECRETS_BACKEND
from config.secrets_backend import SecretsBackend
from config.sign_in import Alb, Oidc
from mwaa_platform.airflow_versions import AIRFLOW_VERSIONS

FILE = Path(__file__).parents[1] / "docs" / "configuration.md"

WORDS = {"array": "list", "boolean": "`true`, `false`", "object": "object", "string": "text"}

INTRODUCTION = """\
# cdk.context.json

Everything that you decide stands in this file. `python app.py` reads it and names every mistake \
at once; an editor that knows JSON schema completes and checks it from `config/schema.json`. This \
page is written from the same model (`.venv/bin/python -m config.reference`).

The smallest file has `Oidc`, `Alb` with a certificate, and one environment. Whole files for each \
use are in [samples](../samples). A value `"..."` is a placeholder and must be filled in. Keys \
that the CDK's CLI keeps here (any with a colon or beginning with `@aws-cdk`, and \
`acknowledged-issue-numbers`, `cli-telemetry`) and `$schema` are left alone.

**What a change does**, last column of each table:

- *in place*: nothing that runs is interrupted.
- *disruptive*: changed in place, but felt. In an environment MWAA restarts its containers, which \
takes 20 to 30 minutes and ends running tasks, or waits for them up to 12 hours with \
`WorkerReplacementStrategy` GRACEFUL; a change of version takes up to 2 hours. In the sign-in \
people sign in again.
- *replaces*: the thing is made anew and the old one goes. A replaced environment loses its \
history of runs, its connections and variables; CloudFormation cannot replace one under the same \
name, so destroy its stack first (`npx cdk destroy Env-<Name>`). A load balancer cannot be \
replaced in place, because a target group belongs to one: the README's \
[Remove it](../README.md#remove-it) says what to destroy first.
"""

GRANTS = """\
Written into the grants table by each deployment that changes them, beside what people add there \
by hand under the source `manual`. One grant has all roles of a principal in an environment. A \
grant that is taken away closes the sign-in at once; a session that is open in Airflow lasts up to \
12 hours. What the identity provider says of a person's groups is asked again when the load \
balancer's session ends (`SessionTimeoutHours`), at the latest."""


def render() -> str:
    """The whole page."""
    chapters = [
        INTRODUCTION,
        _chapter("Top level", Configuration),
        _chapter("Oidc", Oidc),
        _chapter("Alb", Alb),
        _chapter("CustomerVpc", CustomerVpc),
        _chapter("QuickStart", QuickStart),
        _chapter("MwaaEnvironments: one that exists", ExistingEnvironment),
        _chapter("MwaaEnvironments: a new one", NewEnvironment),
        _options(),
        _versions(),
        _chapter("SecretsBackend", SecretsBackend, SECRETS_BACKEND),
        _chapter("Lineage", LineageSettings, LINEAGE),
        *(
            _chapter(f"Lineage with {name}", provider, CATALOGUES[name])
            for name, provider in PROVIDERS.items()
        ),
        _chapter("Grants", Grant, GRANTS),
    ]
    return "\n".join(chapters)


def _chapter(title: str, section: type[Section], text: str | None = None) -> str:
    properties = section.model_json_schema()["properties"]
    rows = [
        f"| `{field.alias}` | {field.description} | {_values(properties[field.alias])} "
        f"| {_default(field, properties[field.alias])} | {properties[field.alias]['x-change']} |"
        for field in section.model_fields.values()
    ]
    head = ["| Key | Meaning | Values | Without it | A change |", "|---|---|---|---|---|"]
    about = text or " ".join((section.__doc__ or "").split())
    return "\n".join([f"## {title}", "", about, "", *head, *rows, ""])


def _values(schema: dict[str, Any]) -> str:
    """What a key takes, in words, from its JSON schema."""
    given, *_ = (each for each in schema.get("anyOf", [schema]) if each.get("type") != "null")
    match given:
        case {"enum": names}:
            values = ", ".join(f"`{name}`" for name in names)
        case {"const": name}:
            values = f"`{name}`"
        case {"minimum": least, "maximum": most}:
            values = f"{least} to {most}"
        case {"type": kind}:
            values = WORDS[kind]
        case _:
            values = WORDS["object"]
    return values


def _default(field: FieldInfo, schema: dict[str, Any]) -> str:
    if "x-otherwise" in schema:
        return str(schema["x-otherwise"])
    if field.is_required():
        return "**required**"
    default = schema.get("default")
    return f"`{json.dumps(default)}`" if default or default is False else ""


def _options() -> str:
    forced = ", ".join(f"`{key}`" for key in sorted(FORCED_BY_MWAA))
    sections = ", ".join(f"`{section}.*`" for section in sorted(FORCED_SECTIONS))
    events = ", ".join(f"`{key}`" for key in sorted(OWNED_BY_EVENTS))
    secrets = " and ".join(f"`{key}`" for key in sorted(OWNED_BY_SECRETS_BACKEND))
    return f"""\
### ConfigurationOptions

Keys are `section.option`; values are printable ASCII in quotes. Refused, because another value \
would be lost:

- what MWAA sets itself: {forced}, {sections};
- `{OWN_SECTION}.*`, which belongs to the platform;
- with lineage, what its plugin sets: {events}; with OpenMetadata on Airflow 2 \
`{OWNED_BY_BACKEND}.*` instead;
- with `SecretsBackend`, {secrets}.
"""


def _versions() -> str:
    rows = [
        f"| {each.version} | {each.python} | {each.amazon_provider or ''} "
        f"| {each.openlineage_provider or ''} | {'yes' if each.creatable else 'no, ended'} |"
        for each in AIRFLOW_VERSIONS.values()
    ]
    head = ["| Airflow | Python | Amazon provider | OpenLineage provider | New environments |"]
    return "\n".join(
        ["### AirflowVersion", "", *head, "|---|---|---|---|---|", *rows, "", _NEWER, ""]
    )


_NEWER = (
    "A version newer than these is taken with a warning. Lineage needs 2.5 or newer. From 2 to 3 "
    "MWAA upgrades through 2.11 only."
)


if __name__ == "__main__":
    FILE.write_text(render())
