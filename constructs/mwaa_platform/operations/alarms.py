"""Alarms of one thing that people use, of which one alarm alone notifies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from mwaa.monitoring.alarm import Alarm
from mwaa.monitoring.metric import Metric, Subject


@dataclass(frozen=True, kw_only=True)
class Watched:
    """An alarm, and what it is about."""

    alarm: Alarm
    subjects: Mapping[Subject, str]


def watched(alarms: Iterable[Alarm], **subjects: str) -> list[Watched]:
    """Alarms about the same subjects, which are named as `Subject` names them, in lower case."""
    of_all = {Subject[name.upper()]: value for name, value in subjects.items()}
    return [Watched(alarm=each, subjects=of_all) for each in alarms]


class Alarms(Construct):
    """Alarms without actions, and a composite alarm over them that notifies.

    What fires several of them is one fault, and pages once.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        about: str,
        alarms: Iterable[Watched],
        runbooks: str,
        topic_arn: str | None = None,
    ) -> None:
        """Adds the alarms.

        - `name`: of the composite alarm; those of the others begin with it and a slash.
        - `about`: what they watch, for people who read a message.
        - `alarms`: at least one.
        - `runbooks`: address of the page with a section for each alarm.
        - `topic_arn`: where the composite alarm sends that it fires, and that it no longer does;
          nowhere by default.
        """
        super().__init__(scope, construct_id)
        names = [
            _add(self, each, name=f"{name}/{each.alarm.name}", about=about, runbooks=runbooks)
            for each in alarms
        ]
        actions = [topic_arn] if topic_arn else None
        cloudwatch.CfnCompositeAlarm(
            self,
            "Any",
            alarm_name=name,
            alarm_description=f"{about}: something is wrong. The reason names the alarms that "
            f"fire; each has its section in {runbooks}",
            alarm_rule=" OR ".join(f'ALARM("{each}")' for each in names),
            alarm_actions=actions,
            ok_actions=actions,
        )


def _add(scope: Construct, watched: Watched, *, name: str, about: str, runbooks: str) -> str:
    """Adds an alarm; returns its name, to whoever must come after it.

    The CDK's own class takes half as long again, and a file has hundreds.
    """
    alarm = watched.alarm
    return cloudwatch.CfnAlarm(
        scope,
        alarm.name,
        alarm_name=name,
        alarm_description=f"{about}: {alarm.means} What to do: {runbooks}#{alarm.name}",
        comparison_operator=alarm.comparison,
        threshold=alarm.threshold,
        evaluation_periods=alarm.evaluation_periods,
        datapoints_to_alarm=alarm.datapoints_to_alarm,
        treat_missing_data=alarm.missing,
        **_measured(alarm, watched.subjects),
    ).ref


class _Measured(TypedDict, total=False):
    """What an alarm measures, in CloudFormation's terms: a metric, or an expression of several."""

    namespace: str
    metric_name: str
    dimensions: list[cloudwatch.CfnAlarm.DimensionProperty] | None
    statistic: str
    period: int
    metrics: list[cloudwatch.CfnAlarm.MetricDataQueryProperty]


def _measured(alarm: Alarm, subjects: Mapping[Subject, str]) -> _Measured:
    if alarm.expression is None:
        metric = alarm.metric
        return {
            "namespace": metric.namespace_of(subjects),
            "metric_name": metric.name,
            "dimensions": _dimensions(metric, subjects),
            "statistic": metric.statistic,
            "period": alarm.period,
        }
    query = cloudwatch.CfnAlarm.MetricDataQueryProperty
    result = query(id="result", expression=alarm.expression, return_data=True)
    measured = [
        query(
            id=each,
            return_data=False,
            metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                metric=cloudwatch.CfnAlarm.MetricProperty(
                    namespace=metric.namespace_of(subjects),
                    metric_name=metric.name,
                    dimensions=_dimensions(metric, subjects),
                ),
                period=alarm.period,
                stat=metric.statistic,
            ),
        )
        for each, metric in alarm.metrics.items()
    ]
    return {"metrics": [result, *measured]}


def _dimensions(
    metric: Metric, subjects: Mapping[Subject, str]
) -> list[cloudwatch.CfnAlarm.DimensionProperty] | None:
    return [
        cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
        for name, value in metric.dimensions_of(subjects).items()
    ] or None
