"""What CloudWatch makes of an alarm's properties and of made-up data, by its documented rules.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from statistics import mean

from tests.templates.synthesis import Json, rendered

EXTRA_PERIODS = 2
"""How many periods more than it must CloudWatch reads, in the tables of its documentation."""

Samples = Sequence[float]
"""What was measured within one period; nothing where data is missing."""
Series = Sequence[Samples]
"""By period, the latest last."""
Data = Callable[[Json], Series]
"""The series of a metric, given by its namespace, name and dimensions."""

STATISTICS: Mapping[str, Callable[[Samples], float]] = {
    "Average": mean,
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
    "Sum": sum,
}
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def fires(alarm: Json, data: Data) -> bool:
    """Whether an alarm is in the state ALARM, from its properties and the data."""
    values = _values(alarm, data)
    breaches = COMPARISONS[alarm["ComparisonOperator"]]
    points = [None if value is None else breaches(value, alarm["Threshold"]) for value in values]
    return is_in_alarm(
        points,
        periods=alarm["EvaluationPeriods"],
        datapoints=alarm["DatapointsToAlarm"],
        missing_is_breaching={"breaching": True, "notBreaching": False}[alarm["TreatMissingData"]],
    )


def is_in_alarm(
    points: Sequence[bool | None], *, periods: int, datapoints: int, missing_is_breaching: bool
) -> bool:
    """Whether enough of the points breach; None is a period without data.

    Real points count as far as the evaluation range goes back. What they lack in number is filled.
    """
    real = [each for each in points[-(periods + EXTRA_PERIODS) :] if each is not None][-periods:]
    filled = [missing_is_breaching] * (periods - len(real))
    return [*real, *filled].count(True) >= datapoints


def composite_fires(rule: str, in_alarm: set[str]) -> bool:
    """Whether a composite alarm is in the state ALARM: any of those that its rule names."""
    assert re.fullmatch(r'ALARM\("[^"]+"\)(?: OR ALARM\("[^"]+"\))*', rule), rule
    return bool(in_alarm & set(re.findall(r'ALARM\("([^"]+)"\)', rule)))


def _values(alarm: Json, data: Data) -> list[float | None]:
    """A value for each period, None where data is missing."""
    if "Metrics" not in alarm:
        return _aggregated(alarm, alarm["Statistic"], data)
    measured = {
        each["Id"]: _aggregated(each["MetricStat"]["Metric"], each["MetricStat"]["Stat"], data)
        for each in alarm["Metrics"]
        if "MetricStat" in each
    }
    [expression] = [each["Expression"] for each in alarm["Metrics"] if "Expression" in each]
    periods = max(map(len, measured.values()))
    return [
        _calculated(
            expression,
            {name: values[at] if at < len(values) else None for name, values in measured.items()},
        )
        for at in range(periods)
    ]


def _aggregated(metric: Json, statistic: str, data: Data) -> list[float | None]:
    series = data(rendered({key: metric.get(key) for key in METRIC}))
    return [STATISTICS[statistic](samples) if samples else None for samples in series]


METRIC = ("Namespace", "MetricName", "Dimensions")


def _calculated(expression: str, values: Mapping[str, float | None]) -> float | None:
    def both(
        left: ast.expr, right: ast.expr, made: Callable[[float, float], float]
    ) -> float | None:
        one, other = value(left), value(right)
        return None if one is None or other is None else made(one, other)

    def value(node: ast.expr) -> float | None:
        found: float | None
        match node:
            case ast.Name(id=name):
                found = values[name]
            case ast.Constant(value=int() | float() as number):
                found = number
            case ast.Call(func=ast.Name(id="FILL"), args=[filled, instead]):
                given = value(filled)
                found = value(instead) if given is None else given
            case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
                holds = value(condition)
                found = None if holds is None else value(then if holds else otherwise)
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                found = both(left, right, operator.eq)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                found = both(left, right, operator.add)
            case _:
                raise AssertionError(f"{ast.unparse(node)} is not of CloudWatch's metric math")
        return found

    return value(ast.parse(expression, mode="eval").body)
