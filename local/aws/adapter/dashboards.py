"""Dashboards made by CloudFormation: MiniStack 1.5.33 takes any text as one.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import Properties

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
COLUMNS, MAX_HEIGHT, MAX_WIDGETS, MAX_ALARMS = 24, 1000, 500, 100
NEEDED: Mapping[str, tuple[str, ...]] = {
    "alarm": ("alarms",),
    "metric": ("metrics", "region"),
    "text": ("markdown",),
}

Read = Callable[[Properties], str]


def install() -> None:
    """Adds the check to creation and update."""
    provisioners._cw_dashboard_body = _checked(provisioners._cw_dashboard_body)


def _checked(read: Read) -> Read:
    def checked_body(properties: Properties) -> str:
        body = read(properties)
        if not NAME.fullmatch(properties.get("DashboardName", "generated")):
            raise ValueError("DashboardName has other characters than letters, digits, - and _")
        if faults := [*_faults(body)]:
            raise ValueError(f"The dashboard's body is invalid: {'; '.join(faults)}")
        return body

    return checked_body


def _faults(body: str) -> Iterator[str]:
    try:
        widgets = json.loads(body)["widgets"]
    except (ValueError, KeyError, TypeError):
        yield "it is no JSON object with widgets"
        return
    if len(widgets) > MAX_WIDGETS:
        yield f"it has more than {MAX_WIDGETS} widgets"
    for number, widget in enumerate(widgets):
        yield from (f"widget {number} {fault}" for fault in _faults_of(widget))


def _faults_of(widget: Mapping[str, Any]) -> Iterator[str]:
    properties = widget["properties"]
    if widget["x"] + widget["width"] > COLUMNS:
        yield f"ends beyond column {COLUMNS}"
    if not 1 <= widget["height"] <= MAX_HEIGHT:
        yield f"is not 1 to {MAX_HEIGHT} high"
    for each in NEEDED[widget["type"]]:
        if not properties.get(each):
            yield f"has no {each}"
    if len(properties.get("alarms", ())) > MAX_ALARMS:
        yield f"has more than {MAX_ALARMS} alarms"
    if "$" in str(properties.get("region")):
        yield "has no Region"
