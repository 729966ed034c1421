"""Each alarm fires when its trouble is there, and not otherwise; one fault pages once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from config.alarms import MAX_RUNBOOK_URL
from mwaa.monitoring.alarm import MAX_NAME
from mwaa.monitoring.catalogue import ALARMS, OF_ENVIRONMENTS
from mwaa.permissions.evaluation import Request, Verdict, judge
from tests.templates.alarm_evaluation import (
    Data,
    Samples,
    composite_fires,
    fires,
    is_in_alarm,
)
from tests.templates.synthesis import Json, Synthesis, existing, rendered, sample, synthesise
from tests.templates.variants import one_environment

ALARM, COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
WATCHED = ("mix-with-existing-environments", "many-with-lineage", "gated-hosts", "quick-start")
"""Samples that have every alarm together."""
PERIODS = 12

# What was measured in each period while all is well; a metric that is not here has no data then.
WELL: Mapping[str, Samples] = {
    "SchedulerHeartbeat": [1.0] * 60,
    "ApproximateAgeOfOldestTask": [4.0, 900.0],
    "CPUUtilization": [20.0, 99.0, 60.0],
    "MemoryUtilization": [70.0, 94.0],
    "FreeableMemory": [3e9, 2.5e9],
    "ImportErrors": [0.0, 1.0, 0.0],
    "HealthyHostCount": [2.0],
    "UnHealthyHostCount": [0.0, 0.0],
    "Duration": [120.0, 6000.0],
    "Denials": [1.0] * 3,
    "ELBAuthSuccess": [6.0],
    "ELBAuthFailure": [1.0],
}


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What is measured in each period while the trouble of an alarm is there, and nearly there."""

    there: Mapping[str, Samples]
    nearly: Mapping[str, Samples]


def of(name: str, there: Samples, nearly: Samples) -> Trouble:
    return Trouble(there={name: there}, nearly={name: nearly})


FULL, NEARLY_FULL = [94.0, 98.0], [90.0, 100.0]
TROUBLES: Mapping[str, Trouble] = {
    "scheduler-heartbeat": of("SchedulerHeartbeat", [0.0], [1.0]),
    "oldest-task-age": of("ApproximateAgeOfOldestTask", [4.0, 1801.0], [1800.0]),
    **{
        f"{part}-cpu": of("CPUUtilization", FULL, NEARLY_FULL)
        for part in ("scheduler", "worker", "web-server", "database")
    },
    **{
        f"{part}-memory": of("MemoryUtilization", FULL, NEARLY_FULL)
        for part in ("scheduler", "worker", "web-server")
    },
    "database-memory": of("FreeableMemory", [5e8, 4e8], [537e6]),
    "import-errors": of("ImportErrors", [1.0, 2.0], [0.0, 4.0]),
    "requirements-failed": of("RequirementsFailed", [1.0], []),
    "lineage-failed": of("LineageFailed", [1.0] * 3, [1.0] * 2),
    "host-unhealthy": of("UnHealthyHostCount", [0.0, 1.0], [0.0]),
    "host-5xx": of("HTTPCode_Target_5XX_Count", [10.0] * 2, [19.0]),
    "host-addresses": of("Errors", [1.0], [0.0]),
    "host-rule": of("Errors", [1.0], [0.0]),
    "load-balancer-5xx": of("HTTPCode_ELB_500_Count", [5.0], [4.0]),
    "identity-provider-errors": of("ELBAuthError", [3.0], [2.0]),
    "sign-ins-refused": Trouble(
        there={"ELBAuthFailure": [10.0], "ELBAuthSuccess": []},
        nearly={"ELBAuthFailure": [90.0], "ELBAuthSuccess": [1.0]},
    ),
    "authenticator-5xx": Trouble(
        there={"LambdaUserError": [3.0], "HTTPCode_Target_5XX_Count": [2.0]},
        nearly={"LambdaUserError": [4.0]},
    ),
    "authenticator-errors": of("Errors", [1.0], [0.0]),
    "authenticator-throttles": of("Throttles", [1.0], [0.0]),
    "authenticator-duration": of("Duration", [100.0, 12_001.0], [12_000.0]),
    "sign-in-failures": of("Failures", [1.0] * 5, [1.0] * 4),
    "denials": of("Denials", [1.0] * 50, [1.0] * 49),
    "grants-errors": of("Errors", [1.0], [0.0]),
}
SILENT_IS_WRONG = {"scheduler-heartbeat"}
"""Alarms of which nothing measured is a fault: a scheduler that is dead sends nothing."""

