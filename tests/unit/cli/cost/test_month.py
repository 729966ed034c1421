"""A month's cost by stack and part, and what a change of the configuration adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from cli.cost.estate import Estate, Part, Range, difference
from cli.cost.month import monthly_cost
from config.loader import parse_configuration
from mwaa.prices import Prices, read_prices
from tests.unit.config.configurations import (
    ALB,
    LINEAGE,
    NAMED_VPC,
    QUICK_START,
    SECRET,
    SOURCE,
    draft,
    two,
    with_environment,
)
from tests.unit.config.given_vpcs import SHARED_ALB, entry, file

FILE = read_prices()
ENVIRONMENT = "Env-analytics"
NAT_GATEWAY = Decimal("32.85") + Decimal("3.65") + Decimal("2.25")
"""With its public address and 50 GB."""
KEY = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"


def cost(raw: Mapping[str, Any], region: str = "us-east-1") -> Estate:
    configuration = parse_configuration(dict(raw), source=SOURCE)
    return monthly_cost(configuration, Prices(file=FILE, region=region))


def parts(estate: Estate, stack: str = ENVIRONMENT) -> dict[str, Part]:
    """A stack's parts by name."""
    return {each.name: each for each in estate.parts if each.stack == stack}


def exactly(dollars: str) -> Range:
    return Range.exactly(Decimal(dollars))


SMALLEST = cost(draft())


def test_an_environment_costs_what_its_class_does() -> None:
    assert parts(SMALLEST)["environment mw1.small"].cost == exactly("357.70")
    large = parts(cost(with_environment(EnvironmentClass="mw1.large")))
    assert large["environment mw1.large"].cost == exactly("722.70")


def test_low_has_the_fewest_workers_and_high_the_most() -> None:
    workers = parts(SMALLEST)["additional workers"]
    assert workers.amount == Range(low=Decimal(0), high=Decimal(9 * 730))
    assert workers.cost == Range(low=Decimal(0), high=Decimal("361.350"))
    held = parts(cost(with_environment(MinWorkers=4, MaxWorkers=4)))["additional workers"]
    assert held.cost == exactly("120.450")


def test_only_schedulers_beyond_those_that_are_included_are_added() -> None:
    assert "additional schedulers" not in parts(SMALLEST)
    more = parts(cost(with_environment(Schedulers=4)))
    assert more["additional schedulers"].cost == exactly("80.30")


def test_a_micro_environment_has_nothing_to_add() -> None:
    micro = cost(with_environment(EnvironmentClass="mw1.micro"))
    assert not {name for name in parts(micro) if name.startswith("additional")}


def test_what_is_not_priced_is_named_and_makes_no_total_smaller_than_its_parts() -> None:
    xlarge = cost(with_environment(EnvironmentClass="mw1.xlarge"))
    unpriced = [each.name for each in xlarge.unpriced]
    assert unpriced == ["environment mw1.xlarge", "additional workers"]
    assert all(each.cost is None for each in xlarge.unpriced)
    assert xlarge.total.low == SMALLEST.total.low - Decimal("357.70")


def test_nat_gateways_are_charged_with_their_addresses_and_data() -> None:
    three = cost(with_environment(NatGateways=3, MaxAZs=3))
    assert three.stacks[ENVIRONMENT].low - SMALLEST.stacks[ENVIRONMENT].low == 2 * NAT_GATEWAY


def test_without_a_nat_gateway_there_are_endpoints_in_two_zones() -> None:
    closed = parts(cost(with_environment(NatGateways=0)))
    assert not {name for name in closed if "NAT" in name}
    assert closed["interface endpoints of AWS services"].amount == Range.exactly(7 * 2 * 730)
    with_secrets = parts(cost(with_environment(NatGateways=0, SecretsBackend={})))
    assert with_secrets["interface endpoints of AWS services"].amount == Range.exactly(8 * 2 * 730)


def test_an_endpoint_that_the_region_lacks_is_not_charged() -> None:
    raw = with_environment(NatGateways=0)
    west = parts(cost(raw, region="us-west-1"))["interface endpoints of AWS services"]
    assert west.amount == Range.exactly(6 * 2 * 730)


def test_mwaa_has_endpoints_of_its_own_and_more_for_a_private_web_server() -> None:
    public = parts(cost(with_environment(WebServerAccessMode="PUBLIC_ONLY")))
    assert parts(SMALLEST)["interface endpoints of MWAA"].amount == Range.exactly(4 * 730)
    assert public["interface endpoints of MWAA"].amount == Range.exactly(2 * 730)


def test_what_exists_already_is_not_charged_again() -> None:
    given = parts(
        cost(
            with_environment(
                KmsKeyArn=KEY,
                SourceBucketArn="arn:aws:s3:::given",
                Lineage={**LINEAGE, "TokenSecretArn": SECRET},
            )
        )
    )
    assert not {"key", "bucket", "secrets of lineage tokens"} & given.keys()
    assert {"key", "bucket"} <= parts(SMALLEST).keys()


