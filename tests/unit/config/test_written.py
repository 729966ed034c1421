"""What the templates of all stacks hold together is what is written in the file."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from config.key_changes import key_changes
from config.loader import parse_configuration
from config.stack_names import Kind, stacks
from config.written import METADATA, WRITTEN, is_ours, metadata, written_in
from tests.templates.synthesis import SAMPLES, raw_sample


def held(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is written in a sample, and what its templates hold by their stacks' ids."""
    raw = copy.deepcopy(raw_sample(name))
    configuration = parse_configuration(raw, source=SAMPLES[name])
    parts = {each.id: {"Metadata": metadata(configuration, each)} for each in stacks(configuration)}
    return configuration.written, parts


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_differs_from_the_file(name: str) -> None:
    written, parts = held(name)
    together = written_in(parts.values())
    assert list(key_changes(together, written)) == []
    assert together.get("Grants") == written.get("Grants")


def test_a_stack_of_an_environment_holds_nothing_of_another() -> None:
    _, parts = held("many-new")
    own = [each for id_, each in parts.items() if id_.startswith(f"{Kind.ENVIRONMENT}-")]
    entries = [json.loads(each["Metadata"][METADATA][WRITTEN])["MwaaEnvironments"] for each in own]
    assert len(own) > 1
    assert all(len(each) == 1 for each in entries)


def test_an_environment_that_left_the_file_is_not_in_it_while_its_stack_stays() -> None:
    written, parts = held("many-new")
    left = {"MwaaEnvironments": [{"Name": "left"}]}
    stays = {"Metadata": {METADATA: {WRITTEN: json.dumps(left)}}}
    assert list(key_changes(written_in([stays, *parts.values()]), written)) == []
    names = [each["Name"] for each in written_in([stays, *parts.values()])["MwaaEnvironments"]]
    assert "left" not in names


def test_no_template_holds_a_wave() -> None:
    """Another one would else be a change of a stack that CloudFormation does not take."""
    raw = {**raw_sample("many-new"), "Grants": []}
    raw["MwaaEnvironments"] = [
        {**each, "Wave": 3} for each in [*raw["MwaaEnvironments"], {"Name": "existing"}]
    ]
    configuration = parse_configuration(raw, source=SAMPLES["many-new"])
    held = {each.id: json.dumps(metadata(configuration, each)) for each in stacks(configuration)}
    assert configuration.environments[-1].wave == 3
    assert [stack for stack, text in held.items() if "Wave" in text] == []
    together = written_in(
        {"Metadata": metadata(configuration, each)} for each in stacks(configuration)
    )
    assert list(key_changes(together, configuration.written)) == []


def test_letters_beyond_ascii_come_back_from_cloudformation() -> None:
    raw = raw_sample("existing")
    raw["MwaaEnvironments"][0]["Description"] = "Für Zahlen"
    configuration = parse_configuration(raw, source=SAMPLES["existing"])
    parts = [{"Metadata": metadata(configuration, each)} for each in stacks(configuration)]
    assert json.dumps(parts, ensure_ascii=False).isascii()
    assert written_in(parts)["MwaaEnvironments"][0]["Description"] == "Für Zahlen"


def test_another_applications_template_is_not_ours() -> None:
    assert not is_ours({"Metadata": {"AWS::CloudFormation::Interface": {}}})
    assert not is_ours({})
