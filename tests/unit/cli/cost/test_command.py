"""`cost` as people and programs call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mwaa.prices import SHIPPED
from tests.unit.cli.terminal import Result, Terminal
from tests.unit.config.configurations import draft, two, with_environment


@pytest.fixture
def typed(terminal: Terminal, tmp_path: Path) -> Any:
    def run(raw: dict[str, Any], *arguments: str) -> Result:
        path = tmp_path / "cdk.context.json"
        path.write_text(json.dumps(raw))
        return terminal.type("cost", "-c", str(path), *arguments)

    return run


def test_the_whole_estate_is_shown_with_totals_and_what_they_depend_on(typed: Any) -> None:
    shown = typed(draft())
    assert shown.status == 0
    assert "Env-analytics environment mw1.small 730 hours 357.70 357.70" in shown.said
    assert "Env-analytics additional workers 0 to 6,570 hours 0.00 361.35" in shown.said
    assert "All stacks in all" in shown.said
    assert "by prices of 2026-11-29" in shown.said
    assert "10 GB of metadata database" in shown.said
    assert "Not priced" not in shown.said


def test_what_is_not_priced_and_not_known_is_said(typed: Any) -> None:
    raw = with_environment(EnvironmentClass="mw1.2xlarge")
    raw["MwaaEnvironments"].append({"Name": "old"})
    shown = typed(raw)
    assert "environment mw1.2xlarge 730 hours not priced not priced" in shown.said
    assert "totals are too low: Env-analytics: environment mw1.2xlarge" in shown.said
    assert "Not known: old." in shown.said


def test_the_region_is_that_of_the_file_and_can_be_another(typed: Any) -> None:
    assert "in us-east-1:" in typed(draft()).said
    other = typed(draft(), "--region", "eu-west-1")
    assert "Prices of us-east-1 stand in for those that eu-west-1 lacks here." in other.said


def test_one_environment_alone(typed: Any) -> None:
    raw = two({}, {})
    first, second = (each["Name"] for each in raw["MwaaEnvironments"])
    shown = json.loads(typed(raw, "--environment", first, "--json").out)
    assert list(shown["stacks"]) == [f"Env-{first}"]
    assert shown["total"] == shown["stacks"][f"Env-{first}"]
    wrong = typed(raw, "--environment", f"{second}x")
    assert wrong.status == 2
    assert f"Did you mean {second}?" in wrong.said


def test_an_environment_that_is_not_known_alone_costs_no_nought(typed: Any) -> None:
    raw = draft()
    raw["MwaaEnvironments"].append({"Name": "old"})
    shown = typed(raw, "--environment", "old")
    assert "Not known: old." in shown.said
    assert "0.00" not in shown.said
    assert json.loads(typed(raw, "--environment", "old", "--json").out)["total"] is None


def test_programs_get_numbers_and_null_for_what_is_not_priced(typed: Any) -> None:
    estate = json.loads(typed(with_environment(EnvironmentClass="mw1.micro"), "--json").out)
    assert estate["not_priced"] == [{"stack": "Env-analytics", "part": "environment mw1.micro"}]
    costs = {each["part"]: each["cost"] for each in estate["parts"]}
    assert costs["environment mw1.micro"] is None
    assert costs["key"] == {"low": 1.0, "high": 1.0}
    low = sum(each["low"] for each in estate["stacks"].values())
    assert estate["total"]["low"] == pytest.approx(low, abs=0.05)


def test_prices_of_ones_own(typed: Any, tmp_path: Path) -> None:
    own = tmp_path / "ours.toml"
    own.write_text(SHIPPED.read_text().replace("usd = 0.49", "usd = 0.40", 1))
    assert "environment mw1.small 730 hours 292.00" in typed(draft(), "--prices", str(own)).said


@pytest.mark.parametrize(
    ("content", "said", "status"),
    [
        (None, "The prices cannot be read: No such file or directory.", 1),
        ("date = ", "It is no TOML", 2),
        ("date = 2026-01-01\n", "reference_region Field required", 2),
        (
            SHIPPED.read_text().replace('"key" =', '"kee" =', 1),
            'regions.us-east-1."kee" Nothing is priced by this name.',
            2,
        ),
    ],
    ids=["absent", "no TOML", "incomplete", "unknown name"],
)
def test_a_price_file_that_cannot_be_used(
    content: str | None, said: str, status: int, typed: Any, tmp_path: Path
) -> None:
    own = tmp_path / "ours.toml"
    if content is not None:
        own.write_text(content)
    refused = typed(draft(), "--prices", str(own))
    assert said in refused.said
    assert refused.status == status
    assert "Traceback" not in refused.said
