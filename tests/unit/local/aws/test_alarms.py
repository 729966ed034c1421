"""Alarms in the stand-in, as CloudFormation makes them."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.local.aws.stand_in import DeployFailedError, StandIn

Resources = dict[str, Any]


def metric(name: str) -> Resources:
    return {"Namespace": "Test", "MetricName": name, "Dimensions": []}


def alarms(name: str, **changed: Any) -> Resources:
    """An alarm, one on an expression, and a composite alarm over both."""
    one = {
        "AlarmName": f"{name}/one",
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1,
        "EvaluationPeriods": 1,
        "Period": 300,
        "Statistic": "Sum",
        "TreatMissingData": "notBreaching",
        **metric(name),
    }
    both = {
        "AlarmName": f"{name}/both",
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Metrics": [
            {"Id": "all", "Expression": "FILL(a, 0) + FILL(b, 0)"},
            *(
                {
                    "Id": each,
                    "ReturnData": False,
                    "MetricStat": {"Metric": metric(each), "Period": 300, "Stat": "Sum"},
                }
                for each in "ab"
            ),
        ],
    }
    rule = {"Fn::Sub": 'ALARM("${One}") OR ALARM("${Both}")'}
    properties = {"One": one, "Both": both, "Any": {"AlarmName": name, "AlarmRule": rule}}
    for key, value in changed.items():
        properties[key] = {**properties[key], **value}
    types = {"Any": "CompositeAlarm"}
    return {
        key: {"Type": f"AWS::CloudWatch::{types.get(key, 'Alarm')}", "Properties": value}
        for key, value in copy.deepcopy(properties).items()
    }


@pytest.fixture
def name() -> str:
    return f"watched-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def stack(stand_in: StandIn, name: str) -> Iterator[str]:
    stack, _ = stand_in.deploy(alarms(name))
    yield stack
    stand_in.destroy(stack)


def state(stand_in: StandIn, name: str) -> str:
    client = stand_in.session.client("cloudwatch")
    found = client.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
    return str(found["CompositeAlarms"][0]["StateValue"])


def test_a_composite_alarm_fires_with_one_of_its_alarms(
    stand_in: StandIn, stack: str, name: str
) -> None:
    before = state(stand_in, name)
    stand_in.session.client("cloudwatch").put_metric_data(
        Namespace="Test", MetricData=[{"MetricName": name, "Value": 3}]
    )
    assert stack
    assert (before, state(stand_in, name)) == ("OK", "ALARM")


def test_an_alarm_that_a_composite_alarm_names_goes_once_it_no_longer_does(
    stand_in: StandIn, stack: str, name: str
) -> None:
    fewer = alarms(name, Any={"AlarmRule": {"Fn::Sub": 'ALARM("${One}")'}})
    del fewer["Both"]
    stand_in.deploy(fewer, stack=stack)
    found = stand_in.session.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{name}/")
    assert [each["AlarmName"] for each in found["MetricAlarms"]] == [f"{name}/one"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"Any": {"AlarmRule": 'ALARM("nobody")'}}, "do not exist"),
        ({"Any": {"AlarmName": "x" * 256}}, "longer than 255"),
        ({"One": {"AlarmDescription": "x" * 1025}}, "longer than 1024"),
        ({"One": {"Period": 90}}, "no multiple of 60"),
        ({"One": {"EvaluationPeriods": 300}}, "more than a day"),
        ({"One": {"EvaluationPeriods": 169, "Period": 3600}}, "more than a week"),
        ({"One": {"DatapointsToAlarm": 2}}, "at most EvaluationPeriods"),
        ({"Both": {"Namespace": "Test"}}, "must not be given with Namespace"),
        ({"Both": {"Metrics": [{"Id": "all", "Expression": "FILL(c, 0)"}]}}, "names c"),
    ],
)
def test_what_cloudwatch_refuses_is_refused(
    stand_in: StandIn, name: str, changed: Resources, reason: str
) -> None:
    with pytest.raises(DeployFailedError, match=reason):
        stand_in.deploy(alarms(name, **changed))


def test_a_name_that_is_taken_is_refused(stand_in: StandIn, stack: str, name: str) -> None:
    assert stack
    with pytest.raises(DeployFailedError, match="already exists"):
        stand_in.deploy(
            {"Any": alarms(name)["Any"] | {"Properties": {"AlarmName": name, "AlarmRule": "FALSE"}}}
        )
