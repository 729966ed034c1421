"""Regions: with and without environments, and their partitions."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import boto3
import pytest

from mwaa.regions import WITH_ENVIRONMENTS, WITHOUT_ENVIRONMENTS, partition_of

ENVIRONMENT = "AWS::MWAA::Environment"


def test_regions_are_those_of_aws_lists_of_endpoints_and_types() -> None:
    spec = importlib.util.find_spec("cfnlint")
    assert spec
    assert spec.origin
    files = (Path(spec.origin).parent / "data" / "schemas" / "providers").glob("*.json")
    types = {file.stem: json.loads(file.read_text()) for file in files if "-" in file.stem}
    assert len(types) > 30
    without_type = {region for region, each in types.items() if ENVIRONMENT not in each}
    session = boto3.Session()
    with_endpoint = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("mwaa", partition_name=partition)
    }

    assert set(WITH_ENVIRONMENTS) == with_endpoint - without_type
    assert set(WITHOUT_ENVIRONMENTS) == without_type - with_endpoint


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
