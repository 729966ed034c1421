"""The estimate counts what the templates of every sample create, as their snapshots have them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from cli.cost.month import GB_SECONDS_OF_A_RUN, monthly_cost
from config.loader import load_configuration
from local.layout import ROOT
from mwaa.prices import HOURS, Prices, read_prices

SAMPLES = {path.stem: path for path in sorted((ROOT / "samples").glob("*.json"))}
SNAPSHOTS = ROOT / "tests" / "templates" / "__snapshots__" / "test_samples"
PRICES = Prices(file=read_prices(), region="us-east-1")

LOOKUPS = "lookups: function's requests"
COUNTED = {
    "AWS::MWAA::Environment": "environment",
    "AWS::EC2::NatGateway": "NAT gateway",
    "AWS::EC2::EIP": "public addresses of NAT gateways",
    "AWS::EC2::FlowLog": "flow logs",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "load balancer",
    "AWS::KMS::Key": "key",
    "AWS::SecretsManager::Secret": "secrets of lineage tokens",
    "AWS::Events::Rule": LOOKUPS,
    "AWS::CloudWatch::CompositeAlarm": "alarm that sends",
    "AWS::CloudWatch::Dashboard": "dashboard",
}
ALARMS = "alarms"
ENDPOINTS = "interface endpoints of AWS services"
BUCKETS = {"bucket", "access logs", "artifacts"}
OF_STACKS = {"Env": "bucket", "Pipeline": "artifacts"}
"""What buckets are for, by the kind of their stack; those of others have access logs."""
OFTEN = ("authenticator.", "endpoint_targets.", "web_server_ingress.")
"""How handlers of functions begin that run outside deployments."""


@cache
def resources(sample: str) -> list[tuple[str, str, dict[str, object]]]:
    """Stack, type and properties of every resource of a sample."""
    templates = json.loads((SNAPSHOTS / f"test_templates[{sample}].json").read_text())
    return [
        (stack, each["Type"], each.get("Properties", {}))
        for stack, template in templates.items()
        for each in template["Resources"].values()
    ]


def charged(sample: str) -> Iterator[tuple[str, str, int]]:
    """Stack, part and number of each resource that AWS charges for."""
    for stack, kind, properties in resources(sample):
        if part := COUNTED.get(kind):
            yield stack, part, 1
        elif kind == "AWS::EC2::VPCEndpoint" and isinstance(
            subnets := properties.get("SubnetIds"), list
        ):
            yield stack, ENDPOINTS, len(subnets)
        elif kind == "AWS::CloudWatch::Alarm":
            queries = properties.get("Metrics", [{"MetricStat": {}}])
            assert isinstance(queries, list)
            yield stack, ALARMS, len([each for each in queries if "MetricStat" in each])
        elif kind == "AWS::S3::Bucket":
            yield stack, OF_STACKS.get(stack.partition("-")[0], "access logs"), 1


@pytest.mark.parametrize("name", SAMPLES)
def test_each_charged_resource_is_counted_once(name: str) -> None:
    created: Counter[tuple[str, str]] = Counter()
    for stack, part, number in charged(name):
        created[stack, part] += number
    estimated: Counter[tuple[str, str]] = Counter()
    for each in monthly_cost(load_configuration(SAMPLES[name]), PRICES).parts:
        kind = "environment" if each.name.startswith("environment ") else each.name
        kind = LOOKUPS if kind.endswith(LOOKUPS) else kind
        if kind in {*COUNTED.values(), *BUCKETS, ALARMS, ENDPOINTS}:
            hours = HOURS if each.unit == "hour" else 1
            is_number = each.unit in {"hour", "month"}
            estimated[each.stack, kind] += int(each.amount.low / hours) if is_number else 1
    assert estimated == created


def test_the_samples_have_every_charged_resource() -> None:
    created = {part for name in SAMPLES for _, part, _ in charged(name)}
    assert created == {*COUNTED.values(), *BUCKETS, ALARMS, ENDPOINTS}


def test_functions_that_run_often_have_the_memory_that_is_charged() -> None:
    memory = {
        properties["MemorySize"]
        for name in SAMPLES
        for _, kind, properties in resources(name)
        if kind == "AWS::Lambda::Function" and str(properties["Handler"]).startswith(OFTEN)
    }
    assert memory == {GB_SECONDS_OF_A_RUN * 1024}
