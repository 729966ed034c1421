"""Ways to private web servers: facts about existing environments, Connectivity and AllowedCidrs."""

from __future__ import annotations

from typing import Any

import pytest

from config.ways import existing_vpcs, transit_gateway_ids
from tests.unit.config.configurations import (
    ALB,
    NAMED_VPC,
    NAMES,
    draft,
    mistakes_in,
    parse,
    warnings_of,
    with_environment,
    without,
    words,
)
from tests.unit.config.given_vpcs import VPC

FACTS: dict[str, Any] = {
    "VpcId": "vpc-0aaaaaaaaaaaaaaa1",
    "VpcCIDR": "10.40.0.0/16",
    "RouteTableIds": ["rtb-0aaaaaaaaaaaaaaa1"],
    "SecurityGroupId": "sg-0aaaaaaaaaaaaaaa1",
}
OTHER_GROUP = "sg-12345678"
GATEWAY = {"Way": "TransitGateway", "TransitGatewayId": "tgw-0123456789abcdef0"}
NONE = {"Way": "None"}


def entry(name: str = "ledger", facts: Any = None, **keys: Any) -> dict[str, Any]:
    return {"Name": name, "Existing": {**FACTS, **(facts or {})}, **keys}


def existing(*entries: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return draft(MwaaEnvironments=[*entries], **sections)


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("VpcCIDR", "10.41.0.0/16", "Put it into Existing."),
        ("SecretsBackend", {}, "Put it into Existing."),
        (
            "AllowedCidrs",
            ["10.9.0.0/16"],
            "Add the rules to its own security group, and take AllowedCidrs out.",
        ),
        *(
            (
                key,
                value,
                f"Take {key} out. Or take Existing out, and the platform makes a new environment, "
                "which costs.",
            )
            for key, value in (("EnvironmentClass", "mw1.small"), ("MaxWorkers", 1))
        ),
    ],
)
def test_facts_and_a_key_of_new_environments_never_make_an_environment(
    key: str, value: Any, remedy: str
) -> None:
    assert words(existing({**entry(), key: value}), f"MwaaEnvironments[0].{key}") == (
        f"{key} is a key of new environments, and Existing is about one that exists.",
        remedy,
    )


def test_facts_without_a_value_are_still_of_an_existing_environment() -> None:
    assert "MwaaEnvironments[0].VpcCIDR" in mistakes_in(
        existing({"Name": "ledger", "Existing": None, "VpcCIDR": "10.41.0.0/16"})
    )


def test_two_environments_of_one_vpc_are_joined_once() -> None:
    raw = existing(
        entry(),
        entry(
            "tax", {"RouteTableIds": ["rtb-0aaaaaaaaaaaaaaa2"], "SecurityGroupId": "sg-12345678"}
        ),
        entry("public", WebServerAccessMode="PUBLIC_ONLY"),
    )
    [vpc] = existing_vpcs(parse(raw))
    assert [each.name for each in vpc.environments] == ["ledger", "tax"]
    assert vpc.route_table_ids == ("rtb-0aaaaaaaaaaaaaaa1", "rtb-0aaaaaaaaaaaaaaa2")
    assert vpc.security_group_ids == ("sg-0aaaaaaaaaaaaaaa1", OTHER_GROUP)
    assert vpc.connectivity
    assert vpc.connectivity.is_peering


def test_a_vpc_with_two_ranges_is_joined_by_both() -> None:
    raw = existing(entry(), entry("tax", {"VpcCIDR": "100.64.0.0/16"}), entry("sales"))
    [vpc] = existing_vpcs(parse(raw))
    assert vpc.cidrs == ("10.40.0.0/16", "100.64.0.0/16")


def test_in_the_load_balancers_own_vpc_there_is_a_rule_and_no_way() -> None:
    facts = {"VpcId": NAMED_VPC["VpcId"], "VpcCIDR": NAMED_VPC["VpcCIDR"]}
    raw = existing(entry(facts=facts), Alb={**ALB, **NAMED_VPC})
    [vpc] = existing_vpcs(parse(raw))
    assert vpc.connectivity is None
    assert vpc.security_group_ids == (FACTS["SecurityGroupId"],)


