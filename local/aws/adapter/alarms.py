"""Alarms made by CloudFormation: composite ones, and those on an expression.

MiniStack 1.5.33 has no AWS::CloudWatch::CompositeAlarm, and refuses an alarm with `Metrics`. It
takes values that AWS refuses. An alarm on an expression is stored and never evaluated.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import CreatedResource, Properties

MAX_NAME, MAX_DESCRIPTION, MAX_RULE = 255, 1024, 10_240
MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800
HTTP_OK = 200
OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "Dimensions", "Period")

Record = Callable[[str, Properties], dict[str, Any]]


def install() -> None:
    """Adds the type of composite alarms, and checks of both."""
    provisioners._cw_metric_alarm_record = _checked(provisioners._cw_metric_alarm_record)
    provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::CompositeAlarm"] = {
        "create": _create,
        "update": _update,
        "delete": _delete,
    }


def _checked(record: Record) -> Record:
    def checked_record(name: str, properties: Properties) -> dict[str, Any]:
        _check_texts(name, properties)
        if queries := properties.get("Metrics"):
            _check_expression(properties)
            # One metric stands in for what the record must have, and leaves nothing to evaluate.
            alarm = record(
                name, {**properties, "Metrics": None, "MetricName": "m", "Namespace": "n"}
            )
            return {**alarm, "MetricName": "", "Namespace": "", "Metrics": queries}
        _check_periods(properties, int(properties.get("Period", 0)))
        return record(name, properties)

    return checked_record


def _check_texts(name: str, properties: Properties) -> None:
    for text, most in (
        (name, MAX_NAME),
        (properties.get("AlarmDescription", ""), MAX_DESCRIPTION),
        (properties.get("AlarmRule", ""), MAX_RULE),
    ):
        if len(text) > most:
            raise ValueError(f"{text[:40]}… is longer than {most} characters")


def _check_periods(properties: Properties, period: int) -> None:
    if period < MINUTE or period % MINUTE:
        raise ValueError(f"Period {period} is no multiple of {MINUTE}")
    count = int(properties["EvaluationPeriods"])
    longest, span = (DAY, "a day") if period < HOUR else (WEEK, "a week")
    if count * period > longest:
        raise ValueError(f"EvaluationPeriods times Period must not be more than {span}")
    if not 1 <= int(properties.get("DatapointsToAlarm", count)) <= count:
        raise ValueError("DatapointsToAlarm must be at most EvaluationPeriods")


def _check_expression(properties: Properties) -> None:
    """One query returns data, and its expression names the others."""
    if given := [each for each in OF_ONE_METRIC if each in properties]:
        raise ValueError(f"Metrics must not be given with {', '.join(given)}")
    queries = {each["Id"]: each for each in properties["Metrics"]}
    returned = [each for each in queries.values() if each.get("ReturnData", True) is not False]
    if len(returned) != 1 or "Expression" not in returned[0]:
        raise ValueError("Exactly one element of Metrics must return data")
    named = set(re.findall(r"\b[a-z]\w*", returned[0]["Expression"]))
    if unknown := named - queries.keys():
        raise ValueError(f"The expression names {', '.join(sorted(unknown))}, which is no metric")
    for each in _stats(queries):
        _check_periods(properties, int(each["Period"]))


def _stats(queries: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    yield from (each["MetricStat"] for each in queries.values() if "MetricStat" in each)


def _create(logical_id: str, properties: Properties, stack: str) -> CreatedResource:
    name = properties.get("AlarmName") or f"{stack}-{logical_id}"
    if name in cloudwatch._composite_alarms or name in cloudwatch._alarms:
        raise ValueError(f"{name} already exists")
    return _put(name, properties)


def _update(name: str, _old: Properties, new: Properties, stack: str) -> CreatedResource:
    if new.get("AlarmName", name) != name:
        return _create(name, new, stack)
    return _put(name, new)


def _put(name: str, properties: Properties) -> CreatedResource:
    _check_texts(name, properties)
    _call(cloudwatch._put_composite_alarm, {**properties, "AlarmName": name})
    return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}


def _delete(name: str, _properties: Properties) -> None:
    _call(cloudwatch._delete_alarms, {"AlarmNames": [name]})


def _call(operation: Callable[..., tuple[int, Any, bytes]], request: Mapping[str, Any]) -> None:
    status, _, body = operation({}, request, False, True)
    if status != HTTP_OK:
        raise ValueError(json.loads(body).get("message", body))
