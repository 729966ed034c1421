"""What the configuration demands of an environment's execution role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from artifacts.lineage import ResolvedLineage
from config.artifacts import artifact_sources
from config.model import Configuration
from config.new_environment import NewEnvironment
from config.secrets_backend import PARAMETER_STORE
from mwaa.bucket import OWN_FOLDER, folder_in_shared_bucket
from mwaa.permissions.execution_role import BucketAccess, RoleAccess
from mwaa.permissions.lineage import LineageAccess
from mwaa.permissions.secrets import SecretsAccess
from mwaa.permissions.statement import Location
from mwaa.regions import DNS_SUFFIXES


class Made(NamedTuple):
    """Names of what an environment's stack makes, which are not known before it is deployed."""

    bucket: str
    key: str
    secret: str


def role_access(
    settings: NewEnvironment,
    location: Location,
    *,
    lineage: ResolvedLineage | None,
    bucket_arn: str | None,
    key_arn: str | None,
    token_secret_arns: Mapping[str, str],
) -> RoleAccess:
    """The access that the role needs to these things, by its own policies.

    `token_secret_arns` are those of the catalogues, by their ids. None, and a catalogue that is
    left out, stand for what allows the role by a policy of its own.
    """
    return RoleAccess(
        environment=settings.name,
        location=location,
        bucket=BucketAccess(arn=bucket_arn, keys=readable_keys(settings)) if bucket_arn else None,
        key_arn=key_arn,
        lineage=_lineage(lineage, location, token_secret_arns) if lineage else LineageAccess(),
        secrets=_secrets(settings),
    )


def location_of(configuration: Configuration, *environments: NewEnvironment) -> Location:
    """Where environments are deployed, by the ARNs of the file.

    A role of the team's own is of the deployment's account. Without one, the client's secret is
    taken for it; its Region must be the deployment's.
    """
    _, partition, _, region, account, *_ = configuration.oidc.client_secret_arn.split(":")
    if own := [each.execution_role.arn for each in environments if each.execution_role.arn]:
        account = own[0].split(":")[4]
    return Location(
        partition=partition,
        region=region,
        account=account,
        dns_suffix=DNS_SUFFIXES.get(partition, "amazonaws.com"),
    )


def own_role_access(settings: NewEnvironment, location: Location) -> RoleAccess:
    """What a role of the team's own needs: all but what is made here, which lets it in itself."""
    lineage = artifact_sources(settings).lineage
    return role_access(
        settings,
        location,
        lineage=lineage,
        bucket_arn=settings.source_bucket_arn,
        key_arn=settings.kms_key_arn,
        token_secret_arns={
            each.id: each.token_secret_arn
            for each in (lineage.catalogues if lineage else ())
            if each.token and each.token_secret_arn
        },
    )


ANY = Made(bucket="*", key="*", secret="*")  # noqa: S106 - a name


def bounded_access(settings: NewEnvironment, location: Location, made: Made = ANY) -> RoleAccess:
    """What a boundary must allow; `made` has the names of what the stack makes."""
    lineage = artifact_sources(settings).lineage
    secret = location.arn("secretsmanager", f"secret:{made.secret}")
    return role_access(
        settings,
        location,
        lineage=lineage,
        bucket_arn=settings.source_bucket_arn or f"arn:{location.partition}:s3:::{made.bucket}",
        key_arn=settings.kms_key_arn or location.arn("kms", f"key/{made.key}"),
        token_secret_arns={
            each.id: each.token_secret_arn or secret
            for each in (lineage.catalogues if lineage else ())
            if each.token
        },
    )


def own_folder(settings: NewEnvironment) -> str:
    """Prefix of the keys that deployments of the environment write."""
    return folder_in_shared_bucket(settings.name) if settings.source_bucket_arn else OWN_FOLDER


def readable_keys(settings: NewEnvironment) -> Sequence[str]:
    """The objects that Airflow reads: in a bucket that others may use too, its own prefixes."""
    if not settings.source_bucket_arn:
        return ("*",)
    keys = [f"{settings.dags_s3_path.rstrip('/')}/*", f"{own_folder(settings)}*"]
    return [*keys, *filter(None, [settings.requirements_s3_path])]


def _lineage(
    lineage: ResolvedLineage, location: Location, token_secret_arns: Mapping[str, str]
) -> LineageAccess:
    return LineageAccess(
        # One secret may hold the tokens of several, each in a field.
        token_secret_arns=list(dict.fromkeys(token_secret_arns.values())),
        data_zone_regions=list(
            dict.fromkeys(each.region or location.region for each in lineage.domains)
        ),
        data_zone_keys={each.domain_id: each.key_arn for each in lineage.domains if each.key_arn},
    )


def _secrets(settings: NewEnvironment) -> SecretsAccess:
    backend = settings.secrets_backend
    if not backend:
        return SecretsAccess()
    return SecretsAccess(
        prefixes=backend.prefixes,
        key_arn=backend.kms_key_arn,
        in_parameter_store=backend.service == PARAMETER_STORE,
    )