# A setting in a sample's file changes what is designed.
ELSEWHERE = {"oldest-task-age": "many-with-lineage", "denials": "many-with-lineage"}


@dataclass(frozen=True, kw_only=True)
class Made:
    """An alarm in a template."""

    stack: str
    logical_id: str
    properties: Json


def made(synthesis: Synthesis, kind: str) -> Iterator[Made]:
    for stack, logical_id, resource in synthesis.all_resources():
        if resource["Type"] == kind:
            yield Made(stack=stack, logical_id=logical_id, properties=resource["Properties"])


def name_of(alarm: Made) -> str:
    return str(alarm.properties["AlarmName"]).rpartition("/")[2]


def alarm_named(name: str) -> Made:
    """An alarm in a sample, as it is designed."""
    samples = [ELSEWHERE[name]] if name in ELSEWHERE else WATCHED[::-1]
    return next(
        each
        for of_sample in samples
        for each in made(sample(of_sample), ALARM)
        if name_of(each) == name
    )


def measured(*periods: Mapping[str, Samples]) -> Data:
    """The data of some last periods, before which all is well."""

    def series(metric: Json) -> list[Samples]:
        name = metric["MetricName"]
        well = [WELL.get(name, [])] * (PERIODS - len(periods))
        return [*well, *(each.get(name, WELL.get(name, [])) for each in periods)]

    return series


def nothing(_metric: Json) -> list[Samples]:
    return [[]] * PERIODS


def test_every_alarm_has_its_trouble_here() -> None:
    assert TROUBLES.keys() == ALARMS.keys()


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_rests_while_all_is_well_or_nearly(name: str) -> None:
    alarm = alarm_named(name).properties

    assert not fires(alarm, measured())
    assert not fires(alarm, measured(*[TROUBLES[name].nearly] * PERIODS))


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_fires_once_its_trouble_lasts_and_not_before(name: str) -> None:
    alarm, there = alarm_named(name).properties, TROUBLES[name].there
    needed = ALARMS[name].datapoints_to_alarm

    assert fires(alarm, measured(*[there] * needed))
    assert not fires(alarm, measured(*[there] * (needed - 1)))
    assert not fires(alarm, measured(*[there] * needed, *[{}] * PERIODS))


@pytest.mark.parametrize("name", ALARMS)
def test_missing_data_means_what_each_alarm_makes_of_it(name: str) -> None:
    assert fires(alarm_named(name).properties, nothing) == (name in SILENT_IS_WRONG)


# The two tables of alarms-and-missing-data.html: points, then the state where missing data is
# breaching, and where it is not.
DOCUMENTED = [
    (3, "0 - X - X", False, False),
    (3, "0 - - - -", False, False),
    (3, "- - - - -", True, False),
    (3, "0 X X - X", True, True),
    (3, "- - X - -", True, False),
    (2, "0 - X - X", True, True),
    (2, "0 0 X 0 X", True, True),
    (2, "0 - X - -", True, False),
    (2, "- - - - 0", True, False),
    (2, "- - - X -", True, False),
]


@pytest.mark.parametrize(("datapoints", "points", "breaching", "not_breaching"), DOCUMENTED)
def test_alarms_are_evaluated_here_as_cloudwatch_documents_it(
    datapoints: int, points: str, breaching: bool, not_breaching: bool
) -> None:
    seen = [{"0": False, "X": True, "-": None}[each] for each in points.split()]
    states = tuple(
        is_in_alarm(seen, periods=3, datapoints=datapoints, missing_is_breaching=filled)
        for filled in (True, False)
    )
    assert states == (breaching, not_breaching)


