"""Every rule of the configuration, in the order in which its findings are reported.

A rule is a function to findings in a module by topic. Errors are found in a partial file, so that
all are reported at once; warnings in a valid configuration. A new rule is one function and one line
here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from config.checks import environments, files, grants, hosts, lineage, network, secrets, sign_in
from config.checks.partial import PartialFile
from config.model import Configuration
from errors import Finding

ERRORS: tuple[Callable[[PartialFile], Iterator[Finding]], ...] = (
    sign_in.reachable_quick_start,
    sign_in.something_to_open,
    sign_in.quick_start_apart_from_portal,
    network.complete_alb_vpc,
    hosts.portal_host,
    hosts.serveable_hosts,
    hosts.certificate_names,
    environments.unique_names,
    environments.unique_stacks,
    network.peering_limit,
    hosts.unique_hosts,
    network.disjoint_ranges,
    environments.unique_dag_folders,
    lineage.compatible_catalogues,
    lineage.named_token_secrets,
    lineage.options_of_lineage,
    lineage.unique_connections,
    lineage.unique_services,
    grants.known_environments,
    grants.unique_grants,
    files.valid_files,
)

WARNINGS: tuple[Callable[[Configuration], Iterator[Finding]], ...] = (
    sign_in.quick_start_is_open,
    network.unused_customer_vpc,
    network.alb_clients,
    network.way_to_identity_provider,
    hosts.records_and_certificates,
    hosts.load_balancer_quotas,
    hosts.other_base_url,
    hosts.existing_environments,
    lineage.readable_on_its_way,
    lineage.connection_outside_ascii,
    lineage.files_to_put_in_place,
    lineage.packages_without_index,
    lineage.way_to_catalogues,
    lineage.tokens_in_options,
    secrets.shared_prefixes,
    network.network_quotas,
    environments.newer_versions,
    environments.worker_quota,
    grants.expired_grants,
)


def errors(file: PartialFile) -> Iterator[Finding]:
    """Everything that makes the configuration unusable, beyond what the model itself rejects."""
    for rule in ERRORS:
        yield from rule(file)


def warnings(configuration: Configuration) -> Iterator[Finding]:
    """What is valid but probably unintended."""
    for rule in WARNINGS:
        yield from rule(configuration)
