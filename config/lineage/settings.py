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

from artifacts.catalogues import CLIENTS_ENDPOINT
from artifacts.plugins import EXPANDED_BY_AIRFLOW
from config.lineage.addresses import destination, host
from config.lineage.catalogue import HttpCatalogue
from config.lineage.providers import Catalogue, DataZone, Marquez, OpenLineage
from config.types import (
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

Connection = Annotated[
    str,
    Matches(
        rf"(?!{EXPANDED_BY_AIRFLOW}){ONE_LINE}",
        "one line of text without blanks at its ends, and without $ or a ~ at its beginning, "
        "which Airflow would replace",
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
    _refuse_a_shared_token(catalogues)
    return catalogues


def _refuse_a_shared_token(catalogues: tuple[Catalogue, ...]) -> None:
    """Two hosts that are sent one token each know the other's."""
    first: dict[tuple[str, str | None], HttpCatalogue] = {}
    for catalogue in catalogues:
        if isinstance(catalogue, HttpCatalogue) and catalogue.token_secret_arn:
            token = (catalogue.token_secret_arn, catalogue.token_field)
            other = first.setdefault(token, catalogue)
            if host(other.url) != host(catalogue.url):
                reject(
                    f"{other.provider} and {catalogue.provider} name one secret, so each host "
                    "would be sent the other's token.",
                    "Give each a secret of its own, or a field of it by TokenField.",
                )


class LineageDefaults(Section):
    """What every environment with lineage starts from."""

    token_cache_seconds: Annotated[Integer, Field(ge=10, le=3600)] = setting(
        "Seconds for which a container caches a token; a changed token is picked up within them.",
        change=Change.DISRUPTIVE,
        default=300,
    )
    preflight: Boolean = setting(
        "Whether to ship a DAG that checks lineage from inside Airflow.",
        change=Change.IN_PLACE,
        default=False,
    )
    catalogues: Annotated[
        tuple[Catalogue, ...], AfterValidator(_each_once), WrapValidator(_unfinished)
    ] = setting(
        "Catalogues, each with the keys of its provider.",
        change=Change.DISRUPTIVE,
        default=(),
        otherwise="the keys of a single catalogue go into `Lineage` itself",
    )


class LineageSettings(LineageDefaults):
    """Where one environment sends its lineage."""

    catalogues: Annotated[
        tuple[Catalogue, ...], Field(min_length=1), AfterValidator(_each_once)
    ] = setting(
        "Catalogues, each with the keys of its provider.",
        change=Change.DISRUPTIVE,
        otherwise="the keys of a single catalogue go into `Lineage` itself",
    )
    connection: Connection = setting(
        "Name of this environment's namespace in the catalogue, exactly as it is there. Two "
        "environments must never share one.",
        change=Change.DISRUPTIVE,
        otherwise="the environment's `Name`",
    )