def paging(synthesis: Synthesis, data: Data) -> list[str]:
    """The names of the composite alarms that fire."""
    in_alarm = {
        (each.stack, f"<{each.logical_id}>")
        for each in made(synthesis, ALARM)
        if fires(each.properties, data)
    }
    return [
        str(each.properties["AlarmName"])
        for each in made(synthesis, COMPOSITE)
        if composite_fires(
            rendered(each.properties["AlarmRule"]),
            {name for stack, name in in_alarm if stack == each.stack},
        )
    ]


def fault(about: str, **there: Samples) -> Data:
    """Data in which metrics whose dimensions have a text are as they are there, for long."""

    def series(metric: Json) -> list[Samples]:
        name = metric["MetricName"]
        of_fault = name in there and about in json.dumps(metric)
        return [there[name] if of_fault else WELL.get(name, [])] * PERIODS

    return series


MIX = "mix-with-existing-environments"
FAULTS: list[tuple[str, Data, list[str]]] = [
    ("nothing", fault(""), []),
    (
        "an environment's scheduler is dead",
        fault("AirflowEnvironment", SchedulerHeartbeat=[]),
        ["mixed-Env-forecasting"],
    ),
    (
        "an existing environment's workers are full",
        fault("ledger", CPUUtilization=FULL, MemoryUtilization=FULL),
        ["mixed-Alarms-ledger"],
    ),
    (
        "a web server behind the load balancer is away",
        fault(
            "LoadBalancer",
            UnHealthyHostCount=[1.0],
            HTTPCode_ELB_5XX_Count=[90.0],
            HTTPCode_ELB_503_Count=[60.0],
            HTTPCode_ELB_504_Count=[30.0],
        ),
        ["mixed-Ui-ledger"],
    ),
    (
        "the authenticator's code is broken",
        fault(
            "Authenticator",
            Errors=[9.0],
            LambdaUserError=[9.0],
            HTTPCode_ELB_5XX_Count=[9.0],
            HTTPCode_ELB_502_Count=[9.0],
        ),
        ["mixed-Sso"],
    ),
    (
        "a host was just made, and no target of it is registered",
        fault("LoadBalancer", UnHealthyHostCount=[], HealthyHostCount=[]),
        [],
    ),
    (
        "the identity provider does not answer the load balancer",
        fault(
            "", ELBAuthError=[20.0], HTTPCode_ELB_5XX_Count=[20.0], HTTPCode_ELB_500_Count=[20.0]
        ),
        ["mixed-Sso"],
    ),
    (
        "the identity provider answers with errors: 561 at /oauth2/idpresponse",
        fault("", ELBAuthError=[20.0], HTTPCode_ELB_5XX_Count=[20.0]),
        ["mixed-Sso"],
    ),
    (
        "the identity provider sends everybody back without a code",
        fault("", ELBAuthFailure=[20.0], ELBAuthSuccess=[], HTTPCode_ELB_5XX_Count=[20.0]),
        ["mixed-Sso"],
    ),
    (
        "one person is refused by the identity provider, and tries again, while others sign in",
        fault("", ELBAuthFailure=[40.0], HTTPCode_ELB_5XX_Count=[40.0]),
        [],
    ),
    (
        "one person opens the address of an old sign-in again, while nobody else is there",
        fault("", ELBAuthFailure=[5.0], ELBAuthSuccess=[], HTTPCode_ELB_5XX_Count=[5.0]),
        [],
    ),
    (
        "somebody sends requests that no load balancer can answer",
        fault("", HTTPCode_ELB_5XX_Count=[90.0]),
        [],
    ),
]


