"""The parts of each stack that AWS charges for, from the configuration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cli.cost.estate import Estate, Part, Range
from config.artifacts import artifact_sources
from config.environment_network import EnvironmentNetwork, environment_network
from config.environments import ExistingEnvironment
from config.model import Configuration
from config.network import VpcSettings
from config.new_environment import MICRO, NewEnvironment
from config.quick_start import QuickStart
from config.stack_names import Kind, Stack, stacks
from config.watched_alarms import alarms_of, has_dashboard
from mwaa.endpoints import with_endpoint
from mwaa.network import own_endpoints
from mwaa.prices import HOURS, UNITS, Prices, Usage

ZONES = 2
"""Availability Zones of every environment."""
DAYS_OF_LOGS = 90
"""How long logs are kept that nothing but operation needs."""
DAYS_OF_A_MONTH = 30
LOOKUPS = HOURS * 12
"""Runs a month of the function that looks up a web server's addresses every five minutes."""
GB_SECONDS_OF_A_RUN = Decimal("0.25")
"""Of any of our functions that run often: 256 MB for a second."""
READS_OF_A_SIGN_IN = 10
"""Items that the authenticator asks for: a person's, and one for each group."""

METRICS_OF_A_PLATFORM = 3
"""Sign-ins, denials and failures in all."""

INCLUDED = {"worker": 1, "scheduler": 2, "web server": 2}
INCLUDED_IN_MICRO = dict.fromkeys(INCLUDED, 1)
"""What the price of an environment includes.

https://aws.amazon.com/managed-workflows-for-apache-airflow/pricing/
"""

ALWAYS_ASSUMED = (
    f"{HOURS} hours a month.",
    "An environment's price includes 1 worker, and the fewest schedulers and web servers that its "
    "class can have. Low is with the fewest workers and web servers all month, high with the most.",
    "Free tiers and discounts are left out, and so is the transfer of data out of AWS, between "
    "zones and through peering.",
    "Left out because it comes to cents or nothing: functions that run in a deployment alone, "
    "their logs, and DNS records that are aliases of a load balancer.",
    "Left out because it is not made here: hosted zones, web ACLs, and what the file names by its "
    "ID or ARN.",
)
OF_PRIVATE_LINK = (
    "MWAA's own interface endpoints in an environment's VPC, to its database and its private web "
    "server, are charged as others are."
)
"""https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-vpe-access.html, "Pricing"."""
OF_PIPELINES = (
    "Left out because it depends on how often you deploy: the minutes of the pipeline's steps."
)
OF_LOGS = (
    "Each component writes as many logs as the others, and a log group is as full as its retention "
    "lets it be."
)
OF_KEYS = "A key is rotated each year; each of its first two rotations adds the price of a key."
"""https://aws.amazon.com/kms/pricing/"""


def monthly_cost(configuration: Configuration, prices: Prices) -> Estate:
    """What a configuration costs in a month, in a Region, as far as it is priced."""
    month = _Month(prices)
    for stack in stacks(configuration):
        month.stack = stack.id
        _add_stack(month, configuration, stack)
        _add_alarms(month, configuration, stack)
    parts = [each for each in month.parts if each.amount.high]
    file = prices.file
    assumed = [f"{prices.usage(each).normalize():f} {each}" for each in Usage if each in month.used]
    return Estate(
        region=prices.region,
        prices_of=file.date,
        parts=parts,
        unknown=_existing_environments(configuration),
        assumptions=[
            *ALWAYS_ASSUMED,
            *([OF_PRIVATE_LINK, OF_LOGS] if configuration.new_environments else []),
            *([OF_KEYS] if _keys_are_made(configuration) else []),
            *([OF_PIPELINES] if configuration.pipeline else []),
            f"Use in a month: {', '.join(assumed)}.",
        ],
        stand_in=file.reference_region if month.stands_in else None,
    )


