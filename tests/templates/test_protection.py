"""Protection of what holds state: from deletion, and from being lost with a failed creation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.templates.synthesis import SAMPLES, Json, Synthesis, raw_sample, sample, synthesise

STATE = {
    "AWS::DynamoDB::Table",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::MWAA::Environment",
    "AWS::S3::Bucket",
}
HOLD_COPIES = {"Pipeline", "Topic"}
"""Stacks whose buckets and keys hold nothing that is not elsewhere: a commit's files, and messages
on their way."""
HOLDS_DATA = {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::S3::Bucket"}
PHYSICAL_NAMES = ("BucketName", "LogGroupName", "TableName")


def _protected(synthesis: Synthesis) -> set[str]:
    manifest = json.loads(synthesis.files["manifest.json"])
    return {
        name
        for name, artifact in manifest["artifacts"].items()
        if artifact.get("properties", {}).get("terminationProtection")
    }


def _stateful(synthesis: Synthesis) -> set[str]:
    found = {stack for stack, _, each in synthesis.all_resources() if each["Type"] in STATE}
    return found - HOLD_COPIES


@pytest.mark.parametrize("name", SAMPLES)
def test_a_stack_with_state_cannot_be_deleted(name: str) -> None:
    assert _protected(sample(name)) == _stateful(sample(name))


@pytest.mark.parametrize("name", ["many-new", "gated-hosts", "quick-start"])
def test_one_key_makes_all_of_them_deletable(name: str) -> None:
    raw = {**raw_sample(name), "TerminationProtection": False}

    assert _protected(synthesise(raw)) == set()


@pytest.mark.parametrize(("whole", "own"), [(True, False), (False, True)])
def test_an_environment_may_differ_from_the_file(whole: bool, own: bool) -> None:
    raw: Json = {**raw_sample("many-new"), "TerminationProtection": whole}
    entry = next(each for each in raw["MwaaEnvironments"] if "VpcCIDR" in each)
    entry["TerminationProtection"] = own

    protected = _protected(synthesise(raw))

    assert (f"Env-{entry['Name']}" in protected) is own
    assert ("Sso" in protected) is whole


@pytest.mark.parametrize("name", SAMPLES)
def test_what_a_failed_creation_leaves_is_whole_and_blocks_no_name(name: str) -> None:
    """Retain keeps a resource whose creation is rolled back; RetainExceptOnCreate does not.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    for stack, logical_id, resource in sample(name).all_resources():
        policy = resource.get("DeletionPolicy")
        named: list[Any] = [resource.get("Properties", {}).get(each) for each in PHYSICAL_NAMES]
        if resource["Type"] in HOLDS_DATA and stack not in HOLD_COPIES:
            assert policy == "Retain", (stack, logical_id)
        if policy == "Retain":
            assert named == [None] * len(named), f"{stack}: {logical_id} would exist already"
