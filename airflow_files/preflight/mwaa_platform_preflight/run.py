"""All checks from inside Airflow, in the order in which people read them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from mwaa_platform_preflight.airflow_side import (
    DEPLOY,
    NoSettingsError,
    check_airflow,
    read_settings,
    secret_arn,
)
from mwaa_platform_preflight.catalogues import check_catalogue
from mwaa_platform_preflight.data_zone import check_data_zone
from mwaa_platform_preflight.findings import Finding
from mwaa_platform_preflight.network import authorities
from mwaa_platform_preflight.secret import SecretProblem, read_secret
from mwaa_platform_preflight.targets import Target, targets


def check_from_airflow(*, catalogue: str | None, marker: bool) -> Iterator[Finding]:
    """Every check, of all catalogues or of one; with `marker` each of these gets a marker."""
    try:
        settings = read_settings()
    except NoSettingsError as error:
        yield Finding("Plugin", f"The settings of plugins.zip are not here: {error}.", DEPLOY)
        return
    namespace = settings["namespace"] if marker else None
    for finding in check_airflow(settings, catalogue=catalogue):
        if catalogue in {None, finding.catalogue} or finding.catalogue is None:
            yield finding
    asked = [each for each in targets(settings) if catalogue in {None, each.id}]
    if not asked:
        known = ", ".join(each.id for each in targets(settings))
        yield Finding("Catalogue", f"There is no {catalogue} here.", f"It has {known}.")
    for target in asked:
        if target.domain_id:
            connect = partial(_client, "datazone", target.region)
            yield from check_data_zone(target, connect, marker_namespace=namespace)
        else:
            yield from check_catalogue(
                target,
                secret=partial(_secret, target),
                cafile=authorities(),
                marker_namespace=namespace,
            )


def _secret(target: Target) -> str:
    arn = secret_arn(target.id) or ""
    if not arn.startswith("arn:"):
        raise SecretProblem(
            "Airflow is not told which secret it is: the option mwaa_platform.lineage_secret_"
            f"{target.id} has no ARN.",
            DEPLOY,
        )
    return read_secret(_client("secretsmanager", arn.split(":")[3]), arn, target)


def _client(service: str, region: str | None) -> Any:
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    limits = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})
    return boto3.client(service, region_name=region, config=limits)
