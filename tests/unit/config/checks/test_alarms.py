"""Mistakes about alarms, each at its place."""

from __future__ import annotations

from typing import Any

import pytest

from mwaa.regions import Target
from tests.unit.config.configurations import ALB, NAMES, draft, mistakes_in, warnings_of

HOME = Target(account="111122223333", region="us-east-1")
TOPIC = "arn:aws:sns:{}:on-call"
ENTRY = {"Name": "env1", "VpcCIDR": "10.1.0.0/16"}


def of_all(**alarms: Any) -> dict[str, Any]:
    return draft(Alarms=alarms)


def of_one(**alarms: Any) -> dict[str, Any]:
    return draft(MwaaEnvironments=[{**ENTRY, "Alarms": alarms}])


@pytest.mark.parametrize(
    ("raw", "mistake"),
    [
        (
            of_all(Thresholds={"scheduler-cpus": 90}),
            'Alarms.Thresholds["scheduler-cpus"]: There is no such alarm. docs/alarms.md has all '
            "of them. Did you mean scheduler-cpu?",
        ),
        (
            of_one(Off=["denials"]),
            "MwaaEnvironments[0].Alarms.Off[0]: There is no such alarm of an environment. It is "
            "about signing in, and so for the file's Alarms.",
        ),
        (
            of_all(Thresholds={"worker-cpu": 100}),
            "Alarms.Thresholds: worker-cpu can never fire at 100: CPUUtilization is 0 to 100 (per "
            "cent).",
        ),
        (
            of_one(Thresholds={"authenticator-duration": 20000}),
            'MwaaEnvironments[0].Alarms.Thresholds["authenticator-duration"]: There is no such '
            "alarm of an environment. It is about signing in, and so for the file's Alarms.",
        ),
        (
            of_all(Thresholds={"authenticator-duration": 20000}),
            "Alarms.Thresholds: authenticator-duration can never fire at 20000: Duration is 0 to "
            "15000 (milliseconds).",
        ),
        (
            of_all(Thresholds={"scheduler-heartbeat": 0}),
            "Alarms.Thresholds: scheduler-heartbeat can never fire at 0: SchedulerHeartbeat is 0 "
            "to any number (heartbeats in 5 minutes).",
        ),
        (
            of_one(Thresholds={"import-errors": 0}),
            "MwaaEnvironments[0].Alarms.Thresholds: import-errors always fires at 0: ImportErrors "
            "is 0 to any number (files). To be without it, name it in Off.",
        ),
        (
            of_one(Thresholds={"host-unhealthy": 3}),
            "MwaaEnvironments[0].Alarms.Thresholds: host-unhealthy can never fire at 3: "
            "UnHealthyHostCount is 0 to 2 (addresses).",
        ),
        (
            of_all(Thresholds={"oldest-task-age": 1209600}),
            "Alarms.Thresholds: oldest-task-age can never fire at 1209600: "
            "ApproximateAgeOfOldestTask is 0 to 1209600 (seconds).",
        ),
        (
            of_all(Thresholds={"worker-cpu": "90"}),
            'Alarms.Thresholds["worker-cpu"]: This must be a number, not a text in quotes.',
        ),
        (
            of_all(EvaluationPeriods={"denials": 289}),
            "Alarms.EvaluationPeriods: denials can look back on 288 periods at most, which are a "
            "day, not 289.",
        ),
        (
            of_one(EvaluationPeriods={"requirements-failed": 169}),
            "MwaaEnvironments[0].Alarms.EvaluationPeriods: requirements-failed can look back on "
            "168 periods at most, which are a week, not 169.",
        ),
        (
            of_one(DatapointsToAlarm={"scheduler-cpu": 4}),
            'MwaaEnvironments[0].Alarms.DatapointsToAlarm["scheduler-cpu"]: scheduler-cpu needs '
            "4 datapoints of 3 periods, so it can never fire. Give EvaluationPeriods of 4 or more, "
            "or fewer DatapointsToAlarm.",
        ),
        (
            draft(AlarmTopic={}, Alarms={"TopicArn": TOPIC.format("us-east-1:111122223333")}),
            "Alarms.TopicArn: AlarmTopic makes a topic for all alarms, and this names another. "
            "Keep one of them.",
        ),
        (
            draft(AlarmTopic={"Emails": ["on call"]}),
            "AlarmTopic.Emails[0]: This must be an e-mail address.",
        ),
        (
            of_all(TopicArn=TOPIC.format("eu-west-1:111122223333")),
            "Alarms.TopicArn: This is in eu-west-1, and the deployment in region us-east-1: alarms "
            "send to topics of their own account and Region. Name one of the deployment's own, or "
            "deploy there.",
        ),
        (
            of_one(TopicArn=TOPIC.format("us-east-1:999988887777")),
            "MwaaEnvironments[0].Alarms.TopicArn: This is in 999988887777, and the deployment in "
            "account 111122223333: alarms send to topics of their own account and Region. Name one "
            "of the deployment's own, or deploy there.",
        ),
        (
            of_all(TopicArn=TOPIC.format("us-east-1:111122223333") + ".fifo"),
            "Alarms.TopicArn: This must be the ARN of a standard topic in SNS, such as "
            "arn:aws:sns:eu-west-1:111122223333:on-call.",
        ),
        (
            of_all(RunbookUrl=f"https://wiki.example.com/{'a' * 700}"),
            "Alarms.RunbookUrl: This has 725 characters, of 700 at most: the text of each alarm "
            "has it.",
        ),
        (
            of_all(RunbookUrl="https://wiki.example.com/${page}"),
            "Alarms.RunbookUrl: A URL here has no braces. Write %7B for { and %7D for }.",
        ),
        (
            of_all(Threshold={"worker-cpu": 90}),
            "Alarms.Threshold: There is no such key here. Did you mean Thresholds?",
        ),
    ],
)
def test_a_mistake_is_said_where_it_is(raw: dict[str, Any], mistake: str) -> None:
    assert [str(each) for each in mistakes_in(raw, HOME).values()] == [mistake]


