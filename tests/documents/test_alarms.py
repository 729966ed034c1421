"""docs/alarms.md has a section for each alarm, from what is seen to how it is prevented."""

from __future__ import annotations

import re

import pytest

from mwaa.monitoring.catalogue import ALARMS
from tests.documents.alarms_table import DOCUMENT, shown, table
from tests.documents.test_documents import examples, in_the_file

PARTS = ("**You see**", "**People notice**", "**Look**", "**Do.**", "**Prevent.**")


def sections() -> dict[str, str]:
    return dict(re.findall(r"^### ([\w-]+)\n(.*?)(?=^##|\Z)", DOCUMENT.read_text(), re.S | re.M))


def test_the_table_says_what_the_alarms_are() -> None:
    assert shown() == table()


def test_every_alarm_has_a_section_and_every_section_an_alarm() -> None:
    assert sections().keys() == ALARMS.keys()


@pytest.mark.parametrize("name", ALARMS)
def test_a_section_leads_from_what_is_seen_to_a_command_and_to_what_to_do(name: str) -> None:
    section = sections()[name]
    places = [section.find(part) for part in PARTS]
    assert -1 not in places
    assert places == sorted(places)
    assert re.findall(r"^\./mwaa-platform ", section, re.M)


def test_the_examples_fit_into_the_file() -> None:
    made, changed, quiet = examples(DOCUMENT)
    assert in_the_file(made).alarm_topic
    assert in_the_file(changed).alarms.thresholds["oldest-task-age"] == 3600
    configuration = in_the_file(quiet)
    watch = configuration.watch_of(configuration.new_environments[-1], made_topic="arn")
    assert watch
    assert watch.topic_arn is None
    assert watch.tuning.evaluation_periods == {"scheduler-cpu": 12}
