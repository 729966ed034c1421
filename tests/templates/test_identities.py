"""Logical ids come from what a thing is: lists that change move no id to another's physical key."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from ipaddress import IPv4Network
from typing import Any

import pytest

from artifacts.lineage import TOKEN_OUTPUT as TOKEN
from config.model import Configuration
from errors import Place
from tests.templates.physical_keys import physical_keys, ranges
from tests.templates.synthesis import SAMPLES, Json, Synthesis, raw_sample, synthesise
from tests.templates.variants import one_environment

ANOTHER: dict[str, Any] = {
    "MwaaEnvironments": {"Name": "in-front", "VpcCIDR": "10.250.0.0/16"},
    "Grants": {"User": "in-front@example.com", "Environments": "*", "Roles": "Viewer"},
    "Catalogues": {"Provider": "Atlan", "Url": "https://in-front.atlan.com"},
    "Statements": {
        "Action": ["dynamodb:Scan"],
        "Resource": ["arn:aws:dynamodb:us-east-1:111122223333:table/in-front"],
    },
    "SubnetIds": "subnet-00000000000000001",
    "Subnets": None,
    "SecurityGroupIds": "sg-00000000000000001",
    "RouteTableIds": "rtb-00000000000000001",
    "AllowedCidrs": "198.51.100.0/24",
    "MwaaEndpointIps": "10.4.0.99",
    "Environments": "in-front",
    "Roles": "Op",
    "ManagedPolicyArns": "arn:aws:iam::111122223333:policy/in-front",
    "Action": "dynamodb:BatchGetItem",
    "Resource": "arn:aws:dynamodb:us-east-1:111122223333:table/in-front",
    "Emails": "in-front@example.com",
    "Off": "worker-memory",
    "Scopes": "api://in-front/.default",
}
"""One more entry of each list of the configuration, by the list's key; None where it has a number
of entries that cannot change."""
EVERYWHERE = {"MwaaEnvironments", "RouteTableIds", "AllowedCidrs", "Catalogues"}
"""Lists whose entries become resources; of the others one is enough."""
STATEMENT = {
    "Action": ["dynamodb:GetItem", "dynamodb:Query"],
    "Resource": ["arn:aws:dynamodb:us-east-1:111122223333:table/teams"],
}
UI_HOST = "in-front.airflow.example.net"


def _full(name: str) -> Json:
    """A sample, with the lists that it may have and has not."""
    raw = raw_sample(name)
    alb = raw["Alb"]
    alb["AllowedCidrs"] = ["10.0.0.0/8", "192.0.2.0/24"]
    if "VpcId" in alb:
        alb["RouteTableIds"] = ["rtb-0123456789abcdef0", "rtb-0fedcba9876543210"]
    if name == "quick-start":
        raw["QuickStart"]["MwaaEndpointIps"] = ["10.4.0.10", "10.4.1.10"]
    if name == "team-files":
        role = raw["MwaaEnvironments"][0]["ExecutionRole"]
        role["ManagedPolicyArns"] = [f"arn:aws:iam::111122223333:policy/{each}" for each in "ab"]
    if name == "own-decision":
        raw["Authenticator"]["Decision"]["Statements"] = [STATEMENT]
    return raw


@cache
def _before(name: str) -> Synthesis:
    return synthesise(_full(name))


def _lists(value: Any, place: Place = ()) -> Iterator[Place]:
    """Places of the configuration's lists."""
    if isinstance(value, list) and value and place[-1] in ANOTHER:
        yield place
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list):
            yield from _lists(inner, (*place, key))


def _cases() -> Iterator[tuple[str, Place]]:
    """Of each sample one list for each key."""
    seen: set[str] = set()
    for name in SAMPLES:
        places = {str(place[-1]): place for place in _lists(_full(name))}
        for key, place in places.items():
            if key in EVERYWHERE or key not in seen:
                yield name, place
        seen |= places.keys()


CASES = list(_cases())


def _with_entries(name: str, place: Place, change: str) -> Json:
    raw = _full(name)
    holder: Any = raw
    for step in place[:-1]:
        holder = holder[step]
    key = str(place[-1])
    another = copy.deepcopy(ANOTHER[key])
    if key == "MwaaEnvironments" and raw["Alb"].get("DomainName"):
        another["UiHost"] = UI_HOST
    if key == "Environments":
        raw["MwaaEnvironments"].append({"Name": another})
    in_front = change == "in front" and another is not None
    holder[key] = [another, *holder[key]] if in_front else holder[key][::-1]
    return raw