def test_an_environments_own_connectivity_comes_before_that_of_all() -> None:
    other = {**GATEWAY, "TransitGatewayId": "tgw-0fedcba9876543210"}
    raw = existing(
        entry(Connectivity=other),
        {"Name": "new", "AirflowVersion": "3.3.1", "VpcCIDR": "10.50.0.0/16"},
        {
            "Name": "apart",
            "AirflowVersion": "3.3.1",
            "VpcCIDR": "10.60.0.0/16",
            "Connectivity": NONE,
            "AllowedCidrs": ["10.9.0.0/16"],
        },
        Connectivity=GATEWAY,
    )
    configuration = parse(raw)
    assert transit_gateway_ids(configuration) == [
        GATEWAY["TransitGatewayId"],
        other["TransitGatewayId"],
    ]
    # As a plan compares them: the key of all is in the entries that inherit it.
    written = configuration.written["MwaaEnvironments"]
    assert [each["Connectivity"] for each in written] == [other, GATEWAY, NONE]


@pytest.mark.parametrize(
    ("raw", "path", "reason", "hint"),
    [
        (
            existing(entry(facts={"VpcCIDR": "192.168.4.0/22"})),
            "MwaaEnvironments[0].Existing.VpcCIDR",
            "192.168.4.0/22 overlaps 192.168.0.0/16 of CustomerVpc.VpcCIDR.",
            "The load balancer's VPC is joined to those of private environments: take ranges that "
            "do not overlap.",
        ),
        (
            existing(
                entry(),
                {
                    "Name": "new",
                    "AirflowVersion": "3.3.1",
                    "VpcCIDR": "10.40.1.0/24",
                    "PublicSubnetMask": 28,
                    "PrivateSubnetMask": 27,
                },
            ),
            "MwaaEnvironments[1].VpcCIDR",
            "10.40.1.0/24 overlaps 10.40.0.0/16 of MwaaEnvironments[0].Existing.VpcCIDR.",
            "The load balancer's VPC is joined to those of private environments: take ranges that "
            "do not overlap.",
        ),
        (
            existing(entry(), entry("tax", {"VpcCIDR": "10.40.0.0/17"})),
            "MwaaEnvironments[1].Existing.VpcCIDR",
            "10.40.0.0/17 overlaps 10.40.0.0/16 of MwaaEnvironments[0].Existing.VpcCIDR, and two "
            f"ranges of {FACTS['VpcId']} cannot.",
            "Correct one of them.",
        ),
        (
            existing(entry(), entry("tax", Connectivity=GATEWAY)),
            "MwaaEnvironments[1].Connectivity",
            "MwaaEnvironments[0] is in the same VPC, which is joined in one way.",
            "Give both the same.",
        ),
        (
            existing(
                entry(facts={"VpcId": NAMED_VPC["VpcId"], "VpcCIDR": "10.20.0.0/17"}),
                Alb={**ALB, **NAMED_VPC},
            ),
            "MwaaEnvironments[0].Existing.VpcCIDR",
            "10.20.0.0/17 overlaps 10.20.0.0/16 of Alb.VpcCIDR, and two ranges of "
            f"{NAMED_VPC['VpcId']} cannot.",
            "Correct one of them.",
        ),
        (
            existing(entry(), entry("tax", {"VpcCIDR": "192.168.4.0/22"})),
            "MwaaEnvironments[1].Existing.VpcCIDR",
            "192.168.4.0/22 overlaps 192.168.0.0/16 of CustomerVpc.VpcCIDR.",
            "The load balancer's VPC is joined to those of private environments: take ranges that "
            "do not overlap.",
        ),
        (
            existing(
                entry(facts={"VpcCIDR": "198.18.0.0/16"}, UiHost="ledger.example.net"),
                Alb={**ALB, **NAMES},
            ),
            "MwaaEnvironments[0].Existing.VpcCIDR",
            "With UiHost the load balancer forwards to addresses of 198.18.0.0/16, and into "
            "another VPC it does so only within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, "
            "100.64.0.0/10.",
            "Take UiHost out.",
        ),
        (
            existing(
                entry(), Alb={**ALB, **{k: v for k, v in NAMED_VPC.items() if "Route" not in k}}
            ),
            "Alb.RouteTableIds",
            "Missing: they get the route to the VPC of each private environment that is peered, "
            "such as MwaaEnvironments[0].",
            "Name the route tables of SubnetIds.",
        ),
        (
            existing(
                entry(
                    facts={"WebServerAccessMode": "PRIVATE_ONLY"},
                    WebServerAccessMode="PRIVATE_ONLY",
                )
            ),
            "MwaaEnvironments[0].Existing",
            "WebServerAccessMode stands in the entry and in its Existing.",
            "Keep one of them.",
        ),
        (
            existing({"Name": "ledger", "Connectivity": GATEWAY}),
            "MwaaEnvironments[0].Connectivity",
            "Of the VPC of an environment that exists nothing is known.",
            "Give Existing too; or VpcCIDR, if the environment is to be made.",
        ),
        (
            draft(Connectivity={"Way": "TransitGateway"}),
            "Connectivity.TransitGatewayId",
            "Missing: the transit gateway that joins the VPCs.",
            "Give its ID, such as tgw-0123456789abcdef0.",
        ),
        (
            draft(Connectivity={"TransitGatewayId": GATEWAY["TransitGatewayId"]}),
            "Connectivity.TransitGatewayId",
            "Way is VpcPeering, so this is not used.",
            "Take it out, or Way TransitGateway.",
        ),
        (
            with_environment(AllowedCidrs=["0.0.0.0/1", "128.0.0.0/1"]),
            "MwaaEnvironments[0].AllowedCidrs",
            "These are all addresses; the web server of a private environment is for known "
            "networks.",
            "Name the networks that people come from.",
        ),
        (
            with_environment(AllowedCidrs=["10.9.0.0/16", "10.9.0.0/16"]),
            "MwaaEnvironments[0].AllowedCidrs",
            "10.9.0.0/16 stands here twice.",
            "Keep one of them.",
        ),
        (
            with_environment(AllowedCidrs=["10.9.1.0/16"]),
            "MwaaEnvironments[0].AllowedCidrs[0]",
            "A range is written with its first address.",
            "Write 10.9.0.0/16",
        ),
        (
            with_environment(AllowedCidrs=["192.168.0.0/16"]),
            "MwaaEnvironments[0].AllowedCidrs",
            "192.168.0.0/16 is the load balancer's VPC, which has its rule; AWS refuses a second "
            "one.",
            "Take it out.",
        ),
        (
            with_environment(AllowedCidrs=["10.9.0.0/16"], WebServerAccessMode="PUBLIC_ONLY"),
            "MwaaEnvironments[0].AllowedCidrs",
            "A web server that is PUBLIC_ONLY has no private address, so this is not used.",
            "Take it out, or another WebServerAccessMode.",
        ),
    ],
)
def test_mistakes(raw: dict[str, Any], path: str, reason: str, hint: str) -> None:
    assert words(raw, path) == (reason, hint)


