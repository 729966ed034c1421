"""Translation of an environment's entry into the values that its files are built from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from packaging.version import Version

from artifacts.build import ArtifactSources
from artifacts.lineage import ResolvedLineage
from config.lineage.catalogue import Delivery
from config.lineage.settings import AnyCatalogue, LineageSettings
from config.model import AnyEnvironment
from config.new_environment import NewEnvironment
from mwaa.versions import airflow_version


def artifact_sources(environment: AnyEnvironment) -> ArtifactSources:
    """The sources of an environment's files.

    Raises InvalidVersion for an existing environment without an Airflow version.
    """
    sources = ArtifactSources(
        version=airflow_version(str(environment.airflow_version)),
        lineage=resolve_lineage(
            environment.lineage,
            environment=environment.name,
            version=str(environment.airflow_version),
            is_deployed=isinstance(environment, NewEnvironment),
        )
        if environment.lineage
        else None,
        plugins=environment.plugins,
        requirements=environment.requirements,
    )
    if not isinstance(environment, NewEnvironment):
        return sources
    return replace(
        sources,
        dags=environment.dags,
        startup_script=environment.startup_script,
        wheels=environment.wheels,
        ships_requirements=environment.requirements_s3_path is None,
    )


@cache
def resolve_lineage(
    lineage: LineageSettings, *, environment: str, version: str, is_deployed: bool
) -> ResolvedLineage:
    """Resolves the lineage of an environment, once: checks and stacks share the result.

    `is_deployed` is False for an existing environment, to which nothing is deployed.
    """
    airflow, release = airflow_version(version), Version(version)
    delivery = Delivery(
        environment=environment,
        version=airflow,
        token_ttl_seconds=lineage.token_cache_seconds,
        destinations=sum(not each.uses_backend(release) for each in lineage.catalogues),
    )
    ids = _catalogue_ids(lineage.catalogues)
    return ResolvedLineage(
        version=airflow,
        namespace=lineage.connection,
        catalogues=tuple(
            catalogue.resolve(id_, delivery)
            for id_, catalogue in zip(ids, lineage.catalogues, strict=True)
        ),
        token_ttl_seconds=lineage.token_cache_seconds,
        preflight=lineage.preflight,
        is_deployed=is_deployed,
    )


def _catalogue_ids(catalogues: tuple[AnyCatalogue, ...]) -> Iterator[str]:
    """The provider's name for the first catalogue of each provider, a 2 after it for the second."""
    seen: Counter[str] = Counter()
    for catalogue in catalogues:
        provider = catalogue.provider.lower()
        seen[provider] += 1
        yield provider if seen[provider] == 1 else f"{provider}_{seen[provider]}"
