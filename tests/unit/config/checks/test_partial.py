"""Mistakes between entries are reported next to mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import InputError
from tests.unit.config.configurations import (
    LINEAGE,
    draft,
    mistakes_in,
    parse,
    two,
    with_environment,
)

ROLES = {"Environments": ["one", "two"], "Roles": "Viewer"}
USER = {"User": "a@example.com"}


def test_a_grant_is_compared_with_each_earlier_one() -> None:
    grants = [
        {**USER, "Environments": "one", "Roles": "Viewer"},
        {**USER, "Environments": "two", "Roles": "Op"},
        {**USER, **ROLES},
    ]
    raw = two({}, {}, Grants=grants)
    with pytest.raises(InputError) as caught:
        parse(raw)
    assert [(each.path, each.message) for each in caught.value.findings] == [
        ("Grants[2]", f"Grants[{earlier}] has this principal and environment.")
        for earlier in (0, 1)
    ]


@pytest.mark.parametrize(
    "wrong", [{"Provider": "Atlas"}, {"Url": "https://example.atlan.com/path/"}]
)
def test_connections_are_compared_whatever_else_is_wrong_with_a_catalogue(
    wrong: dict[str, str],
) -> None:
    url = wrong.get("Url", LINEAGE["Url"])
    right = {"Provider": "OpenLineage", "Url": f"{url.rstrip('/')}/", "Connection": "shared"}
    raw = two({"Lineage": right}, {"Lineage": {**LINEAGE, **wrong, "Connection": "shared"}})
    assert "MwaaEnvironments[1].Lineage.Connection" in mistakes_in(raw)


def test_requirements_are_checked_for_a_version_that_has_ended(tmp_path: Path) -> None:
    team = tmp_path / "team.txt"
    team.write_text("apache-airflow==2.10.3\n")
    raw = with_environment(AirflowVersion="2.6.3", Requirements=str(team))
    assert {path.rpartition(".")[2] for path in mistakes_in(raw)} == {
        "AirflowVersion",
        "Requirements",
    }


def test_a_path_that_is_too_long_is_a_mistake() -> None:
    raw = with_environment(Wheels="a" * 5000)
    assert list(mistakes_in(raw)) == ["MwaaEnvironments[0].Wheels"]


def test_a_misspelt_key_hides_no_overlap() -> None:
    raw = draft(
        MwaaEnvironments=[
            {"Name": "one", "VpcCIDR": "10.1.0.0/16", "Tagz": {}},
            {"Name": "two", "VpcCIDR": "10.1.0.0/17"},
        ]
    )
    assert {*mistakes_in(raw)} >= {"MwaaEnvironments[0].Tagz", "MwaaEnvironments[1].VpcCIDR"}
