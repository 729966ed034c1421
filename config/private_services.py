"""AWS services that an environment reaches by interface endpoints, without a NAT gateway."""

from __future__ import annotations

from collections.abc import Sequence

from artifacts.lineage import ResolvedLineage
from config.new_environment import NewEnvironment
from mwaa.endpoints import SERVICES


def services_without_nat(
    settings: NewEnvironment, lineage: ResolvedLineage | None
) -> Sequence[str]:
    """Names of the services, as in `com.amazonaws.<region>.<service>`."""
    services = [*SERVICES]
    if (lineage and any(each.token for each in lineage.catalogues)) or settings.secrets_backend:
        services.append("secretsmanager")
    if lineage and lineage.domains:
        services.append("datazone")
    return services