@pytest.mark.parametrize(
    ("data", "pages"), [each[1:] for each in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_one_fault_pages_once(data: Data, pages: list[str]) -> None:
    assert sorted(paging(sample(MIX), data)) == sorted(pages)


@pytest.mark.parametrize("name", WATCHED)
def test_every_alarm_wakes_the_one_of_its_stack_that_sends(name: str) -> None:
    rules = {
        each.stack: rendered(each.properties["AlarmRule"]) for each in made(sample(name), COMPOSITE)
    }
    for each in made(sample(name), ALARM):
        assert composite_fires(rules[each.stack], {f"<{each.logical_id}>"}), each


def test_only_composite_alarms_send_and_each_to_the_topic_of_its_subject() -> None:
    mix, given = sample(MIX), sample("everything-given")

    assert not any("AlarmActions" in each.properties for each in made(mix, ALARM))
    sent = {
        str(each.properties["AlarmName"]): rendered(each.properties.get("AlarmActions", []))
        for each in made(mix, COMPOSITE)
    }
    assert sent.pop("mixed-Alarms-marketing") == []  # its entry is quiet
    assert {len(topics) for topics in sent.values()} == {1}
    assert all("Topic" in topic for [topic] in sent.values())
    topics = [each.properties["AlarmActions"] for each in made(given, COMPOSITE)]
    assert topics
    assert all(each == ["arn:aws:sns:us-east-1:111122223333:on-call"] for each in topics)


def test_without_a_topic_alarms_are_there_to_be_looked_at() -> None:
    composites = [each.properties for each in made(sample("one-new"), COMPOSITE)]

    assert composites
    assert not any("AlarmActions" in each or "OKActions" in each for each in composites)


def test_an_alarm_says_what_it_means_and_where_to_read_on() -> None:
    base = "https://github.example.com/data/airflow/blob/main/docs/alarms.md"
    for each in made(sample(MIX), ALARM):
        text = each.properties["AlarmDescription"]
        name = name_of(each)
        assert ALARMS[name].means in text
        assert text.endswith(f"{base}#{name}")
    for each in made(sample("one-new"), ALARM):
        assert each.properties["AlarmDescription"].endswith(f"docs/alarms.md#{name_of(each)}")


def test_the_longest_names_fit_into_what_cloudwatch_takes() -> None:
    name = "e" * 80
    url = "https://wiki.example.com/".ljust(MAX_RUNBOOK_URL, "a")
    raw = {**one_environment(), "AppName": "p" * 20, "Alarms": {"RunbookUrl": url}}
    raw["MwaaEnvironments"] = [
        {"Name": name, "VpcCIDR": "10.1.0.0/16", "UiHost": "e.example.com"},
        {"Name": f"{name[1:]}_", "Alarms": {"Enabled": True}},
    ]
    alarms = synthesise(raw)

    names = [
        str(each.properties["AlarmName"])
        for kind in (ALARM, COMPOSITE)
        for each in made(alarms, kind)
    ]
    texts = [
        str(each.properties["AlarmDescription"])
        for kind in (ALARM, COMPOSITE)
        for each in made(alarms, kind)
    ]
    assert max(map(len, names)) <= MAX_NAME
    assert len({*names}) == len(names)
    assert max(map(len, texts)) <= 1024


def test_what_is_off_is_not_made_and_what_is_tuned_is_as_the_entry_says() -> None:
    raw = one_environment(
        Alarms={
            "Off": ["web-server-cpu"],
            "Thresholds": {"worker-cpu": 80},
            "EvaluationPeriods": {"worker-cpu": 2},
        }
    )
    raw["Alarms"] = {
        "Off": ["worker-memory"],
        "Thresholds": {"worker-cpu": 70, "scheduler-cpu": 60},
    }

    alarms = {name_of(each): each.properties for each in made(synthesise(raw), ALARM)}

    assert "web-server-cpu" not in alarms
    assert "worker-memory" in alarms  # the entry's list takes the place of the file's
    tuned = alarms["worker-cpu"]
    assert (tuned["Threshold"], tuned["EvaluationPeriods"], tuned["DatapointsToAlarm"]) == (
        80,
        2,
        2,
    )
    assert alarms["scheduler-cpu"]["Threshold"] == 60


def test_what_is_not_watched_has_no_alarm() -> None:
    raw = {**existing("one", "two"), "Alarms": {"Enabled": False}}
    raw["MwaaEnvironments"][0]["Alarms"] = {"Enabled": True}

    alarms = synthesise(raw)

    assert {each.stack for each in made(alarms, ALARM)} == {"Alarms-one"}
    assert {name_of(each) for each in made(alarms, ALARM)} <= OF_ENVIRONMENTS.keys()


def test_existing_environments_are_watched_when_their_entries_say_so() -> None:
    assert {each.stack for each in made(synthesise(existing("one")), ALARM)} == {"Sso"}


def test_an_alarm_is_made_once_its_environment_is_there() -> None:
    template = sample("one-new").templates["Env-analytics"]["Resources"]
    for each in made(sample("one-new"), ALARM):
        if each.stack == "Env-analytics" and name_of(each) not in {
            "requirements-failed",
            "lineage-failed",
        }:
            assert "AirflowEnvironment" in json.dumps(template[each.logical_id]["Properties"])


HOME = {"AWS_Partition": "aws", "AWS_Region": "us-east-1", "AWS_AccountId": "111122223333"}
OWN = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:mixed-"


@pytest.mark.parametrize(
    ("alarm", "account", "verdict"),
    [
        (f"{OWN}Sso", "111122223333", Verdict.ALLOWED),
        (f"{OWN}Gate", "111122223333", Verdict.ALLOWED),
        (f"{OWN}QuickStart", "111122223333", Verdict.ALLOWED),
        (f"{OWN}Env-forecasting", "111122223333", Verdict.ALLOWED),
        (f"{OWN}Alarms-ledger", "111122223333", Verdict.ALLOWED),
        (f"{OWN}Ui-ledger", "111122223333", Verdict.ALLOWED),
        (f"{OWN}prod-Sso", "111122223333", Verdict.NOT_ALLOWED),
        (f"{OWN}Ssold", "111122223333", Verdict.NOT_ALLOWED),
        (f"{OWN}Sso", "999988887777", Verdict.NOT_ALLOWED),
    ],
)
@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("AWS::SNS::TopicPolicy", "sns:Publish"),
        ("AWS::KMS::Key", "kms:GenerateDataKey"),
        ("AWS::KMS::Key", "kms:Decrypt"),
    ],
)
def test_only_the_platforms_own_alarms_send(
    kind: str, action: str, alarm: str, account: str, verdict: Verdict
) -> None:
    policy, arn = topic_policy(kind)
    request = Request(
        action=action,
        resource=arn,
        principals={"Service": frozenset({"cloudwatch.amazonaws.com"})},
        context={
            "aws:SourceArn": alarm,
            "aws:SourceAccount": account,
            "aws:SecureTransport": "true",
        },
    )
    assert judge(policy, request) == verdict