def _taken_over(before: Synthesis, after: Synthesis) -> dict[Any, Any]:
    """Physical keys with another owner; the same in both directions."""
    one, other = physical_keys(before), physical_keys(after)
    return {
        key: (one[key], other[key]) for key in one.keys() & other.keys() if one[key] != other[key]
    }


@pytest.mark.parametrize(("name", "place"), CASES)
@pytest.mark.parametrize("change", ["in front", "swapped"])
def test_no_logical_id_takes_over_anothers_physical_key(
    name: str, place: Place, change: str
) -> None:
    """An entry that is put in front; and so one that is taken out there, which is the way back."""
    after = synthesise(_with_entries(name, place, change))

    assert _taken_over(_before(name), after) == {}


def test_every_list_of_the_configuration_is_among_them() -> None:
    def lists(schema: Any, key: str = "") -> Iterator[str]:
        if not isinstance(schema, dict):
            return
        if schema.get("type") == "array":
            yield key
        for name, inner in schema.items():
            if name in {"properties", "$defs"}:
                for inner_key, value in inner.items():
                    yield from lists(value, inner_key)
            elif name in {"anyOf", "oneOf"}:
                for value in inner:
                    yield from lists(value, key)

    keys = set(lists(Configuration.model_json_schema()))

    assert "MwaaEnvironments" in keys
    assert {place[-1] for _, place in CASES} >= keys


@pytest.mark.parametrize("name", ["many-new", "one-new", "many-with-lineage"])
@pytest.mark.parametrize("masks", [(24, 18), (20, 20), (22, 19)])
def test_a_zone_more_moves_no_route_and_no_subnet(name: str, masks: tuple[int, int]) -> None:
    """A moved private subnet would replace its environment, with the metadata database."""

    def zones(count: int) -> Synthesis:
        raw = raw_sample(name)
        public, private = masks
        for vpc in (raw.setdefault("CustomerVpc", {}), *raw["MwaaEnvironments"]):
            if vpc is raw["CustomerVpc"] or "VpcCIDR" in vpc:
                vpc |= {"MaxAZs": count, "PublicSubnetMask": public, "PrivateSubnetMask": private}
        return synthesise(raw)

    two, three = zones(2), zones(3)

    assert _taken_over(two, three) == {}
    before = {owner: (vpc, cidr) for owner, vpc, cidr in ranges(two)}
    after = {owner: (vpc, cidr) for owner, vpc, cidr in ranges(three)}
    assert {owner: after[owner] for owner in before} == before
    for owner in after.keys() - before.keys():
        vpc, cidr = after[owner]
        others = [IPv4Network(other) for within, other in before.values() if within == vpc]
        assert not any(IPv4Network(cidr).overlaps(other) for other in others)


def test_route_tables_of_a_named_vpc_keep_their_routes_in_any_order() -> None:
    raw = raw_sample("one-new-in-a-named-vpc")
    tables = ["rtb-0123456789abcdef0", "rtb-0fedcba9876543210"]

    def routes(*ids: str) -> Synthesis:
        raw["Alb"]["RouteTableIds"] = list(ids)
        return synthesise(raw)

    before = routes(*tables)

    for ids in (tables[::-1], tables[1:], ["rtb-00000000000000001", *tables]):
        assert _taken_over(before, routes(*ids)) == {}


def test_two_atlan_catalogues_that_change_places_keep_their_tokens() -> None:
    """The secret of one holds a token that the other's host must not see."""
    catalogues = [
        {"Provider": "Atlan", "Url": f"https://{name}.atlan.com"} for name in ("one", "two")
    ]

    def secrets(*order: Json) -> dict[str, str]:
        outputs = synthesise(one_environment(Lineage={"Catalogues": list(order)})).templates[
            "Env-env1"
        ]["Outputs"]
        return {
            outputs[f"LineageAddress{name.removeprefix(TOKEN)}"]["Value"]: output["Value"]["Ref"]
            for name, output in outputs.items()
            if name.startswith(TOKEN)
        }

    straight = secrets(*catalogues)

    assert len(straight) == 2
    assert straight == secrets(*catalogues[::-1])
    assert set(secrets(catalogues[1]).items()) <= set(straight.items())
