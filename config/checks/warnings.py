"""What is no mistake but may not be meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from config.checks.warnings_about_hosts import warnings_about_hosts
from config.checks.warnings_about_lineage import warnings_about_lineage
from config.checks.warnings_about_quotas import warnings_about_quotas
from config.checks.warnings_about_secrets import warnings_about_secrets
from mwaa.versions import AIRFLOW_VERSIONS, NEWEST

if TYPE_CHECKING:
    from config.model import Configuration
    from config.new_environment import NewEnvironment

WORKERS_QUOTA = 25


def find(configuration: Configuration) -> Iterator[str]:
    """Every warning, as a sentence with the place that it is about."""
    yield from _about_the_load_balancers(configuration)
    yield from warnings_about_hosts(configuration)
    yield from warnings_about_lineage(configuration)
    yield from warnings_about_secrets(configuration)
    yield from warnings_about_quotas(configuration)
    for environment in configuration.environments:
        version = environment.airflow_version
        if version and version not in AIRFLOW_VERSIONS:
            yield (
                f"{environment.name}: Airflow {version} is newer than what this platform knows "
                f"({NEWEST.version}); it goes on with Python {NEWEST.python}."
            )
    for environment in configuration.new_environments:
        yield from _about(environment)
    for index, grant in enumerate(configuration.grants):
        if grant.expires and grant.expires <= datetime.now(UTC):
            yield f"Grants[{index}].Expires: this grant has ended."


def _about_the_load_balancers(configuration: Configuration) -> Iterator[str]:
    alb, quick_start = configuration.alb, configuration.quick_start
    if quick_start:
        yield (
            "QuickStart: everybody whom the identity provider lets into the client opens "
            f"{quick_start.mwaa_environment_name} as {quick_start.rbac_role_name}."
        )
    if not configuration.has_portal:
        return
    if alb.vpc_id and "customer_vpc" in configuration.model_fields_set:
        yield "CustomerVpc: not used, because Alb.VpcId names an existing VPC."
    if alb.vpc_id and not alb.internet_facing and not alb.allowed_cidrs:
        yield (
            f"Alb.AllowedCidrs: without it only addresses of {alb.vpc_cidr} may connect, so none "
            "of a VPN or another network."
        )
    if not (alb.internet_facing or alb.vpc_id or configuration.customer_vpc.nat_gateways):
        yield (
            "CustomerVpc.NatGateways: the load balancer itself calls the identity provider, and "
            "without a NAT gateway an internal one reaches only what is inside its networks."
        )


def _about(environment: NewEnvironment) -> Iterator[str]:
    if environment.max_workers > WORKERS_QUOTA:
        yield (
            f"{environment.name}: {environment.max_workers} workers are more than the quota of "
            f"{WORKERS_QUOTA} that an account begins with."
        )
