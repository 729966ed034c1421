"""The stacks of a configuration, by the names that people type behind `cdk deploy`."""

from __future__ import annotations

from typing import Any

import pytest

from config.stack_names import Kind, kind_of, stacks
from tests.unit.config.configurations import (
    ALB,
    NAMED_VPC,
    NAMES,
    QUICK_START,
    draft,
    parse,
    quick_start,
)
from tests.unit.config.given_vpcs import SHARED_ALB, entry, file

NEW = {"Name": "fore_casting", "VpcCIDR": "10.3.0.0/16", "UiHost": "forecasting.example.com"}
OLD = {"Name": "Legacy_ETL", "UiHost": "etl.example.com"}
PLAIN = {"Name": "finance"}
OF_ENVIRONMENTS = ["Env-fore-casting-376318", "Ui-fore-casting-376318", "Ui-Legacy-ETL-1e4964"]


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (quick_start(), ["QuickStart"]),
        (draft(MwaaEnvironments=[PLAIN]), ["Network", "Grants", "Sso"]),
        (
            draft(MwaaEnvironments=[PLAIN, NEW, OLD], Alb={**ALB, **NAMES, **NAMED_VPC}),
            ["Grants", "Sso", *OF_ENVIRONMENTS],
        ),
        (
            draft(MwaaEnvironments=[PLAIN, NEW, OLD], Alb={**ALB, **NAMES}, QuickStart=QUICK_START),
            ["Network", "Grants", "Sso", *OF_ENVIRONMENTS, "QuickStart"],
        ),
        (
            file(entry("b"), entry("a", vpc={"OwnsInterfaceEndpoints": True}), Alb=SHARED_ALB),
            ["Grants", "Sso", "Env-a", "Env-b"],
        ),
    ],
    ids=["quick start", "existing alone", "in a named VPC", "all", "endpoints of an owner"],
)
def test_each_stands_behind_those_that_it_needs(raw: dict[str, Any], names: list[str]) -> None:
    assert [stack.id for stack in stacks(parse(raw))] == names


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Sso", Kind.SSO),
        ("Env-fore-casting-376318", Kind.ENVIRONMENT),
        ("Env", None),
        ("Environment-x", None),
        ("Sso-of-somebody-else", None),
        ("QuickStarter", None),
        ("", None),
    ],
)
def test_a_stack_of_another_is_not_taken_for_ours(name: str, kind: Kind | None) -> None:
    assert kind_of(name) is kind
