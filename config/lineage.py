"""Where environments send their lineage."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from config.catalogue_addresses import destination
from config.catalogues import Catalogue, DataZone, Marquez, OpenLineage
from config.fields import (
    ONE_LINE,
    Boolean,
    Change,
    Integer,
    Matches,
    Section,
    refuse_again,
    reject,
    setting,
)
from mwaa_platform.catalogues import CLIENTS_ENDPOINT
from mwaa_platform.lineage_artefacts import EXPANDED_BY_AIRFLOW

Connection = Annotated[
    str,
    Matches(
        rf"(?!{EXPANDED_BY_AIRFLOW}){ONE_LINE}",
        "on one line, without $ and without ~ at its beginning: Airflow would replace them",
    ),
]


def _unfinished(catalogues: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """What is wrong with catalogues that environments may complete, but not what is missing."""
    try:
        return validate(catalogues)
    except ValidationError as error:
        wrong = [
            details
            for details in error.errors(include_url=False)
            if details["type"] != "missing" and not details.get("ctx", {}).get("missing")
        ]
    if wrong:
        refuse_again(wrong)
    return ()


def _place(catalogue: Catalogue) -> tuple[str, ...]:
    """What two catalogues have in common that are one."""
    match catalogue:
        case DataZone():
            return (catalogue.provider, catalogue.domain_id)
        case OpenLineage():
            return (destination(catalogue.url), catalogue.endpoint)
        case Marquez():
            return (destination(catalogue.url), CLIENTS_ENDPOINT)
    return (destination(catalogue.url), catalogue.provider)


def _each_once(catalogues: tuple[Catalogue, ...]) -> tuple[Catalogue, ...]:
    places = [_place(catalogue) for catalogue in catalogues]
    for position, catalogue in enumerate(catalogues):
        if places[position] in places[:position]:
            reject(
                f"{catalogue.provider} stands here twice with one address, so each event would "
                "arrive twice.",
                "Keep one of them.",
            )
    return catalogues


class LineageDefaults(Section):
    """What every environment with lineage starts from."""

    token_cache_seconds: Annotated[Integer, Field(ge=10, le=3600)] = setting(
        "Seconds for which a container keeps a token: a changed token is followed within them.",
        change=Change.DISRUPTIVE,
        default=300,
    )
    preflight: Boolean = setting(
        "Whether a DAG is shipped that checks from inside Airflow whether lineage can arrive.",
        change=Change.IN_PLACE,
        default=False,
    )
    catalogues: Annotated[
        tuple[Catalogue, ...], AfterValidator(_each_once), WrapValidator(_unfinished)
    ] = setting(
        "Catalogues, each with the keys of its provider.",
        change=Change.DISRUPTIVE,
        default=(),
        otherwise="the keys of a single one stand in `Lineage` itself",
    )


class LineageSettings(LineageDefaults):
    """Where one environment sends its lineage."""

    catalogues: Annotated[
        tuple[Catalogue, ...], Field(min_length=1), AfterValidator(_each_once)
    ] = setting(
        "Catalogues, each with the keys of its provider.",
        change=Change.DISRUPTIVE,
        otherwise="the keys of a single one stand in `Lineage` itself",
    )
    connection: Connection = setting(
        "The catalogues' name for this environment's namespace, exactly as it is there. Two "
        "environments must never share one.",
        change=Change.DISRUPTIVE,
        otherwise="the environment's `Name`",
    )
