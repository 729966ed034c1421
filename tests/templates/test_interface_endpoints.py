"""Interface endpoints and NAT gateways: those that there are, where something needs them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.templates.synthesis import Json, raw_sample, rendered, sample, synthesise

STACK = "Env-regulated"
NAT_GATEWAY = "AWS::EC2::NatGateway"
EVERYWHERE = {"kms", "logs"}
OWN_IN_CHINA = {"airflow.api", "airflow.env", "monitoring", "sqs"}


def _evaluate(value: Any, conditions: Json, **pseudo: str) -> Any:
    """A value of the template as CloudFormation has it in a Region."""

    def again(each: Any) -> Any:
        return _evaluate(each, conditions, **pseudo)

    match value:
        case {"Fn::Equals": [one, other]}:
            result: Any = again(one) == again(other)
        case {"Fn::Not": [inner]}:
            result = not again(inner)
        case {"Fn::Or": inner}:
            result = any(map(again, inner))
        case {"Condition": name}:
            result = again(conditions[name])
        case {"Fn::If": [name, yes, no]}:
            result = again(yes if again(conditions[name]) else no)
        case {"Fn::Join": [separator, parts]}:
            result = separator.join(map(again, parts))
        case _:
            result = rendered(value, **pseudo)
    return result


def _services(region: str, partition: str) -> set[str]:
    synthesis = sample("many-with-lineage")
    conditions = synthesis.templates[STACK]["Conditions"]
    pseudo = {"AWS_Region": region, "AWS_Partition": partition}
    return {
        _evaluate(each["Properties"]["ServiceName"], conditions, **pseudo)
        for each in synthesis.resources(STACK, "AWS::EC2::VPCEndpoint").values()
        if each["Properties"]["VpcEndpointType"] == "Interface"
        if "Condition" not in each
        or _evaluate({"Condition": each["Condition"]}, conditions, **pseudo)
    }


@pytest.mark.parametrize(
    ("region", "more"), [("eu-west-1", {"airflow.ops"}), ("us-west-1", set[str]())]
)
def test_a_region_gets_the_endpoints_that_it_has(region: str, more: set[str]) -> None:
    assert _services(region, "aws") == {
        f"com.amazonaws.{region}.{service}" for service in EVERYWHERE | OWN_IN_CHINA | more
    }


@pytest.mark.parametrize("region", ["cn-north-1", "cn-northwest-1"])
def test_chinas_endpoints_have_names_of_their_own(region: str) -> None:
    assert _services(region, "aws-cn") == {
        *(f"com.amazonaws.{region}.{service}" for service in EVERYWHERE),
        *(f"cn.com.amazonaws.{region}.{service}" for service in OWN_IN_CHINA),
    }


def test_names_of_the_services_lead_to_the_endpoints() -> None:
    endpoints = sample("many-with-lineage").resources(STACK, "AWS::EC2::VPCEndpoint").values()

    assert {
        each["Properties"].get("PrivateDnsEnabled")
        for each in endpoints
        if each["Properties"]["VpcEndpointType"] == "Interface"
    } == {True}


@pytest.mark.parametrize(
    ("alb", "vpc", "gateways"),
    [
        ({"InternetFacing": True}, {}, 0),
        ({"InternetFacing": True}, {"NatGateways": 1}, 1),
        ({"InternetFacing": False}, {}, 1),
        ({"InternetFacing": False}, {"NatGateways": 0}, 0),
    ],
)
def test_a_load_balancer_with_addresses_of_its_own_needs_no_nat_gateway(
    alb: Json, vpc: Json, gateways: int
) -> None:
    raw = raw_sample("existing")
    raw["Alb"] |= alb
    raw["CustomerVpc"] = {**raw.get("CustomerVpc", {}), **vpc}
    if not vpc:
        raw["CustomerVpc"].pop("NatGateways", None)

    assert len(synthesise(raw).resources("Network", NAT_GATEWAY)) == gateways