@pytest.mark.parametrize("connectivity", [GATEWAY, NONE])
def test_route_tables_of_a_given_vpc_are_needed_for_peering_alone(connectivity: Any) -> None:
    alb = {**ALB, **without(NAMED_VPC, "RouteTableIds")}
    assert mistakes_in(existing(entry(), Alb=alb, Connectivity=connectivity)) == {}


def test_ranges_of_vpcs_that_nothing_joins_may_overlap() -> None:
    raw = existing(entry(facts={"VpcCIDR": "192.168.4.0/22"}, Connectivity=NONE))
    assert mistakes_in(raw) == {}


WITHOUT_TABLES = {**ALB, **without(NAMED_VPC, "RouteTableIds")}
IN_VPC = {"Name": "new", "AirflowVersion": "3.3.1", "Vpc": VPC}
NO_TABLES = [without(each, "RouteTableId") for each in VPC["Subnets"]]
EMPTY = "nothing is made to join"


@pytest.mark.parametrize(
    "each",
    [
        entry(facts={"RouteTableIds": None, "SecurityGroupId": None}),
        {**IN_VPC, "Vpc": {**VPC, "Subnets": NO_TABLES}},
    ],
)
def test_a_way_for_which_nothing_is_made_has_no_stack_and_is_doubted(each: dict[str, Any]) -> None:
    def of_way(**sections: Any) -> tuple[bool, bool]:
        raw = existing(each, Connectivity=GATEWAY, **sections)
        return bool(existing_vpcs(parse(raw))), EMPTY in warnings_of(raw)

    assert of_way(Alb=WITHOUT_TABLES) == (False, True)
    assert of_way(Alb={**ALB, **NAMED_VPC}) == (True, False)
    assert of_way() == (True, False)


