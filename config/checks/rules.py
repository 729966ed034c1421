"""Registry of the configuration's rules, in the order in which their findings are reported.

A rule is a function in a module by topic. Errors are found in a partial file, so that all are
reported at once; warnings in a valid configuration. A rule about one environment alone yields
messages, which become warnings about its entry. A new rule is one function and one line here. The
docstring of an error's rule says what must be so, that of a warning's what it warns of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from config.checks import (
    alarms,
    decision,
    environments,
    execution_role,
    files,
    given_vpc,
    grants,
    hosts,
    lineage,
    network,
    pipeline,
    room,
    secrets,
    sign_in,
    tags,
    target,
    ways,
)
from config.checks.finding import warning
from config.checks.partial import PartialFile
from config.environments import ExistingEnvironment
from config.model import AnyEnvironment, Configuration
from config.new_environment import NewEnvironment
from errors import Finding
from mwaa.regions import Target

ERRORS: tuple[Callable[[PartialFile], Iterator[Finding]], ...] = (
    sign_in.quick_start_clients,
    sign_in.portal_or_quick_start,
    sign_in.separate_quick_start,
    sign_in.separate_gate_client,
    decision.asked_decision,
    decision.valid_decision,
    network.complete_alb_vpc,
    given_vpc.made_or_given,
    given_vpc.two_zones,
    given_vpc.subnets_within,
    given_vpc.consistent_facts,
    given_vpc.ranges_apart,
    given_vpc.one_owner,
    ways.routes_of_ways,
    room.room_to_begin,
    hosts.portal_host,
    hosts.servable_hosts,
    hosts.certificate_names,
    hosts.gated_hosts,
    environments.unique_names,
    environments.unique_stacks,
    environments.forced_options,
    network.peering_limit,
    network.load_balancer_subnets,
    hosts.unique_hosts,
    hosts.unique_priorities,
    hosts.target_group_limit,
    network.disjoint_ranges,
    ways.one_way,
    ways.rules_once,
    ways.target_networks,
    environments.unique_dag_folders,
    tags.unique_keys,
    alarms.one_topic,
    alarms.datapoints_within_periods,
    secrets.apart_from_clients,
    lineage.compatible_catalogues,
    lineage.named_token_secrets,
    lineage.reserved_options,
    lineage.unique_connections,
    lineage.unique_services,
    grants.known_environments,
    grants.unique_grants,
    grants.event_size,
    target.creatable_environments,
    target.own_arns,
    target.zones_of_the_region,
    target.graceful_updates,
    pipeline.own_connection,
    files.valid_files,
    execution_role.valid_policies,
)

WARNINGS: tuple[Callable[[Configuration], Iterator[Finding]], ...] = (
    sign_in.open_quick_start,
    sign_in.shared_client,
    decision.quick_start_beside_decision,
    sign_in.unverified_addresses,
    network.unused_customer_vpc,
    network.alb_clients,
    network.open_alb,
    network.unused_ranges,
    network.security_group_rules,
    network.unreachable_identity_provider,
    network.other_ports_of_the_provider,
    hosts.records_and_certificates,
    hosts.sibling_hosts,
    hosts.open_web_servers,
    hosts.load_balancer_quotas,
    hosts.manual_routes,
    ways.unreachable_web_servers,
    ways.unreachable_from_the_internet,
    ways.manual_parts,
    ways.manual_routes_back,
    ways.empty_ways,
    secrets.shared_prefixes,
    secrets.readable_tokens,
    execution_role.shared_roles,
    network.network_quotas,
    room.room_to_grow,
    environments.nested_dag_folders,
    environments.environment_quota,
    alarms.unsent_metrics,
    alarms.silent_alarms,
    alarms.unwatched_environments,
    grants.unreachable_groups,
    grants.unsent_groups,
    grants.expired_grants,
)

TARGET_WARNINGS: tuple[Callable[[Configuration, Target], Iterator[Finding]], ...] = (
    target.unknown_region,
    pipeline.shared_connection,
)

ENVIRONMENT_WARNINGS: tuple[Callable[[AnyEnvironment], Iterator[str]], ...] = (
    environments.unknown_version,
    files.unchecked_requirements,
    files.folder_of_plugins,
    lineage.unencrypted_catalogues,
    lineage.non_ascii_connection,
)
NEW_ENVIRONMENT_WARNINGS: tuple[Callable[[NewEnvironment], Iterator[str]], ...] = (
    environments.default_version,
    environments.options_without_effect,
    environments.doubled_percent_signs,
    environments.worker_quota,
    hosts.conflicting_base_url,
    lineage.missing_wheels,
    lineage.unreachable_catalogues,
    lineage.tokens_in_options,
    execution_role.broad_policies,
    execution_role.policies_quota,
    secrets.backend_by_hand,
    ways.wide_ranges,
    ways.rules_of_security_group,
)
EXISTING_ENVIRONMENT_WARNINGS: tuple[Callable[[ExistingEnvironment], Iterator[str]], ...] = (
    hosts.manual_base_url,
    lineage.manual_deployment,
)


def errors(file: PartialFile) -> Iterator[Finding]:
    """Everything that makes the configuration unusable, beyond what the model itself rejects."""
    return chain.from_iterable(rule(file) for rule in ERRORS)


def warnings(
    configuration: Configuration, *, deployed_to: Target | None = None
) -> Iterator[Finding]:
    """What is valid but probably unintended, where it is deployed to if that is known."""
    yield from chain.from_iterable(rule(configuration) for rule in WARNINGS)
    if deployed_to:
        for rule in TARGET_WARNINGS:
            yield from rule(configuration, deployed_to)
    for index, environment in enumerate(configuration.environments):
        for message in _messages(environment):
            yield warning(("MwaaEnvironments", index), message, subject=environment.name)


def _messages(environment: AnyEnvironment) -> Iterator[str]:
    yield from chain.from_iterable(rule(environment) for rule in ENVIRONMENT_WARNINGS)
    match environment:
        case NewEnvironment():
            yield from chain.from_iterable(rule(environment) for rule in NEW_ENVIRONMENT_WARNINGS)
        case ExistingEnvironment():
            for rule in EXISTING_ENVIRONMENT_WARNINGS:
                yield from rule(environment)
