"""A plan lists what an existing VPC must have already."""

from __future__ import annotations

from typing import Any

import pytest

from cli.plan.existing_networks import needs_of_networks
from tests.unit.config.configurations import parse
from tests.unit.config.given_vpcs import SHARED_ALB, entry, file


def needs(made: set[str], region: str | None = "us-east-1", **vpc: Any) -> list[str]:
    configuration = parse(file(entry("lake", vpc=vpc), entry("marts"), Alb=SHARED_ALB))
    return list(needs_of_networks(configuration, made, region=region))


def test_an_environment_that_is_made_lists_its_endpoints() -> None:
    [said] = needs({"lake"})

    assert said.startswith("lake has no route to the internet: vpc-00000030 must have")
    assert "airflow.ops, kms, logs, monitoring, sqs, and the gateway endpoint of S3" in said


def test_a_region_without_a_service_needs_no_endpoint_of_it() -> None:
    [said] = needs({"marts"}, region="us-west-1")

    assert "airflow.ops" not in said
    assert needs({"marts"}, region=None) == needs({"marts"})


@pytest.mark.parametrize("vpc", [{"OwnsInterfaceEndpoints": True}])
def test_what_a_stack_makes_is_not_listed(vpc: dict[str, Any]) -> None:
    assert needs({"lake", "marts"}, **vpc) == []


def test_what_is_deployed_is_not_listed() -> None:
    assert needs(set()) == []
