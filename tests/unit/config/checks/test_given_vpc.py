"""Existing VPCs of new environments: what AWS would refuse, and what the file contradicts."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from config.environment_network import Subnet, environment_network
from config.ways import existing_vpcs
from mwaa.regions import Target
from tests.unit.config.configurations import (
    ALB,
    NAMED_VPC,
    mistakes_in,
    parse,
    warnings_of,
    without,
    words,
)
from tests.unit.config.given_vpcs import SHARED_ALB, VPC, entry, file, subnet

AT = "MwaaEnvironments[0].Vpc"
SECOND = "MwaaEnvironments[1].Vpc"
REMOVED = object()


def in_subnet(position: int, **keys: Any) -> dict[str, Any]:
    """The VPC with other keys of one of its subnets."""
    subnets = copy.deepcopy(VPC["Subnets"])
    subnets[position] = {k: v for k, v in {**subnets[position], **keys}.items() if v is not REMOVED}
    return {"Subnets": subnets}


@pytest.mark.parametrize("alb", [ALB, {**ALB, **NAMED_VPC}, SHARED_ALB])
def test_a_network_is_taken_as_it_is_given(alb: dict[str, Any]) -> None:
    configuration = parse(file(entry(vpc={"SecurityGroupIds": ["sg-00000030"]}), Alb=alb))

    network = environment_network(configuration, configuration.new_environments[0])

    assert (network.made, network.vpc_id, network.cidr) == (None, "vpc-00000030", "10.30.0.0/16")
    assert network.subnets[0] == Subnet(
        subnet_id="subnet-00000001",
        cidr="10.30.1.0/24",
        availability_zone="us-east-1a",
        route_table_id="rtb-00000001",
    )
    assert network.route_tables == {id_: id_ for id_ in ("rtb-00000001", "rtb-00000002")}
    assert network.security_group_ids == ("sg-00000030",)
    assert network.needs_way is (alb is not SHARED_ALB)
    assert (network.endpoints_owner, network.endpoint_services) == (None, ())
    assert {"sqs", "airflow.env"} <= {*network.needed_services}


def test_the_order_of_subnets_in_the_file_changes_nothing() -> None:
    """Their order in the template would replace the environment."""
    turned = file(entry(vpc={"Subnets": [*reversed(VPC["Subnets"])]}))
    networks = [
        environment_network(each, each.new_environments[0]) for each in map(parse, (file(), turned))
    ]

    assert networks[0].subnets == networks[1].subnets


def test_an_owner_makes_what_every_environment_of_its_vpc_needs() -> None:
    configuration = parse(
        file(
            entry("lake", vpc={"OwnsInterfaceEndpoints": True}),
            entry("marts", SecretsBackend={}),
            entry("elsewhere", SecretsBackend={"Service": "ParameterStore"}, vpc=_other_vpc()),
            Alb={**SHARED_ALB, "RouteTableIds": ["rtb-00000009"]},
        )
    )
    owner, other, elsewhere = (
        environment_network(configuration, each) for each in configuration.new_environments
    )

    assert owner.endpoints_owner == other.endpoints_owner == "lake"
    assert {"secretsmanager", "sqs"} <= {*owner.endpoint_services}
    assert "ssm" not in owner.endpoint_services
    assert other.endpoint_services == ()
    assert "secretsmanager" not in owner.needed_services
    assert elsewhere.endpoints_owner is None


def _other_vpc() -> dict[str, Any]:
    return {
        "VpcId": "vpc-00000040",
        "VpcCIDR": "10.40.0.0/16",
        "Subnets": [
            {**each, "SubnetId": f"subnet-0000004{number}", "SubnetCIDR": f"10.40.{number}.0/24"}
            | {"RouteTableId": f"rtb-0000004{number}"}
            for number, each in enumerate(VPC["Subnets"])
        ],
    }


@pytest.mark.parametrize(
    ("vpc", "path", "reason", "hint"),
    [
        ({"Subnets": VPC["Subnets"][:1]}, "Subnets", "exactly 2 subnets", ""),
        (
            {"Subnets": [*VPC["Subnets"], subnet(3, "c")]},
            "Subnets",
            "this lists 3",
            "share a pair",
        ),
        (
            in_subnet(1, AvailabilityZone="us-east-1a"),
            "Subnets[1].AvailabilityZone",
            "Subnets[0] is in this zone too",
            "another zone",
        ),
        (
            {"Subnets": [VPC["Subnets"][0], VPC["Subnets"][0]]},
            "Subnets[1].SubnetId",
            "Subnets[0] again",
            "two subnets",
        ),
        (
            in_subnet(1, AvailabilityZone="use1-az2"),
            "Subnets[1].AvailabilityZone",
            "the name of an Availability Zone",
            "differs between accounts",
        ),
        (
            in_subnet(0, SubnetCIDR="10.31.1.0/24"),
            "Subnets[0].SubnetCIDR",
            "not within 10.30.0.0/16",
            "Correct",
        ),
        (
            in_subnet(1, SubnetCIDR="10.30.1.128/25"),
            "Subnets[1].SubnetCIDR",
            f"overlaps 10.30.1.0/24, the range of {AT}.Subnets[0]",
            "Correct",
        ),
        (in_subnet(0, SubnetCIDR="10.30.1.0/29"), "Subnets[0].SubnetCIDR", "subnet's range", ""),
        (
            in_subnet(0, RouteTableId=REMOVED),
            "Subnets[0].RouteTableId",
            "the route to the load balancer's VPC",
            "route table of the subnet",
        ),
        (
            {"VpcId": VPC["Subnets"][0]["SubnetId"]},
            "VpcId",
            "the id of a VPC",
            "the id of a subnet",
        ),
        ({"InternetAccess": None}, "InternetAccess", "true or false", ""),
        (
            {"SecurityGroupIds": [f"sg-0000000{number}" for number in range(5)]},
            "SecurityGroupIds",
            "4 entries at most",
            "",
        ),
        ({"SecurityGroupIds": ["sg-00000001"] * 2}, "SecurityGroupIds", "twice", "Keep one"),
        ({"VpcCidr": "10.30.0.0/16"}, "VpcCidr", "no such key", ""),
        ({"VpcCIDR": "192.168.0.0/16"}, "Subnets[0].SubnetCIDR", "not within", ""),
    ],
)
def test_a_mistake_in_an_existing_vpc(
    vpc: dict[str, Any], path: str, reason: str, hint: str
) -> None:
    mistakes = mistakes_in(file(entry(vpc=vpc)))

    found = mistakes[f"{AT}.{path}"]
    assert reason in found.message
    assert hint in (found.remedy or "")


def test_every_fact_is_asked_for() -> None:
    raw = file()
    raw["MwaaEnvironments"][0]["Vpc"] = {"Subnets": [{}, subnet(2, "b")]}

    assert {*mistakes_in(raw)} >= {
        f"{AT}.VpcId",
        f"{AT}.VpcCIDR",
        f"{AT}.InternetAccess",
        f"{AT}.Subnets[0].SubnetId",
        f"{AT}.Subnets[0].SubnetCIDR",
        f"{AT}.Subnets[0].AvailabilityZone",
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("VpcCIDR", "10.30.0.0/16"),
        ("MaxAZs", 2),
        ("NatGateways", 0),
        ("PublicSubnetMask", 24),
        ("PrivateSubnetMask", 24),
    ],
)
def test_a_vpc_is_made_or_given(key: str, value: Any) -> None:
    reason, hint = words(file(entry(**{key: value})), f"MwaaEnvironments[0].{key}")

    assert "existing VPC" in reason
    assert hint == f"Take {key} out, or Vpc."


def test_neither_made_nor_given() -> None:
    raw = file({"Name": "lake", "AirflowVersion": "3.3.1", "Schedulers": 2})
    reason, hint = words(raw, "MwaaEnvironments[0].VpcCIDR")

    assert "Missing" in reason
    assert "an existing VPC as Vpc" in hint


def test_a_vpc_of_its_own_is_joined_and_apart_from_the_load_balancers() -> None:
    raw = file(CustomerVpc={"VpcCIDR": "10.30.128.0/17", "PrivateSubnetMask": 24})
    reason, _ = words(raw, f"{AT}.VpcCIDR")

    assert "overlaps 10.30.128.0/17" in reason


@pytest.mark.parametrize(
    ("second", "path", "reason"),
    [
        ({"VpcCIDR": "10.30.0.0/17"}, "VpcCIDR", "10.30.0.0/17 overlaps 10.30.0.0/16 of Alb"),
        (
            in_subnet(0, AvailabilityZone="us-east-1c"),
            "Subnets[0].AvailabilityZone",
            "the zone of subnet-00000001 is us-east-1c; by",
        ),
        (
            in_subnet(0, SubnetCIDR="10.30.9.0/24"),
            "Subnets[0].SubnetCIDR",
            "the range of subnet-00000001",
        ),
        (
            in_subnet(0, RouteTableId="rtb-00000009"),
            "Subnets[0].RouteTableId",
            "the route table of subnet-00000001",
        ),
        ({"InternetAccess": True}, "InternetAccess", "the internet access of subnet-00000001"),
        (
            {"Subnets": [subnet(5, "a", SubnetCIDR="10.30.1.0/25"), subnet(6, "b")]},
            "Subnets[0].SubnetCIDR",
            f"overlaps 10.30.1.0/24, the range of {AT}.Subnets[0]",
        ),
    ],
)
def test_entries_that_contradict_each_other(second: dict[str, Any], path: str, reason: str) -> None:
    mistakes = mistakes_in(file(entry("one"), entry("two", vpc=second), Alb=SHARED_ALB))

    assert reason in mistakes[f"{SECOND}.{path}"].message


def test_what_is_in_one_vpc_is_in_no_other() -> None:
    other = {**_other_vpc(), "SecurityGroupIds": ["sg-00000030"]}
    other["Subnets"][1] |= {"SubnetId": "subnet-00000012", "RouteTableId": "rtb-00000001"}
    mistakes = mistakes_in(
        file(
            entry("one", vpc={"SecurityGroupIds": ["sg-00000030"]}),
            entry("two", vpc=other),
            Alb={**SHARED_ALB, "RouteTableIds": ["rtb-00000009"]},
        )
    )

    assert {*mistakes} == {
        f"{SECOND}.SecurityGroupIds[0]",
        f"{SECOND}.Subnets[1].SubnetId",
        f"{SECOND}.Subnets[1].RouteTableId",
    }
    assert (
        "by Alb.SubnetIds[1] it is vpc-00000030"
        in mistakes[f"{SECOND}.Subnets[1].SubnetId"].message
    )


def test_a_range_of_the_load_balancers_vpc_is_the_same_in_both_places() -> None:
    reason, _ = words(file(Alb={**SHARED_ALB, "VpcCIDR": "10.30.0.0/20"}), f"{AT}.VpcCIDR")

    assert "10.30.0.0/16 overlaps 10.30.0.0/20 of Alb.VpcCIDR" in reason


def test_one_shared_vpc_for_all() -> None:
    """No peering, so no route tables and nothing of the range that must not overlap."""
    bare = in_subnet(0, RouteTableId=REMOVED)
    raw = file(entry("one", vpc=bare), entry("two"), entry("three"), Alb=SHARED_ALB)

    configuration = parse(raw)

    assert not any(
        environment_network(configuration, each).needs_way
        for each in configuration.new_environments
    )


def test_an_entry_names_the_range_of_its_own_subnets_in_a_vpc_with_several() -> None:
    second = [subnet(n, "ab"[n], SubnetCIDR=f"100.64.{n}.0/24") for n in range(2)]
    raw = file(entry(vpc={"VpcCIDR": "100.64.0.0/16", "Subnets": second}), Alb=SHARED_ALB)
    configuration = parse(raw)
    network = environment_network(configuration, configuration.new_environments[0])

    assert network.is_alb_vpc
    assert [*network.vpc_cidrs] == ["100.64.0.0/16", "10.30.0.0/16"]
    assert existing_vpcs(configuration) == ()


def test_one_owner_of_endpoints_in_a_vpc() -> None:
    owns = {"OwnsInterfaceEndpoints": True}
    raw = file(entry("one", vpc=owns), entry("two", vpc=owns), Alb=SHARED_ALB)
    reason, hint = words(raw, f"{SECOND}.OwnsInterfaceEndpoints")

    assert "MwaaEnvironments[0] owns those of vpc-00000030" in reason
    assert "out of one" in hint


def test_a_vpc_is_joined_once_for_all_who_are_in_it() -> None:
    [vpc] = existing_vpcs(parse(file(entry("one"), entry("two"))))

    assert [each.name for each in vpc.environments] == ["one", "two"]
    assert vpc.security_group_ids == ()


def test_zones_are_of_the_region() -> None:
    mistakes = mistakes_in(file(), Target(account="111122223333", region="eu-west-1"))

    found = mistakes[f"{AT}.Subnets[0].AvailabilityZone"]
    assert "no zone of eu-west-1" in found.message
    assert not mistakes_in(file(), Target(account="111122223333", region="us-east-1"))


def test_a_host_in_the_load_balancers_own_vpc_may_have_any_address() -> None:
    def served(alb: dict[str, Any]) -> dict[str, Any]:
        public = {"VpcCIDR": "11.30.0.0/16"} | {
            "Subnets": [
                {**each, "SubnetCIDR": each["SubnetCIDR"].replace("10.", "11.")}
                for each in VPC["Subnets"]
            ]
        }
        names = {"DomainName": "airflow.example.com", "AllowedCidrs": ["10.0.0.0/8"]}
        return file(entry(vpc=public, UiHost="lake.example.com"), Alb={**alb, **names})

    parse(served({**SHARED_ALB, "VpcCIDR": "11.30.0.0/16"}))
    assert "UiHost" in words(served(ALB), f"{AT}.VpcCIDR")[0]


def test_workers_of_airflow_3_need_a_way_to_a_public_web_server() -> None:
    raw = file(entry(WebServerAccessMode="PUBLIC_ONLY"))
    reason, hint = words(raw, "MwaaEnvironments[0].WebServerAccessMode")

    assert "Vpc.InternetAccess false gives them no way" in reason
    assert "a route to the internet" in hint


def test_nothing_reaches_pypi_without_the_internet() -> None:
    raw = file(entry(Lineage={"Provider": "Atlan", "Url": "https://example.atlan.com"}))

    assert "with Vpc.InternetAccess false nothing reaches PyPI" in warnings_of(raw)


@pytest.mark.parametrize(
    ("size", "environments", "reason"),
    [
        (28, 1, ""),
        (28, 2, ""),
        (
            28,
            3,
            "10.30.1.0/28 has 11 addresses to take, and the fewest containers and the endpoints",
        ),
    ],
)
def test_a_subnet_has_room_to_begin(size: int, environments: int, reason: str) -> None:
    vpc = {
        "Subnets": [
            {**each, "SubnetCIDR": f"10.30.{number}.0/{size}"}
            for number, each in enumerate(VPC["Subnets"], start=1)
        ]
    }
    entries = [entry(f"lake-{number}", vpc=vpc) for number in range(environments)]

    mistakes = mistakes_in(file(*entries, Alb=SHARED_ALB))

    assert bool(mistakes) is bool(reason)
    for path, found in mistakes.items():
        assert path.startswith("MwaaEnvironments[2].Vpc.Subnets")
        assert "take 12" in found.message


def test_a_subnet_has_room_for_the_endpoints_of_its_owner() -> None:
    vpc = {**in_subnet(0, SubnetCIDR="10.30.1.0/28"), "OwnsInterfaceEndpoints": True}
    reason, hint = words(file(entry(vpc=vpc, MinWorkers=4)), f"{AT}.Subnets[0].SubnetCIDR")

    assert "take 12" in reason
    assert hint == "Name a larger subnet."


def test_a_subnet_that_is_full_at_full_load_is_a_warning() -> None:
    small = in_subnet(0, SubnetCIDR="10.30.1.0/28")
    said = f"{AT}.Subnets[0].SubnetCIDR: 10.30.1.0/28 has 11 addresses to take, and 14 are taken"

    assert said in warnings_of(file(entry(vpc=small)))
    assert "SubnetCIDR" not in warnings_of(file(entry(vpc=small, MaxWorkers=7)))
    assert "SubnetCIDR" not in warnings_of(file())


def test_a_vpc_that_is_no_object() -> None:
    raw = file()
    raw["MwaaEnvironments"][0]["Vpc"] = "vpc-00000030"

    assert "an object" in mistakes_in(raw)[AT].message


def test_without_route_tables_of_the_load_balancer_nothing_is_peered() -> None:
    alb = without({**ALB, **NAMED_VPC}, "RouteTableIds")
    mistakes = mistakes_in(file(Alb=alb))

    assert list(mistakes) == ["Alb.RouteTableIds"]
