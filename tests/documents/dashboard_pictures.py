"""`python -m tests.documents.dashboard_pictures`: draws the dashboards in docs/pictures.

Each is drawn from the body in a sample's template. The values are made up: the same for the same
label, and well on the good side of thresholds, whose lines are not to scale.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any
from zlib import crc32

from local.layout import ROOT

PICTURES = ROOT / "docs" / "pictures"
SNAPSHOTS = ROOT / "tests" / "templates" / "__snapshots__" / "test_samples"
SAMPLE = "many-with-lineage"
SHOWN = {"dashboard-environment": "Env-ingest", "dashboard-fleet": "Sso"}
"""The stack of each picture."""

COLUMN, UNIT, GAP, POINTS = 50, 34, 6, 48
COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b", "#17becf")
RED, GREEN, INK, FAINT = "#d13212", "#1d8102", "#16191f", "#687078"
FOUND = ("analytics", "finance", "marketing")
"""Environments that a search finds."""
MOST_OF_A_LABEL = 46


def body(stack: str) -> dict[str, Any]:
    """The body of the dashboard in a stack of the sample, with its variables as they stand."""
    templates = json.loads((SNAPSHOTS / f"test_templates[{SAMPLE}].json").read_text())
    [dashboard] = [
        each
        for each in templates[stack]["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Dashboard"
    ]
    text = dashboard["Properties"]["DashboardBody"]["Fn::Sub"]
    found: dict[str, Any] = json.loads(text if isinstance(text, str) else text[0])
    return found


def picture(dashboard: Mapping[str, Any]) -> str:
    """A dashboard as SVG."""
    widgets = dashboard["widgets"]
    height = max(each["y"] + each["height"] for each in widgets) * UNIT
    drawn = "\n".join(line for each in widgets for line in _widget(each))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{24 * COLUMN}" height="{height}" '
        f'viewBox="0 0 {24 * COLUMN} {height}" font-family="sans-serif" font-size="12">\n'
        f'<rect width="100%" height="100%" fill="#f2f3f3"/>\n{drawn}\n</svg>\n'
    )


def _widget(widget: Mapping[str, Any]) -> Iterator[str]:
    x, y = widget["x"] * COLUMN + GAP, widget["y"] * UNIT + GAP
    width, height = widget["width"] * COLUMN - 2 * GAP, widget["height"] * UNIT - 2 * GAP
    properties = widget["properties"]
    yield f'<g transform="translate({x},{y})">'
    if widget["type"] == "text":
        yield from _text(properties["markdown"])
    else:
        yield f'<rect width="{width}" height="{height}" rx="4" fill="#fff" stroke="#d5dbdb"/>'
        yield _label(10, 20, properties["title"], weight="bold")
        draw = _states if widget["type"] == "alarm" else VIEWS[properties["view"]]
        yield from draw(properties, width, height)
    yield "</g>"


def _text(markdown: str) -> Iterator[str]:
    heading, *rest = markdown.split("\n")
    size = 20 if heading.startswith("# ") else 16
    yield _label(4, 20, heading.lstrip("# "), weight="bold", size=size)
    yield from (_label(4, 40 + 16 * row, line, INK) for row, line in enumerate(rest))


def _states(properties: Mapping[str, Any], width: float, _height: float) -> Iterator[str]:
    """The first alarm fires in the picture; the others rest."""
    columns, gap = 6, 8
    each = (width - 20 - gap * (columns - 1)) / columns
    for index, arn in enumerate(properties["alarms"]):
        row, column = divmod(index, columns)
        left, top = 10 + column * (each + gap), 30 + row * (UNIT - 2)
        colour, name = (GREEN if index else RED), arn.partition(":alarm:")[2].partition("/")
        yield (
            f'<rect x="{left:.1f}" y="{top}" width="{each:.1f}" height="{UNIT - 8}" rx="3" '
            f'fill="#fff" stroke="{colour}"/>'
        )
        yield f'<circle cx="{left + 11:.1f}" cy="{top + 13}" r="4" fill="{colour}"/>'
        yield _label(left + 20, top + 17, name[2] or name[0], size=11)


def _graph(properties: Mapping[str, Any], width: float, height: float) -> Iterator[str]:
    labels = _labels(properties["metrics"])
    limits = properties.get("annotations", {}).get("horizontal", [])
    series = [_series(each) for each in labels]
    if properties.get("stacked"):
        series = [[*map(sum, zip(*series[: n + 1], strict=True))] for n in range(len(series))]
    most = max(*map(max, series), 1) * 1.6
    left, top, right, bottom = 12.0, 34.0, width - 12, height - 14 - 16 * math.ceil(len(labels) / 2)
    for step in range(4):
        level = bottom - step * (bottom - top) / 3
        yield f'<path d="M{left},{level:.1f}H{right:.1f}" stroke="#eaeded"/>'
    for index, values in enumerate(series):
        points = " ".join(
            f"{left + at * (right - left) / (POINTS - 1):.1f},"
            f"{bottom - value / most * (bottom - top):.1f}"
            for at, value in enumerate(values)
        )
        yield (
            f'<polyline points="{points}" fill="none" stroke="{COLOURS[index % len(COLOURS)]}" '
            'stroke-width="1.5"/>'
        )
    for index, limit in enumerate(limits):
        level = bottom - 6 if limit.get("fill") == "below" else top + 4 + 14 * index
        yield f'<path d="M{left},{level}H{right:.1f}" stroke="{RED}" stroke-dasharray="5 4"/>'
        text = _short(f"{limit['label']}: {limit['value']:g}", 64)
        yield _label(left + 2, level - 3 if level > bottom - 7 else level + 11, text, RED, size=10)
    for index, label in enumerate(labels):
        row, column = divmod(index, 2)
        x, y = left + column * (right - left) / 2, bottom + 16 + row * 16
        colour = COLOURS[index % len(COLOURS)]
        yield f'<rect x="{x:.1f}" y="{y - 9:.1f}" width="10" height="10" fill="{colour}"/>'
        yield _label(x + 15, y, _short(label, MOST_OF_A_LABEL), FAINT, size=11)


def _numbers(properties: Mapping[str, Any], width: float, _height: float) -> Iterator[str]:
    labels = _labels(properties["metrics"])
    for index, label in enumerate(labels):
        x = 10 + index * (width - 20) / len(labels)
        yield _label(x, 56, f"{_series(label)[-1]:.0f}", size=26)
        yield _label(x, 76, label, FAINT)


VIEWS = {"timeSeries": _graph, "singleValue": _numbers}


def _labels(metrics: Sequence[Sequence[Any]]) -> Sequence[str]:
    if "expression" in metrics[0][0]:
        return FOUND
    return [each[-1]["label"] for each in metrics]


def _series(label: str) -> list[float]:
    """Made-up values between 1 and 9."""
    seed = crc32(label.encode())
    middle, phase, swing = 3 + seed % 4, seed % 7, 1 + seed % 2
    return [
        middle + swing * math.sin(at / 6 + phase) + math.sin(at * (1.3 + phase / 9)) / 2
        for at in range(POINTS)
    ]


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _label(
    x: float, y: float, text: str, colour: str = INK, *, weight: str = "normal", size: int = 13
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-weight="{weight}" '
        f'font-size="{size}">{escape(text, quote=False)}</text>'
    )


def main() -> None:
    """Draws each dashboard."""
    for name, stack in SHOWN.items():
        (PICTURES / f"{name}.svg").write_text(picture(body(stack)))


if __name__ == "__main__":
    main()
