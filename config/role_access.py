"""What the configuration demands of an environment's execution role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from artifacts.lineage import ResolvedLineage
from config.new_environment import NewEnvironment
from config.secrets_backend import PARAMETER_STORE
from mwaa.bucket import OWN_FOLDER, folder_in_shared_bucket
from mwaa.permissions.execution_role import (
    BucketAccess,
    LineageAccess,
    RoleAccess,
    SecretsAccess,
)
from mwaa.permissions.statement import Location


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