@pytest.mark.parametrize(
    "each", [entry(), IN_VPC, {"Name": "new", "AirflowVersion": "3.3.1", "VpcCIDR": "10.50.0.0/16"}]
)
def test_routes_back_from_the_load_balancer_that_the_file_leaves_out_are_doubted(
    each: dict[str, Any],
) -> None:
    back = f"the routes from the load balancer's VPC to that of {each['Name']} are yours"
    assert back in warnings_of(existing(each, Connectivity=GATEWAY, Alb=WITHOUT_TABLES))
    named = existing(each, Connectivity=GATEWAY, Alb={**ALB, **NAMED_VPC})
    assert "are yours to make" not in warnings_of(named)
    alone = existing(each, Connectivity=NONE, Alb=WITHOUT_TABLES)
    assert "are yours to make" not in warnings_of(alone)


def test_routes_to_the_load_balancer_that_a_given_vpc_leaves_out_are_doubted() -> None:
    raw = existing({**IN_VPC, "Vpc": {**VPC, "Subnets": NO_TABLES}}, Connectivity=GATEWAY)
    said = warnings_of(raw)
    for number in range(2):
        place = f"new: Vpc.Subnets[{number}].RouteTableId"
        assert f"{place}: without it the route to the load balancer's VPC is yours to make" in said


INTERNET = {**ALB, "InternetFacing": True, "AllowedCidrs": ["203.0.113.0/24"]}
BEYOND = "people who sign in over the internet are redirected to its private web server"
NO_WAY = "no way leads to its web server"


@pytest.mark.parametrize(
    ("raw", "doubts"),
    [
        (draft(), []),
        (existing(entry()), []),
        (draft(Connectivity=GATEWAY), []),
        (draft(Connectivity=NONE), [NO_WAY]),
        (with_environment(Connectivity=NONE, AllowedCidrs=["10.9.0.0/16"]), []),
        (with_environment(Connectivity=NONE, WebServerAccessMode="PUBLIC_ONLY"), []),
        (draft(Alb=INTERNET), [BEYOND]),
        (existing(entry(), Alb=INTERNET), [BEYOND]),
        (with_environment(WebServerAccessMode="PUBLIC_ONLY") | {"Alb": INTERNET}, []),
        (with_environment(AllowedCidrs=["10.9.0.0/16"]) | {"Alb": INTERNET}, []),
        (
            existing(entry(UiHost="ledger.example.net"), Alb={**INTERNET, **NAMES}),
            [],
        ),
        (
            existing(entry(facts={"RouteTableIds": None, "SecurityGroupId": None})),
            ["RouteTableIds: without it the route", "SecurityGroupId: without it the rule"],
        ),
        (with_environment(AllowedCidrs=["16.0.0.0/4"]), ["holds much of the internet"]),
        (
            with_environment(AllowedCidrs=[f"10.9.{n}.0/24" for n in range(59)]),
            ["61 rules, more than the quota of 60"],
        ),
        (with_environment(AllowedCidrs=[f"10.9.{n}.0/24" for n in range(58)]), []),
    ],
)
def test_doubts(raw: dict[str, Any], doubts: list[str]) -> None:
    said = warnings_of(raw)
    known = (BEYOND, NO_WAY, "without it the", "much of the internet", "more than the quota of 60")
    assert [each for each in doubts if each not in said] == []
    assert sum(said.count(each) for each in known) == len(doubts), said
