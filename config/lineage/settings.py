"""The section `Lineage`: where environments send their lineage."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any

from packaging.version import Version
from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from config.lineage.addresses import EXPANDED_BY_AIRFLOW, host
from config.lineage.atlan import Atlan
from config.lineage.catalogue import HttpCatalogue, Incompatibility
from config.lineage.datahub import DataHub
from config.lineage.datazone import DataZone
from config.lineage.marquez import Marquez
from config.lineage.openlineage import OpenLineage
from config.lineage.openmetadata import OpenMetadata
from config.nearest import nearest
from config.section import Matches, Section, reject, reject_for, setting
from config.types import ONE_LINE, Boolean, Integer
from config.update_policy import FREE, RESTARTS, UpdatePolicy
from errors import Place
from mwaa.versions import OLDEST_WITH_LINEAGE

PROVIDERS = {
    provider.__name__: provider
    for provider in (Atlan, OpenLineage, Marquez, DataHub, OpenMetadata, DataZone)
}


def _provider(catalogue: Any) -> str | None:
    """The named provider, or the most similar name, so that the keys are validated too."""
    name = catalogue.get("Provider") if isinstance(catalogue, dict) else None
    return nearest(name, PROVIDERS) if isinstance(name, str) else None


AnyCatalogue = Annotated[
    Annotated[Atlan, Tag("Atlan")]
    | Annotated[OpenLineage, Tag("OpenLineage")]
    | Annotated[Marquez, Tag("Marquez")]
    | Annotated[DataHub, Tag("DataHub")]
    | Annotated[OpenMetadata, Tag("OpenMetadata")]
    | Annotated[DataZone, Tag("DataZone")],
    Discriminator(_provider),
]

OLDEST_WITH_SEVERAL = Version("2.10.1")
OFF = 'turn lineage off here: "Lineage": false'

Connection = Annotated[
    str,
    Matches(
        rf"(?!{EXPANDED_BY_AIRFLOW}){ONE_LINE}",
        "one line of text without blanks at its ends, and without $ or a ~ at its beginning, "
        "which Airflow would replace",
    ),
]


def _validate_incomplete(catalogues: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Validates catalogues that environments may complete, so keys may be missing."""
    try:
        return validate(catalogues)
    except ValidationError as error:
        wrong = [
            details
            for details in error.errors(include_url=False)
            if details["type"] != "missing" and not details.get("ctx", {}).get("missing")
        ]
    if wrong:
        reject_for(wrong)
    return ()


def _check_unique(catalogues: tuple[AnyCatalogue, ...]) -> tuple[AnyCatalogue, ...]:
    identities = [catalogue.identity for catalogue in catalogues]
    for position, catalogue in enumerate(catalogues):
        if identities[position] in identities[:position]:
            reject(
                f"{catalogue.provider} stands here twice with one address, so each event would "
                "arrive twice.",
                "Keep one of them.",
            )
    _refuse_shared_tokens(catalogues)
    return catalogues


def _refuse_shared_tokens(catalogues: tuple[AnyCatalogue, ...]) -> None:
    """Rejects one token for two hosts, each of which would know the other's."""
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
        update=RESTARTS,
        default=300,
    )
    preflight: Boolean = setting(
        "Whether to ship a DAG that checks lineage from inside Airflow.",
        update=FREE,
        default=False,
    )
    catalogues: Annotated[
        tuple[AnyCatalogue, ...], AfterValidator(_check_unique), WrapValidator(_validate_incomplete)
    ] = setting(
        "Catalogues, each with the keys of its provider.",
        update=UpdatePolicy.TAKES_ANOTHER_TOKEN,
        default=(),
        otherwise="the keys of a single catalogue go into `Lineage` itself",
    )


class LineageSettings(LineageDefaults):
    """Where one environment sends its lineage."""

    catalogues: Annotated[
        tuple[AnyCatalogue, ...], Field(min_length=1), AfterValidator(_check_unique)
    ] = setting(
        "Catalogues, each with the keys of its provider.",
        update=UpdatePolicy.TAKES_ANOTHER_TOKEN,
        otherwise="the keys of a single catalogue go into `Lineage` itself",
    )
    connection: Connection = setting(
        "Name of this environment's namespace in the catalogue, exactly as it is there. Two "
        "environments must never share one.",
        update=RESTARTS,
        otherwise="the environment's `Name`",
    )


SEVERAL = Incompatibility(
    None,
    f"Several catalogues need Airflow {OLDEST_WITH_SEVERAL} or newer.",
    "Keep one of them, or take a newer AirflowVersion.",
)
SEVERAL_BACKENDS = Incompatibility(
    None,
    "Airflow 2 has one lineage backend, so OpenMetadata can stand here once.",
    "Keep one of them, or take Airflow 3.",
)


@cache
def incompatibilities(
    lineage: LineageSettings, version: str
) -> tuple[tuple[Place, Incompatibility], ...]:
    """Reasons why an Airflow version cannot send to these catalogues, each with its place."""
    return tuple(_incompatibilities(lineage, version))


def _incompatibilities(
    lineage: LineageSettings, version: str
) -> Iterator[tuple[Place, Incompatibility]]:
    airflow = Version(version)
    if airflow.release < OLDEST_WITH_LINEAGE:
        yield (
            (),
            Incompatibility(
                None,
                f"Lineage needs Airflow {'.'.join(map(str, OLDEST_WITH_LINEAGE))} or newer.",
                f"Take a newer AirflowVersion, or {OFF}",
            ),
        )
        return
    for position, catalogue in enumerate(lineage.catalogues):
        for each in catalogue.incompatibilities(airflow):
            yield ("Catalogues", position, *((each.key,) if each.key else ())), each
    by_backend = [each.uses_backend(airflow) for each in lineage.catalogues]
    backends = [position for position, backend in enumerate(by_backend) if backend]
    events = [position for position, backend in enumerate(by_backend) if not backend]
    if len(events) > 1 and airflow < OLDEST_WITH_SEVERAL:
        yield ("Catalogues", events[1]), SEVERAL
    if len(backends) > 1:
        yield ("Catalogues", backends[1]), SEVERAL_BACKENDS
