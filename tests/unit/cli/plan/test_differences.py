"""What CloudFormation does to each resource of a template that changes."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import pytest

from cli.plan.differences import Impact, differences
from tests.unit.cli.plan.applications import KEPT_BUCKET, SUBNET, VPC, Json, environment, template

BASE = template(Airflow=environment(), Vpc=VPC, Subnet=SUBNET, Bucket=KEPT_BUCKET)


def _with(name: str, resource: Json | None) -> Json:
    changed = copy.deepcopy(BASE)
    if resource is None:
        del changed["Resources"][name]
    else:
        changed["Resources"][name] = resource
    return changed


def _tagged(name: str) -> Json:
    return {**BASE, "Resources": {"Airflow": environment(Tags={"owner": name})}}


def test_a_letter_beyond_ascii_is_compared_as_cloudformation_gives_it_back() -> None:
    given_back, own, other = _tagged("M?ller"), _tagged("Müller"), _tagged("Möllner")
    found = differences([(given_back, own), (own, own), (own, other), (_tagged("a"), own)])
    assert [bool(each) for each in found] == [False, False, True, True]


def _networked(**network: list[str]) -> Json:
    known = environment()["Properties"]["NetworkConfiguration"]
    return environment(NetworkConfiguration={**known, **network})


CHANGES: Mapping[str, tuple[Json, dict[str, Impact]]] = {
    "in place": (
        _with("Airflow", environment(MaxWorkers=12)),
        {"Airflow": Impact.UPDATED},
    ),
    "create-only": (
        _with("Airflow", environment(Name="other")),
        {"Airflow": Impact.REPLACED},
    ),
    "a part that is create-only": (
        _with("Airflow", _networked(SubnetIds=["subnet-other"])),
        {"Airflow": Impact.REPLACED},
    ),
    "another part of the same property": (
        _with("Airflow", _networked(SecurityGroupIds=["sg-other"])),
        {"Airflow": Impact.UPDATED},
    ),
    "a create-only part that reads what is replaced": (
        _with(
            "Subnet", {**SUBNET, "Properties": {**SUBNET["Properties"], "CidrBlock": "10.0.9.0/24"}}
        ),
        {"Subnet": Impact.REPLACED, "Airflow": Impact.REPLACED},
    ),
    "all that reads what reads what is replaced": (
        _with("Vpc", {**VPC, "Properties": {"CidrBlock": "10.9.0.0/16"}}),
        {"Vpc": Impact.REPLACED, "Subnet": Impact.REPLACED, "Airflow": Impact.REPLACED},
    ),
    "taken out and kept": (_with("Bucket", None), {"Bucket": Impact.KEPT_OUTSIDE}),
    "taken out": (_with("Airflow", None), {"Airflow": Impact.DESTROYED}),
    "added": (_with("Other", VPC), {"Other": Impact.MADE}),
    "of another release alone": ({**BASE, "Metadata": {"Release": "9"}}, {}),
    "metadata of a resource": (_with("Vpc", {**VPC, "Metadata": {"aws:cdk:path": "a"}}), {}),
}


@pytest.fixture(scope="module")
def found() -> Mapping[str, dict[str, Impact]]:
    """Impacts by change and logical id, by one run of the differ."""
    all_found = differences([(BASE, after) for after, _ in CHANGES.values()])
    return {
        change: {each.id: each.impact for each in resources}
        for change, resources in zip(CHANGES, all_found, strict=True)
    }


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_has_the_impact_that_aws_specifies(
    change: str, found: Mapping[str, dict[str, Impact]]
) -> None:
    assert found[change] == CHANGES[change][1]
