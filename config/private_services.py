"""AWS services that an environment reaches by interface endpoints, without a NAT gateway."""

from __future__ import annotations

from collections.abc import Sequence

from artifacts.lineage import ResolvedLineage
from config.new_environment import NewEnvironment
from config.secrets_backend import PARAMETER_STORE
from mwaa.endpoints import SERVICES


def services_without_nat(
    settings: NewEnvironment, lineage: ResolvedLineage | None
) -> Sequence[str]:
    """Names of the services, as in `com.amazonaws.<region>.<service>`."""
    services = [*SERVICES]
    backend = settings.secrets_backend
    in_store = bool(backend and backend.service == PARAMETER_STORE)
    has_tokens = bool(lineage and any(each.token for each in lineage.catalogues))
    if has_tokens or (backend and not in_store):
        services.append("secretsmanager")
    if in_store:
        services.append("ssm")
    if lineage and lineage.domains:
        services.append("datazone")
    return services
