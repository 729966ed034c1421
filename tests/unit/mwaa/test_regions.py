"""Regions: those without environments are those of CloudFormation's schemas."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from mwaa.regions import WITHOUT_ENVIRONMENTS, partition_of

ENVIRONMENT = "AWS::MWAA::Environment"


def test_regions_without_environments_are_those_of_the_schemas() -> None:
    spec = importlib.util.find_spec("cfnlint")
    assert spec
    assert spec.origin
    files = (Path(spec.origin).parent / "data" / "schemas" / "providers").glob("*.json")
    types = {file.stem: json.loads(file.read_text()) for file in files if "-" in file.stem}
    assert len(types) > 30
    assert {region for region, each in types.items() if ENVIRONMENT not in each} == set(
        WITHOUT_ENVIRONMENTS
    )


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-east-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_a_region_is_in_a_partition(region: str, partition: str) -> None:
    assert partition_of(region) == partition