def topic_policy(kind: str) -> tuple[Any, str]:
    """A policy of the topic's stack, and the ARN that it is about."""
    properties = sample(MIX).properties("Topic", kind)
    policy = rendered(properties.get("PolicyDocument") or properties["KeyPolicy"], **HOME)
    [topic] = sample(MIX).resources("Topic", "AWS::SNS::Topic")
    return policy, f"<{topic}>" if kind.startswith("AWS::SNS") else "*"


def test_the_topic_is_encrypted_with_its_own_key_and_takes_nothing_in_plain_text() -> None:
    topic = sample(MIX).properties("Topic", "AWS::SNS::Topic")
    [key] = sample(MIX).resources("Topic", "AWS::KMS::Key")
    assert rendered(topic["KmsMasterKeyId"]) == f"<{key}.Arn>"
    policy, arn = topic_policy("AWS::SNS::TopicPolicy")
    plain = Request(
        action="sns:Publish",
        resource=arn,
        principals={"Service": frozenset({"cloudwatch.amazonaws.com"})},
        context={
            "aws:SourceArn": f"{OWN}Sso",
            "aws:SourceAccount": "111122223333",
            "aws:SecureTransport": "false",
        },
    )
    assert judge(policy, plain) == Verdict.DENIED


def test_the_stacks_of_environments_stay_small() -> None:
    for name in ("many-with-lineage", "mix-with-existing-environments"):
        for stack, template in sample(name).templates.items():
            assert len(template["Resources"]) < 150, stack


def test_the_names_that_documents_and_messages_have_are_anchors() -> None:
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in ALARMS)