@dataclass
class _Month:
    """The parts so far, for `stack`, and the assumed usage that they needed."""

    prices: Prices
    stack: str = ""
    parts: list[Part] = field(default_factory=list)
    used: set[Usage] = field(default_factory=set)
    stands_in: bool = False

    def add(
        self, price: str, amount: Range | Decimal | int = 1, *, name: str | None = None
    ) -> None:
        """Adds a part: that many of what `price` is for, all month where that is an hour."""
        counted = amount if isinstance(amount, Range) else Range.exactly(amount)
        unit = UNITS[price]
        self.stands_in |= self.prices.is_stand_in(price)
        self.parts.append(
            Part(
                stack=self.stack,
                name=name or price,
                amount=counted.times(HOURS) if unit == "hour" else counted,
                unit=unit,
                usd=self.prices.of(price),
            )
        )

    def usage(self, of: Usage) -> Decimal:
        """The assumed amount, which the estimate then says."""
        self.used.add(of)
        return self.prices.usage(of)


def _add_stack(month: _Month, configuration: Configuration, stack: Stack) -> None:
    match stack:
        case Stack(Kind.NETWORK):
            _add_vpc(month, configuration.alb_vpc)
        case Stack(Kind.SSO):
            _add_load_balancer(month, configuration, zones=_portal_zones(configuration))
            _add_authenticator(month, environments=len(configuration.environments))
            month.add("table reads", month.usage(Usage.SIGN_INS) * READS_OF_A_SIGN_IN)
        case Stack(Kind.GATE):
            _add_load_balancer(month, configuration, zones=_portal_zones(configuration))
        case Stack(Kind.UI, served):
            _add_function(month, "address lookups", Decimal(LOOKUPS))
            if isinstance(served, ExistingEnvironment):
                _add_function(month, "rule lookups", Decimal(LOOKUPS))
        case Stack(Kind.QUICK_START, QuickStart() as settings):
            _add_quick_start(month, configuration, settings)
        case Stack(Kind.PIPELINE):
            month.add("key")
            month.add("bucket storage", month.usage(Usage.BUCKET), name="artifacts")
        case Stack(Kind.ENVIRONMENT, NewEnvironment() as environment):
            _add_environment(month, environment, environment_network(configuration, environment))


def _add_quick_start(month: _Month, configuration: Configuration, settings: QuickStart) -> None:
    _add_load_balancer(month, configuration, zones=len(settings.subnet_ids))
    _add_authenticator(month, environments=1)
    if not settings.mwaa_endpoint_ips:
        _add_function(month, "address lookups", Decimal(LOOKUPS))
    if not settings.security_group_id:
        _add_function(month, "rule lookups", Decimal(LOOKUPS))


def _add_alarms(month: _Month, configuration: Configuration, stack: Stack) -> None:
    if stack.kind is Kind.TOPIC:
        month.add("key")
    if alarms := alarms_of(configuration, stack):
        month.add("alarm", sum(len(each.metrics) for each in alarms), name="alarms")
        month.add("composite alarm", name="alarm that sends")
    if has_dashboard(configuration, stack):
        month.add("dashboard")


def _keys_are_made(configuration: Configuration) -> bool:
    return bool(
        configuration.new_environments or configuration.pipeline or configuration.alarm_topic
    )


def _existing_environments(configuration: Configuration) -> list[str]:
    names = [each.name for each in configuration.existing_environments]
    if configuration.quick_start:
        names.append(configuration.quick_start.mwaa_environment_name)
    return list(dict.fromkeys(names))


def _portal_zones(configuration: Configuration) -> int:
    named = configuration.alb.named_vpc
    return len(named.subnet_ids) if named else configuration.alb_vpc.max_azs


def _add_vpc(month: _Month, vpc: VpcSettings) -> None:
    gateways = vpc.nat_gateways
    month.add("NAT gateway", gateways)
    month.add("public IPv4 address", gateways, name="public addresses of NAT gateways")
    if gateways:
        month.add("NAT gateway data", gateways * month.usage(Usage.NAT))
    _add_logs(month, "flow logs", month.usage(Usage.FLOW_LOGS), days=DAYS_OF_LOGS)


