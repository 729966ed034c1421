"""The commands of docs/alarms.md, at the platform that `up` runs; and its alarms, as deployed."""

from __future__ import annotations

import re
import shlex
import time

import pytest

from cli.logs.command import COMPONENTS
from local.layout import ROOT
from mwaa.log_groups import log_group_names
from mwaa.monitoring.catalogue import ALARMS
from tests.conftest import Platform
from tests.integration.test_doctor_and_status import command

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("platform")]

ENVIRONMENT = "reporting"
WRONG_USE = 2
RUNBOOKS = (ROOT / "docs" / "alarms.md").read_text()
COMMANDS = sorted(set(re.findall(r"^\s*\./mwaa-platform (.+)$", RUNBOOKS, re.M)))
LINES = {each: f"A line of {each}, for a runbook" for each in COMPONENTS.values()}


@pytest.fixture(scope="module")
def written(platform: Platform) -> None:
    """A line in the log of each component, which MWAA would write."""
    logs = platform.cloud.session.client("logs")
    for component, group in log_group_names(ENVIRONMENT).items():
        logs.create_log_stream(logGroupName=group, logStreamName="runbook")
        event = {"timestamp": int(time.time() * 1000), "message": LINES[component]}
        logs.put_log_events(logGroupName=group, logStreamName="runbook", logEvents=[event])


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_of_a_runbook_answers(platform: Platform, words: str) -> None:
    """It finds nothing, or something that is wrong: of both it says what it looked at."""
    said = command(platform, *shlex.split(words))
    assert said.returncode != WRONG_USE, said.stderr
    shown = said.stdout + said.stderr
    assert shown
    for option, component in COMPONENTS.items():
        if f"--component {option}" in words:
            assert LINES[component] in shown


def test_the_alarms_are_deployed_and_one_that_fires_wakes_the_one_that_sends(
    platform: Platform,
) -> None:
    alarms = platform.cloud.session.client("cloudwatch")
    names = [
        each["AlarmName"]
        for page in alarms.get_paginator("describe_alarms").paginate()
        for each in page["MetricAlarms"]
    ]
    assert {name.rpartition("/")[2] for name in names} <= ALARMS.keys()
    [errors] = [each for each in names if each.endswith(f"Env-{ENVIRONMENT}/import-errors")]
    sends = errors.rpartition("/")[0]

    def state() -> str:
        found = alarms.describe_alarms(AlarmNames=[sends], AlarmTypes=["CompositeAlarm"])
        return str(found["CompositeAlarms"][0]["StateValue"])

    before = state()
    for value in ("ALARM", "OK"):
        alarms.set_alarm_state(AlarmName=errors, StateValue=value, StateReason="tried")
        assert state() == value
    assert before == "OK"
