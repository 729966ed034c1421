"""Dashboards: what fires comes first, and the causes of an environment's trouble below."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template

from mwaa.log_groups import RETENTION_DAYS, log_group_names
from mwaa.monitoring.dashboard import MAX_SEARCH, States, states
from mwaa_platform.retention import RETENTION
from tests.templates.synthesis import (
    Json,
    Synthesis,
    existing,
    raw_sample,
    rendered,
    sample,
    synthesise,
)
from tests.templates.variants import ENVIRONMENT, NAME, one_environment

DASHBOARD = "AWS::CloudWatch::Dashboard"
ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
SHOWN = ("mix-with-existing-environments", "many-with-lineage", "gated-hosts")
MIXED = "mix-with-existing-environments"
HERE = {"AWS_Region": "eu-west-1", "AWS_Partition": "aws", "AWS_AccountId": "111122223333"}


def dashboards(synthesis: Synthesis) -> dict[str, Json]:
    """Bodies by stack; a stack has one at most."""
    return {
        stack: body(resource)
        for stack, _, resource in synthesis.all_resources()
        if resource["Type"] == DASHBOARD
    }


def body(resource: Json) -> Json:
    text = resource["Properties"]["DashboardBody"]["Fn::Sub"]
    found: Json = json.loads(
        rendered({"Fn::Sub": text if isinstance(text, str) else text[0]}, **HERE)
    )
    return found


def widgets(page: Json, kind: str) -> list[Json]:
    return [each["properties"] for each in page["widgets"] if each["type"] == kind]


def metrics(page: Json) -> Iterator[list[Any]]:
    for graph in widgets(page, "metric"):
        yield from graph["metrics"]


def alarm_names(page: Json) -> list[str]:
    return [
        arn.removeprefix("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:")
        for each in widgets(page, "alarm")
        for arn in each["alarms"]
    ]


def dashboard_of(**entry: Any) -> Json:
    return dashboards(synthesise(one_environment(**entry)))[ENVIRONMENT]


@pytest.fixture(scope="module")
def designed() -> Synthesis:
    """An environment without any key of its own."""
    return synthesise(one_environment())


@pytest.fixture
def page(designed: Synthesis) -> Json:
    return dashboards(designed)[ENVIRONMENT]


@pytest.mark.parametrize("name", SHOWN)
def test_state_comes_first_and_every_alarm_in_it_exists(name: str) -> None:
    synthesis = sample(name)
    made = {
        rendered(resource["Properties"]["AlarmName"])
        for _, _, resource in synthesis.all_resources()
        if resource["Type"] in ALARMS
    }
    for page in dashboards(synthesis).values():
        kinds = [each["type"] for each in page["widgets"]]
        assert kinds[:2] == ["text", "alarm"]
        assert {*alarm_names(page)} <= made


@pytest.mark.parametrize("name", SHOWN)
def test_every_widget_has_a_place_of_its_own_within_cloudwatchs_limits(name: str) -> None:
    for page in dashboards(sample(name)).values():
        places = page["widgets"]
        assert len(places) <= 500
        for each in places:
            assert each["x"] + each["width"] <= 24
            assert len(each["properties"].get("metrics", ())) <= 500
        for one, other in combinations(places, 2):
            left, right = sorted((one, other), key=lambda each: int(each["x"]))
            beside = left["x"] + left["width"] <= right["x"]
            assert beside or one["y"] + one["height"] <= other["y"]


@pytest.mark.parametrize("name", SHOWN)
def test_a_dashboard_is_named_after_its_stack_and_region(name: str) -> None:
    """All Regions of an account share the names of dashboards."""
    for stack, _, resource in sample(name).all_resources():
        if resource["Type"] == DASHBOARD:
            found = rendered(resource["Properties"]["DashboardName"], **HERE)
            assert found.endswith(f"-{stack}-eu-west-1")
            assert re.fullmatch(r"[A-Za-z0-9_-]{1,255}", found)


def test_an_environments_dashboard_shows_nothing_of_others(page: Json) -> None:
    own = {NAME, *log_group_names(NAME).values(), f"MwaaPlatform/{NAME}"}
    for metric in metrics(page):
        assert own & {str(each) for each in metric}


def test_an_environments_dashboard_has_what_slows_and_stops_tasks_and_costs(page: Json) -> None:
    assert {metric[1] for metric in metrics(page)} >= {
        *("QueuedTasks", "RunningTasks", "ApproximateAgeOfOldestTask", "ZombiesKilled"),
        *("TotalParseTime", "ImportErrors", "SchedulerHeartbeat", "TriggererHeartbeat"),
        *("CPUUtilization", "MemoryUtilization", "FreeableMemory", "DatabaseConnections"),
        *("IncomingBytes", "RequirementsFailed"),
    }


def test_workers_are_counted_once_a_minute(page: Json) -> None:
    """Each sends one value a minute: in another period a worker would count several times."""
    counts = [metric for metric in metrics(page) if metric[-1]["stat"] == "SampleCount"]
    assert {metric[metric.index("Cluster") + 1] for metric in counts} == {
        *("Scheduler", "BaseWorker", "AdditionalWorker", "WebServer", "AdditionalWebservers")
    }
    assert {(metric[1], metric[-1]["period"]) for metric in counts} == {("CPUUtilization", 60)}
    assert page["periodOverride"] == "inherit"


def test_graphs_show_the_thresholds_that_are_in_force() -> None:
    alarms = {"Thresholds": {"oldest-task-age": 60}, "Off": ["scheduler-cpu"]}
    page = dashboard_of(Alarms=alarms)
    drawn = {
        each["label"]: (each["value"], each.get("fill"))
        for graph in widgets(page, "metric")
        for each in graph.get("annotations", {}).get("horizontal", ())
    }
    assert drawn["oldest-task-age"] == (60, None)
    assert drawn["scheduler-heartbeat"] == (1, "below")
    assert drawn["worker-cpu, web-server-cpu"] == (95, None)
    assert not [each for each in alarm_names(page) if "scheduler-cpu" in each]


def test_an_environment_shows_its_hosts_alarm_too(page: Json) -> None:
    with_host = dashboard_of(UiHost=f"{NAME}.airflow.example.com")
    assert f"mwaa-platform-Ui-{NAME}" in alarm_names(with_host)
    assert not [each for each in alarm_names(page) if "-Ui-" in each]


def test_a_dashboard_can_be_left_out_for_one_and_for_all() -> None:
    mixed = dashboards(sample(MIXED))
    assert {"Sso", "Alarms-ledger", "Env-forecasting"} == mixed.keys()

    raw = raw_sample(MIXED)
    raw["Alarms"]["Dashboard"] = False
    raw["MwaaEnvironments"][-1]["Alarms"]["Dashboard"] = True
    assert dashboards(synthesise(raw)).keys() == {"Alarms-marketing"}


def test_nothing_that_is_not_watched_has_a_dashboard() -> None:
    raw = raw_sample(MIXED)
    raw["Alarms"] = {"Enabled": False}
    assert dashboards(synthesise(raw)).keys() == {"Alarms-ledger"}


def test_the_fleets_dashboard_is_the_same_for_any_number_of_environments() -> None:
    """Those that exist and are not watched are found by searches alone."""
    few, many = (dashboards(synthesise(existing(*names))) for names in (("a",), map(str, "abcdef")))
    assert few == many
    searches = [each[0]["expression"] for each in metrics(few["Sso"]) if "expression" in each[0]]
    assert len(searches) == 9
    assert max(map(len, searches)) <= MAX_SEARCH


def test_alarms_fill_as_many_widgets_as_they_need() -> None:
    rows = [*states("Alarms", [f"a{index}" for index in range(199)])]
    assert [len(each.alarms) for [each] in rows if isinstance(each, States)] == [100, 99]
    assert [*states("Alarms", [])] == []


def test_the_fleet_shows_the_alarms_that_notify_those_about_signing_in_first() -> None:
    mixed = dashboards(sample(MIXED))["Sso"]
    assert alarm_names(mixed) == [
        *("mixed-Sso", "mixed-Env-forecasting", "mixed-Alarms-ledger", "mixed-Alarms-marketing"),
        "mixed-Ui-ledger",
    ]


def test_environments_are_searched_by_what_mwaa_names_them() -> None:
    [queued] = [
        each[0]["expression"]
        for each in metrics(dashboards(sample(MIXED))["Sso"])
        if "QueuedTasks" in str(each[0])
    ]
    assert queued == (
        'SORT(SEARCH(\'{AmazonMWAA,Environment,Function} MetricName="QueuedTasks" '
        "Function=\"Executor\"', 'Average', 300), MAX, DESC, 20)"
    )


def test_a_dead_scheduler_stands_out_though_it_sends_no_zero() -> None:
    [beats] = [
        each[0]["expression"]
        for each in metrics(dashboards(sample(MIXED))["Sso"])
        if "SchedulerHeartbeat" in str(each[0])
    ]
    assert beats.endswith("'Sum', 300), SUM, ASC, 20)")


@pytest.mark.parametrize("name", SHOWN)
def test_a_stack_of_an_environment_stays_small(name: str) -> None:
    for stack, template in sample(name).templates.items():
        if stack.startswith("Env-"):
            assert len(template["Resources"]) < 150


def retention(synthesis: Synthesis) -> dict[str, int]:
    groups = synthesis.resources(ENVIRONMENT, "AWS::Logs::LogGroup").values()
    return {
        name.removeprefix(f"airflow-{NAME}-"): each["Properties"]["RetentionInDays"]
        for each in groups
        if (name := each["Properties"].get("LogGroupName", "")).startswith("airflow-")
    }


def test_logs_are_kept_as_long_as_their_component_says(designed: Synthesis) -> None:
    assert retention(designed) == dict.fromkeys(log_group_names(NAME), 90)
    one = retention(synthesise(one_environment(LogRetentionDays={"Task": 3653, "WebServer": 1})))
    assert one == {
        **dict.fromkeys(("DAGProcessing", "Scheduler", "Worker"), 90),
        "Task": 3653,
        "WebServer": 1,
    }


def test_a_log_group_has_the_days_of_its_period() -> None:
    stack = cdk.Stack()
    for days, period in RETENTION.items():
        logs.LogGroup(stack, f"Of{days}", retention=period)
    found = Template.from_stack(stack).find_resources("AWS::Logs::LogGroup")
    assert [each["Properties"]["RetentionInDays"] for each in found.values()] == [*RETENTION_DAYS]
