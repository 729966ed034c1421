"""What an environment's entry puts into its bucket."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from artifacts.catalogues import (
    Catalogue,
    DataZoneCatalogue,
    HttpCatalogue,
    OpenMetadataBackend,
)
from artifacts.dags import build_dags
from artifacts.plugins import (
    LineagePluginSettings,
    build_plugins,
    build_requirements,
)
from artifacts.requirements import lineage_requirements
from artifacts.startup_script import build_startup_script
from config.environments import ExistingEnvironment
from config.lineage.openmetadata import OPENMETADATAS_ENDPOINT, OpenMetadata
from config.lineage.providers import Atlan, DataHub, DataZone, Marquez, OpenLineage
from config.lineage.providers import Catalogue as Entry
from config.lineage.versions import sends_by_backend
from config.new_environment import NewEnvironment
from mwaa.versions import airflow_version

ATLANS_PATH = "events/openlineage/airflow-mwaa/"
DATAHUBS_ENDPOINT = "openapi/openlineage/api/v1/lineage"
BACKENDS_OPTIONS = (
    "audience",
    "authority",
    "client_id",
    "domain",
    "email",
    "org_url",
    "token_endpoint",
)


@dataclass(frozen=True, kw_only=True)
class Artefacts:
    """Files of one environment, each named by its content.

    `requirements` is None where the entry names a file that is in the bucket already, `dags` (a
    zip) where no DAGs are shipped.
    """

    plugins: Path
    requirements: Path | None
    dags: Path | None
    startup_script: Path


def catalogues(environment: NewEnvironment | ExistingEnvironment) -> tuple[Catalogue, ...]:
    """The catalogues of an environment, in the order of its entry.

    The first of a provider has the provider's name for an id, the second a 2 behind it.
    """
    if not (lineage := environment.lineage):
        return ()
    return tuple(
        _catalogue(entry, id_, environment)
        for entry, id_ in zip(lineage.catalogues, _ids(lineage.catalogues), strict=True)
    )


def plugin_settings(
    environment: NewEnvironment | ExistingEnvironment,
) -> LineagePluginSettings | None:
    """What the lineage plugin is told; None where no lineage is sent."""
    if not (lineage := environment.lineage):
        return None
    # A new environment names its secrets in its options, where another ARN changes no archive.
    existing = isinstance(environment, ExistingEnvironment)
    sent = catalogues(environment)
    return LineagePluginSettings(
        version=airflow_version(str(environment.airflow_version)),
        namespace=lineage.connection,
        catalogues=sent,
        token_cache_seconds=lineage.token_cache_seconds,
        secret_arns={
            each.id: entry.token_secret_arn
            for each, entry in zip(sent, lineage.catalogues, strict=True)
            if existing and not isinstance(entry, DataZone) and entry.token_secret_arn
        },
    )


def artefacts(environment: NewEnvironment | ExistingEnvironment, directory: Path) -> Artefacts:
    """Write the files into `directory`.

    Raises ConflictError where a team's file cannot be shipped, OSError where it cannot be read.
    """
    new = environment if isinstance(environment, NewEnvironment) else None
    wheels = new.wheels if new else None
    plugins = build_plugins(
        plugin_settings(environment),
        team=environment.plugins,
        wheels=wheels,
        directory=directory,
    )
    in_the_bucket = new and new.requirements_s3_path
    version = airflow_version(str(environment.airflow_version))
    return Artefacts(
        plugins=plugins,
        # Shipped even if it installs nothing: MWAA keeps a file that was once named, so only
        # another one takes lineage's package out again.
        requirements=None
        if in_the_bucket
        else build_requirements(
            version=version,
            ours=lineage_requirements(catalogues(environment), version=version),
            team=environment.requirements,
            wheels=wheels,
            directory=directory,
        ),
        dags=build_dags(
            team=new.dags if new else None,
            preflight=bool(new and new.lineage and new.lineage.preflight),
            directory=directory,
        ),
        startup_script=build_startup_script(
            new.startup_script if new else None, directory=directory
        ),
    )


def _ids(entries: Sequence[Entry]) -> list[str]:
    seen: Counter[str] = Counter()
    ids = []
    for entry in entries:
        provider = entry.provider.lower()
        seen[provider] += 1
        ids.append(provider if seen[provider] == 1 else f"{provider}_{seen[provider]}")
    return ids


def _catalogue(
    entry: Entry, id_: str, environment: NewEnvironment | ExistingEnvironment
) -> Catalogue:
    match entry:
        case DataZone():
            return DataZoneCatalogue(id=id_, domain_id=entry.domain_id, region=entry.region)
        case OpenMetadata() if sends_by_backend(entry, Version(str(environment.airflow_version))):
            return OpenMetadataBackend(
                id=id_,
                url=entry.url,
                version=entry.version,
                service_name=entry.service_name or environment.name,
                authentication=entry.authentication,
                options=_backends_options(entry),
                token_field=entry.token_field,
            )
    return HttpCatalogue(
        id=id_,
        provider=entry.provider,
        url=_base_url(entry),
        endpoint=_endpoint(entry),
        token=entry.needs_token,
        token_field=entry.token_field,
        api_key_header=entry.api_key_header if isinstance(entry, OpenLineage) else None,
    )


def _base_url(entry: Atlan | OpenLineage | Marquez | DataHub | OpenMetadata) -> str:
    base = entry.url.rstrip("/") + "/"
    return base + ATLANS_PATH if isinstance(entry, Atlan) else base


def _endpoint(entry: Atlan | OpenLineage | Marquez | DataHub | OpenMetadata) -> str:
    match entry:
        case OpenLineage():
            return entry.endpoint
        case DataHub():
            return DATAHUBS_ENDPOINT
        case OpenMetadata():
            return OPENMETADATAS_ENDPOINT
    return HttpCatalogue.endpoint


def _backends_options(entry: OpenMetadata) -> dict[str, str]:
    given = {name: getattr(entry, name) for name in BACKENDS_OPTIONS}
    scopes = {"scopes": json.dumps(entry.scopes)} if entry.scopes else {}
    return {name: value for name, value in given.items() if value} | scopes
