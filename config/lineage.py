"""Where environments send their lineage."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from config.fields import (
    ONE_LINE,
    Change,
    HostUrl,
    Integer,
    Matches,
    Section,
    WholeSecretArn,
    setting,
)
from mwaa_platform.lineage_artefacts import EXPANDED_BY_AIRFLOW

LineageProvider = Literal["Atlan"]
Connection = Annotated[
    str,
    Matches(
        rf"(?!{EXPANDED_BY_AIRFLOW}){ONE_LINE}",
        "on one line, without $ and without ~ at its beginning: Airflow would replace them",
    ),
]


class LineageDefaults(Section):
    """What every new environment starts from."""

    provider: LineageProvider | None = setting(
        "The data catalogue.", change=Change.DISRUPTIVE, default=None
    )
    url: HostUrl | None = setting(
        "Address of the catalogue's host, such as https://example.atlan.com.",
        change=Change.DISRUPTIVE,
        default=None,
    )
    token_secret_arn: WholeSecretArn | None = setting(
        "ARN of an existing secret whose whole text is the catalogue's token, encrypted with the "
        "account's key for secrets (`aws/secretsmanager`).",
        change=Change.DISRUPTIVE,
        default=None,
        otherwise="an empty secret in the environment's stack, for you to fill",
    )
    token_cache_seconds: Annotated[Integer, Field(ge=10, le=3600)] = setting(
        "Seconds for which a process keeps the token: a changed token is followed within them.",
        change=Change.DISRUPTIVE,
        default=300,
    )


class LineageSettings(LineageDefaults):
    """Where one environment sends its lineage."""

    provider: LineageProvider = setting("The data catalogue.", change=Change.DISRUPTIVE)
    url: HostUrl = setting(
        "Address of the catalogue's host, such as https://example.atlan.com.",
        change=Change.DISRUPTIVE,
    )
    connection: Connection = setting(
        "The catalogue's name for this environment's namespace, exactly as it is there. Two "
        "environments must never share one.",
        change=Change.DISRUPTIVE,
        otherwise="the environment's `Name`",
    )


def resolve_lineage(entry: dict[str, Any], defaults: Any) -> dict[str, Any]:
    """An environment's entry with the file's `Lineage` merged under its own; False turns it off.

    Shapes that are wrong are left as they are, for the model to refuse.
    """
    own = entry.get("Lineage")
    if own is False:
        return {**entry, "Lineage": None}
    if own is None and defaults is None:
        return entry
    if not isinstance(own, dict | None):
        return entry
    inherited = defaults if isinstance(defaults, dict) else {}
    return {**entry, "Lineage": {"Connection": entry.get("Name"), **inherited, **(own or {})}}