def _add_load_balancer(month: _Month, configuration: Configuration, *, zones: int) -> None:
    settings = configuration.alb
    month.add("load balancer")
    month.add("load balancer capacity unit", month.usage(Usage.CAPACITY))
    if settings.internet_facing:
        month.add("public IPv4 address", zones, name="public addresses of the load balancer")
    if not settings.log_bucket_arn:
        month.add("bucket storage", month.usage(Usage.BUCKET), name="access logs")


def _add_authenticator(month: _Month, *, environments: int) -> None:
    _add_function(month, "sign-ins", month.usage(Usage.SIGN_INS))
    metrics = METRICS_OF_A_PLATFORM + environments * month.usage(Usage.METRICS)
    month.add("metric", metrics, name="metrics of sign-ins")


def _add_function(month: _Month, what: str, runs: Decimal) -> None:
    month.add("function requests", runs, name=f"{what}: function's requests")
    month.add("function memory", runs * GB_SECONDS_OF_A_RUN, name=f"{what}: function's memory")


def _add_logs(month: _Month, what: str, written: Decimal, *, days: Decimal | int) -> None:
    month.add("log lines", written, name=what)
    month.add("stored logs", written * days / DAYS_OF_A_MONTH, name=f"{what}, stored")


def _add_environment(
    month: _Month, environment: NewEnvironment, network: EnvironmentNetwork
) -> None:
    for price, amount, name in _capacity(environment):
        month.add(price, amount, name=name)
    month.add("metadata database", month.usage(Usage.DATABASE))
    if network.made:
        _add_vpc(month, network.made)
    _add_endpoints(month, network)
    kept = environment.log_retention_days.by_component.values()
    _add_logs(
        month,
        "logs of tasks and components",
        month.usage(Usage.LOGS),
        days=Decimal(sum(kept)) / len(kept),
    )
    if not environment.kms_key_arn:
        month.add("key")
        month.add("key requests", month.usage(Usage.KEY))
    if not environment.source_bucket_arn:
        month.add("bucket storage", month.usage(Usage.BUCKET), name="bucket")
    if secrets := _created_secrets(environment):
        month.add("secret", secrets, name="secrets of lineage tokens")
        month.add("secret requests", secrets * month.usage(Usage.SECRET))


def _capacity(environment: NewEnvironment) -> Iterator[tuple[str, Range, str]]:
    """Price, number and name of the environment and of the containers beyond what it includes."""
    size = environment.environment_class
    included = INCLUDED_IN_MICRO if size == MICRO else INCLUDED
    yield f"environment {size}", Range.exactly(1), f"environment {size}"
    for kind, least, most in (
        ("worker", environment.min_workers, environment.max_workers),
        ("scheduler", environment.schedulers, environment.schedulers),
        ("web server", environment.min_webservers, environment.max_webservers),
    ):
        low, high = (Decimal(max(0, count - included[kind])) for count in (least, most))
        yield f"{kind} {size}", Range(low=low, high=high), f"additional {kind}s"


def _add_endpoints(month: _Month, network: EnvironmentNetwork) -> None:
    own = own_endpoints(is_private=network.is_private)
    month.add("interface endpoint", own * ZONES, name="interface endpoints of MWAA")
    if not network.endpoint_services:
        return
    services = with_endpoint(network.endpoint_services, month.prices.region)
    month.add(
        "interface endpoint", len(services) * ZONES, name="interface endpoints of AWS services"
    )
    month.add("interface endpoint data", month.usage(Usage.ENDPOINTS))


def _created_secrets(environment: NewEnvironment) -> int:
    lineage = artifact_sources(environment).lineage
    catalogues: Sequence[object] = (
        [each for each in lineage.catalogues if each.token and not each.token_secret_arn]
        if lineage
        else ()
    )
    return len(catalogues)
