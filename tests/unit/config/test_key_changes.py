"""Differences of configurations, key by key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.document import Document
from config.key_changes import KeyChange, key_changes
from config.loader import written
from config.update_policy import UpdatePolicy

Json = dict[str, Any]
DATAHUB = {"Provider": "DataHub", "Url": "https://datahub.example.com"}
LAKE = {"Name": "lake", "VpcCIDR": "10.1.0.0/16"}
FINANCE = {"Name": "finance", "VpcCIDR": "10.2.0.0/16"}


def changes(before: Json, after: Json) -> list[KeyChange]:
    read = (written(Document(path=Path("a.json"), content=each)) for each in (before, after))
    return list(key_changes(*read))


def names(before: Json, after: Json) -> list[tuple[str | None, str, UpdatePolicy | None]]:
    return [(each.environment, each.name, each.policy) for each in changes(before, after)]


def test_environments_are_compared_by_their_names() -> None:
    before = {"MwaaEnvironments": [LAKE, FINANCE]}
    after = {"MwaaEnvironments": [FINANCE, {**LAKE, "MinWorkers": 2}]}
    assert names(before, after) == [("lake", "MinWorkers", UpdatePolicy.RESTARTS)]


def test_an_environment_that_comes_or_goes_is_no_change_of_a_key() -> None:
    assert names({"MwaaEnvironments": [LAKE]}, {"MwaaEnvironments": [FINANCE]}) == []


def test_a_default_that_is_written_is_no_change() -> None:
    written_out = {**LAKE, "EnvironmentClass": "mw1.small", "MinWorkers": 1}
    assert names({"MwaaEnvironments": [LAKE]}, {"MwaaEnvironments": [written_out]}) == []


def test_inherited_lineage_changes_in_each_environment_that_inherits_it() -> None:
    before: Json = {"Lineage": DATAHUB, "MwaaEnvironments": [LAKE, {**FINANCE, "Lineage": False}]}
    after = {**before, "Lineage": {**DATAHUB, "Url": "https://other.example.com"}}
    key = "Lineage.Catalogues.DataHub.Url"
    assert names(before, after) == [("lake", key, UpdatePolicy.TAKES_ANOTHER_TOKEN)]


def test_a_section_that_comes_is_one_change_unless_its_keys_have_the_policies() -> None:
    gate = {"ClientId": "a", "ClientSecretArn": "b"}
    assert names({}, {"UiGate": gate}) == [(None, "UiGate", UpdatePolicy.SIGNS_IN_AGAIN)]
    authenticator = {"ReservedConcurrency": 5}
    [(_, name, policy)] = names({}, {"Authenticator": authenticator})
    assert (name, policy) == ("Authenticator.ReservedConcurrency", UpdatePolicy.FREE)


def test_a_key_that_this_release_does_not_know_has_no_policy() -> None:
    assert names({"Old": 1}, {}) == [(None, "Old", None)]


@pytest.mark.parametrize("key", ["Grants", "TerminationProtection", "$schema"])
def test_what_is_told_apart_is_no_change_of_a_key(key: str) -> None:
    assert names({key: "a"}, {}) == []


def test_an_existing_vpc_in_the_place_of_a_made_one_is_told_by_itself() -> None:
    made = {"Name": "lake", "VpcCIDR": "10.1.0.0/16", "NatGateways": 0}
    given = {"Name": "lake", "Vpc": {"VpcId": "vpc-1", "InternetAccess": True}}
    before, after = ({"MwaaEnvironments": [each]} for each in (made, given))
    named = {each.name for each in key_changes(before, after)}
    assert "NatGateways" not in named
    assert "VpcCIDR" in named
    assert "NatGateways" not in {each.name for each in key_changes(after, before)}