def test_each_token_of_a_catalogue_has_a_secret() -> None:
    environment = parts(cost(with_environment(Lineage=LINEAGE)))
    assert environment["secrets of lineage tokens"].cost == exactly("0.40")


def test_a_load_balancer_that_faces_the_internet_has_an_address_in_each_zone() -> None:
    facing = parts(
        cost(draft(Alb={**ALB, "InternetFacing": True}, CustomerVpc={"MaxAZs": 3})), "Sso"
    )
    assert facing["public addresses of the load balancer"].amount == Range.exactly(3 * 730)
    assert "public addresses of the load balancer" not in parts(SMALLEST, "Sso")


def test_a_named_vpc_costs_nothing_here() -> None:
    named = cost(draft(Alb={**ALB, **NAMED_VPC}))
    assert "Network" in SMALLEST.stacks
    assert "Network" not in named.stacks


def test_an_existing_vpc_costs_its_owner_the_endpoints_alone() -> None:
    owner = entry("lake", vpc={"OwnsInterfaceEndpoints": True})
    shared = cost(file(owner, entry("marts"), Alb=SHARED_ALB))

    owned, used = parts(shared, "Env-lake"), parts(shared, "Env-marts")

    assert {"NAT gateway", "flow logs"}.isdisjoint({*owned, *used})
    assert owned["interface endpoints of AWS services"].amount.low == 7 * 2 * 730
    assert "interface endpoints of AWS services" not in used
    assert used["interface endpoints of MWAA"].amount.low == 2 * 2 * 730


def test_quick_start_has_a_load_balancer_and_looks_up_what_is_not_given() -> None:
    raw = draft(
        MwaaEnvironments=[], QuickStart=QUICK_START, Alb={**ALB, "AllowedCidrs": ["10.0.0.0/8"]}
    )
    given = cost(raw)
    assert "load balancer" in parts(given, "QuickStart")
    assert given.unknown == ["reporting"]
    raw["QuickStart"].pop("MwaaEndpointIps")
    looked_up = parts(cost(raw), "QuickStart")
    assert looked_up.keys() - parts(given, "QuickStart").keys() == {
        "address lookups: function's requests",
        "address lookups: function's memory",
    }


def test_an_existing_environment_is_not_known_and_named() -> None:
    existing = cost(draft(MwaaEnvironments=[{"Name": "old"}]))
    assert existing.unknown == ["old"]
    assert set(existing.stacks) == {"Network", "Sso"}


def test_totals_are_those_of_the_parts() -> None:
    assert Range.sum(SMALLEST.stacks.values()) == SMALLEST.total
    assert SMALLEST.total.low > Decimal("357.70")


def test_prices_of_another_region_are_said_to_stand_in() -> None:
    assert SMALLEST.stand_in is None
    assert cost(draft(), region="eu-west-1").stand_in == "us-east-1"


def test_the_usage_that_was_needed_is_among_the_assumptions_and_no_other() -> None:
    [usage] = [each for each in SMALLEST.assumptions if each.startswith("Use in a month")]
    assert "10 GB of metadata database" in usage
    assert "10000 sign-in requests" in usage
    assert "interface endpoints" not in usage


def test_a_change_costs_what_the_changed_stacks_cost_more() -> None:
    changed = difference(SMALLEST, cost(with_environment(EnvironmentClass="mw1.medium")))
    assert changed.stacks.keys() == {ENVIRONMENT}
    assert changed.total == changed.stacks[ENVIRONMENT]
    assert changed.total == Range(low=Decimal("182.50"), high=Decimal("182.50") + Decimal("361.35"))


def test_an_environment_that_goes_costs_less() -> None:
    both = cost(two({}, {}))
    [gone] = both.stacks.keys() - cost(draft(MwaaEnvironments=both_but_one())).stacks.keys()
    less = difference(both, cost(draft(MwaaEnvironments=both_but_one())))
    assert less.stacks[gone] == Range.exactly(0).minus(both.stacks[gone])


def both_but_one() -> list[dict[str, Any]]:
    first: list[dict[str, Any]] = two({}, {})["MwaaEnvironments"]
    return first[:1]


@pytest.mark.parametrize("size", ["mw1.micro", "mw1.xlarge"])
def test_a_change_to_or_from_what_is_not_priced_says_so(size: str) -> None:
    other = cost(with_environment(EnvironmentClass=size))
    for before, after in ((SMALLEST, other), (other, SMALLEST)):
        unpriced = [each.name for each in difference(before, after).unpriced]
        assert f"environment {size}" in unpriced
    assert difference(other, other).unpriced == []
