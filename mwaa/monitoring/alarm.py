"""Alarms of CloudWatch as data, and what a configuration changes of them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from mwaa.monitoring.metric import Metric

HOUR, DAY, WEEK = 3_600, 86_400, 604_800
MAX_NAME = 255
"""Characters of an alarm's name.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

Comparison = Literal["GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold"]
MissingData = Literal["breaching", "notBreaching"]


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm, and what it says to people.

    - `name`: also the anchor of its section in docs/alarms.md.
    - `means`: one sentence, of what users notice.
    - `metric`: what is compared with the threshold; or, with an `expression` of metric math,
      `metrics` by the ids that it names.
    - `unit`: of the threshold, in words.
    - `least`, `most`: values that the metric can have; None where it has no such bound.
    - `datapoints_to_alarm`: how many of the last `evaluation_periods` must breach.
    - `missing`: what a period without data counts as.
    """

    name: str
    means: str
    metrics: Mapping[str, Metric]
    expression: str | None = None
    comparison: Comparison
    threshold: float
    unit: str
    least: float = 0
    most: float | None = None
    period: int = 300
    evaluation_periods: int
    datapoints_to_alarm: int
    missing: MissingData = "notBreaching"

    @property
    def metric(self) -> Metric:
        """The only metric of an alarm without an expression."""
        [metric] = self.metrics.values()
        return metric

    @property
    def metric_names(self) -> str:
        """The metrics' names, for people."""
        return " and ".join(dict.fromkeys(each.name for each in self.metrics.values()))

    def can_fire(self, threshold: float) -> bool:
        """Whether any value that the metric can have breaches the threshold."""
        match self.comparison:
            case "GreaterThanThreshold":
                return self.most is None or threshold < self.most
            case "GreaterThanOrEqualToThreshold":
                return self.most is None or threshold <= self.most
            case "LessThanThreshold":
                return threshold > self.least

    def can_rest(self, threshold: float) -> bool:
        """Whether any value that the metric can have does not breach the threshold."""
        match self.comparison:
            case "GreaterThanThreshold":
                return threshold >= self.least
            case "GreaterThanOrEqualToThreshold":
                return threshold > self.least
            case "LessThanThreshold":
                return self.most is None or threshold <= self.most


def longest_evaluation(period: int) -> int:
    """Seconds that an alarm can look back on: a week, or a day with a period below an hour.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    return DAY if period < HOUR else WEEK


def of_one(metric: Metric) -> Mapping[str, Metric]:
    """The metrics of an alarm that has one."""
    return {"m": metric}


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What a configuration changes of alarms, by their names."""

    off: frozenset[str] = frozenset()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    evaluation_periods: Mapping[str, int] = field(default_factory=dict)
    datapoints_to_alarm: Mapping[str, int] = field(default_factory=dict)


def tuned(alarms: Iterable[Alarm], tuning: Tuning) -> Iterator[Alarm]:
    """The alarms that are on, each with what is changed of it.

    Fewer periods than the alarm needs datapoints take the datapoints along.
    """
    for alarm in alarms:
        if alarm.name in tuning.off:
            continue
        periods = tuning.evaluation_periods.get(alarm.name, alarm.evaluation_periods)
        datapoints = tuning.datapoints_to_alarm.get(alarm.name, alarm.datapoints_to_alarm)
        if alarm.name not in tuning.datapoints_to_alarm:
            all_of_them = alarm.datapoints_to_alarm == alarm.evaluation_periods
            datapoints = periods if all_of_them else min(datapoints, periods)
        yield replace(
            alarm,
            threshold=tuning.thresholds.get(alarm.name, alarm.threshold),
            evaluation_periods=periods,
            datapoints_to_alarm=datapoints,
        )