def test_an_alarm_of_hours_can_look_back_on_a_week() -> None:
    assert mistakes_in(of_one(EvaluationPeriods={"requirements-failed": 168})) == {}


def test_a_mistake_of_all_is_not_said_again_of_each_environment() -> None:
    raw = of_one(Notify=False) | {"Alarms": {"DatapointsToAlarm": {"scheduler-cpu": 4}}}
    assert [*mistakes_in(raw)] == ['Alarms.DatapointsToAlarm["scheduler-cpu"]']


def test_datapoints_go_along_with_fewer_periods() -> None:
    assert mistakes_in(of_one(EvaluationPeriods={"scheduler-cpu": 1, "host-5xx": 1})) == {}


HEARTBEAT, IMPORTS = "scheduler-heartbeat always fires", "import-errors never fires"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"metrics.statsd_on": "False"}, {HEARTBEAT, IMPORTS}),
        ({"metrics.statsd_on": "True"}, set()),
        ({"metrics.metrics_allow_list": "executor, dag_processing"}, {HEARTBEAT}),
        ({"metrics.metrics_allow_list": "scheduler,^dag_proc.*errors$"}, set()),
        ({"metrics.metrics_block_list": "scheduler"}, {HEARTBEAT}),
        ({"metrics.metrics_block_list": "pool,("}, set()),
        # Beside a list of what is sent, Airflow ignores the other.
        (
            {"metrics.metrics_allow_list": "scheduler,dag", "metrics.metrics_block_list": "dag"},
            set(),
        ),
    ],
)
def test_options_that_keep_metrics_from_alarms_are_doubted(
    options: dict[str, str], said: set[str]
) -> None:
    entry = {**ENTRY, "ConfigurationOptions": options}
    warned = warnings_of(draft(MwaaEnvironments=[entry]))
    assert {each for each in (HEARTBEAT, IMPORTS) if each in warned} == said

    quiet = {**entry, "Alarms": {"Off": ["scheduler-heartbeat", "import-errors"]}}
    assert "from CloudWatch" not in warnings_of(draft(MwaaEnvironments=[quiet]))


NO_EFFECT, GETS_NOTHING = "Alarms: this has no effect", "its topic gets nothing"
OWN_TOPIC = {"TopicArn": TOPIC.format("us-east-1:111122223333")}
EXISTING = {"Name": "env1"}


@pytest.mark.parametrize(
    ("file", "entry", "own", "said"),
    [
        ({}, EXISTING, OWN_TOPIC, {NO_EFFECT}),
        ({}, EXISTING, {**OWN_TOPIC, "Enabled": True}, set()),
        ({}, EXISTING, {**OWN_TOPIC, "Enabled": False}, set()),
        ({}, EXISTING | {"UiHost": "env1.airflow.example.com"}, OWN_TOPIC, set()),
        ({"Enabled": False}, ENTRY, OWN_TOPIC, {NO_EFFECT}),
        ({"Notify": False}, ENTRY, OWN_TOPIC, {GETS_NOTHING}),
        ({"Notify": False}, ENTRY, {**OWN_TOPIC, "Notify": True}, set()),
        ({}, ENTRY, OWN_TOPIC, set()),
    ],
)
def test_alarms_of_an_entry_that_stay_silent_are_doubted(
    file: dict[str, Any], entry: dict[str, Any], own: dict[str, Any], said: set[str]
) -> None:
    raw = draft(Alarms=file, MwaaEnvironments=[{**entry, "Alarms": own}])
    raw["Alb"] = {**ALB, **NAMES}
    warned = warnings_of(raw)
    assert {each for each in (NO_EFFECT, GETS_NOTHING) if each in warned} == said


@pytest.mark.parametrize(
    ("file", "own", "is_said"),
    [
        ({"Enabled": True}, {}, True),
        ({"Enabled": True}, {"Alarms": {"Notify": False}}, True),
        ({"Enabled": True}, {"Alarms": {"Enabled": True}}, False),
        ({"Enabled": True}, {"Alarms": {"Enabled": False}}, False),
        ({"Enabled": False}, {}, False),
        ({"Notify": False}, {}, False),
    ],
)
def test_alarms_of_the_file_that_existing_environments_do_not_get_are_said(
    file: dict[str, Any], own: dict[str, Any], is_said: bool
) -> None:
    raw = draft(Alarms=file, MwaaEnvironments=[ENTRY | {"Name": "new"}, EXISTING | own])
    said = "does not watch environments that exist, but their hosts: env1."
    warned = warnings_of(raw)
    assert (said in warned) == is_said
    assert ("Alarms.Enabled" in warned) == is_said


def test_without_existing_environments_nothing_is_said_of_them() -> None:
    assert "environments that exist" not in warnings_of(of_all(Enabled=True))
