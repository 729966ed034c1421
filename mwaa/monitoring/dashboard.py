"""Dashboards of CloudWatch as data, and the body that CloudWatch takes.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mwaa.monitoring.alarm import Alarm
from mwaa.monitoring.metric import Metric, Subject

COLUMNS = 24
PERIOD = 300
MAX_ALARMS = 100
"""Alarms that one widget can show; of the page above, "Properties of an alarm widget object"."""
MAX_SEARCH = 1024
"""Characters of a search.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
"""
MOST_COMPARED = 20
"""Environments in a graph that compares them: more lines cannot be told apart."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A metric in a graph. `label` says to people what it is."""

    label: str
    metric: Metric
    period: int = PERIOD


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A metric of all environments of the account and Region that have it.

    Its dimension of the environment stays open. Of many, the worst are shown: those with the
    highest values, or that sent the `least`.
    """

    metric: Metric
    period: int = PERIOD
    least: bool = False

    @property
    def expression(self) -> str:
        """The search, which has the same length for any number of environments.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
        """
        metric = self.metric
        schema = ",".join([metric.namespace, *sorted(metric.dimensions)])
        terms = [f'MetricName="{metric.name}"'] + [
            f'{name}="{value}"'
            for name, value in sorted(metric.dimensions.items())
            if value != Subject.ENVIRONMENT
        ]
        search = f"{{{schema}}} {' '.join(terms)}"
        # What is dead sends nothing: its sum is low then, and the lowest of its values as ever.
        order = "SUM, ASC" if self.least else "MAX, DESC"
        found = f"SEARCH('{search}', '{metric.statistic}', {self.period})"
        return f"SORT({found}, {order}, {MOST_COMPARED})"


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Metrics over time, or, as `singleValue`, their last values.

    The thresholds of alarms on its metrics are drawn into it.
    """

    title: str
    lines: Sequence[Line] | Comparison
    view: Literal["timeSeries", "singleValue"] = "timeSeries"
    stacked: bool = False
    height: int = 6


@dataclass(frozen=True, kw_only=True)
class States:
    """The states of alarms by their names: those that fire first, what changed last before."""

    title: str
    alarms: Sequence[str]
    height: int = 6


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text in Markdown."""

    markdown: str
    height: int = 1


Row = Sequence[Graph | States | Text]
"""What is side by side, each as wide as the others and as high as the highest."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A dashboard: its rows, whose metrics are about `subjects`, and the alarms that are on."""

    rows: Sequence[Row]
    subjects: Mapping[Subject, str]
    alarms: Sequence[Alarm] = ()

    def body(self, *, region: str, alarm_arn: str) -> dict[str, Any]:
        """The body, for a Region; `alarm_arn` begins the ARN of an alarm, to which its name is
        added."""
        widgets, y = [], 0
        for row in self.rows:
            height, width = max(each.height for each in row), COLUMNS // len(row)
            for column, widget in enumerate(row):
                place = {"x": column * width, "y": y, "width": width, "height": height}
                widgets.append({**place, **self._widget(widget, region, alarm_arn)})
            y += height
        # `inherit` keeps the periods: another would count a worker several times.
        return {"start": "-PT12H", "periodOverride": "inherit", "widgets": widgets}

    def _widget(self, widget: Graph | States | Text, region: str, alarm_arn: str) -> dict[str, Any]:
        match widget:
            case Text():
                return {"type": "text", "properties": {"markdown": widget.markdown}}
            case States():
                properties = {
                    "title": widget.title,
                    "alarms": [f"{alarm_arn}{each}" for each in widget.alarms],
                    "sortBy": "stateUpdatedTimestamp",
                }
                return {"type": "alarm", "properties": properties}
        return {"type": "metric", "properties": self._graph(widget, region)}

    def _graph(self, graph: Graph, region: str) -> dict[str, Any]:
        if isinstance(graph.lines, Comparison):
            metrics: list[list[Any]] = [[{"expression": graph.lines.expression, "id": "all"}]]
            shown = [graph.lines.metric]
        else:
            metrics = [self._line(each) for each in graph.lines]
            shown = [each.metric for each in graph.lines]
        properties: dict[str, Any] = {
            "title": graph.title,
            "view": graph.view,
            "region": region,
            "metrics": metrics,
        }
        if graph.stacked:
            properties["stacked"] = True
        if graph.view == "timeSeries":
            properties["yAxis"] = {"left": {"min": 0}}
            if thresholds := [*_thresholds(self.alarms, shown)]:
                properties["annotations"] = {"horizontal": thresholds}
        return properties

    def _line(self, line: Line) -> list[Any]:
        metric = line.metric
        dimensions = metric.dimensions_of(self.subjects)
        return [
            metric.namespace_of(self.subjects),
            metric.name,
            *(each for dimension in dimensions.items() for each in dimension),
            {"label": line.label, "stat": metric.statistic, "period": line.period},
        ]


def states(title: str, alarms: Sequence[str]) -> Iterator[Row]:
    """Rows with the states of alarms, as many widgets as they need; none without alarms."""
    for start in range(0, len(alarms), MAX_ALARMS):
        some = alarms[start : start + MAX_ALARMS]
        yield [States(title=title, alarms=some, height=2 + -(-len(some) // 6))]


def _thresholds(alarms: Iterable[Alarm], shown: Sequence[Metric]) -> Iterator[dict[str, Any]]:
    """A line for each threshold of alarms on one of the metrics; below it, where less is worse, the
    graph is coloured."""
    names = defaultdict(list)
    for alarm in alarms:
        if alarm.expression is None and alarm.metric in shown:
            names[alarm.threshold, alarm.comparison == "LessThanThreshold"].append(alarm.name)
    for (threshold, less), of in names.items():
        yield {"label": ", ".join(of), "value": threshold, **({"fill": "below"} if less else {})}
