"""Dashboards in the stand-in, as CloudFormation makes them."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.unit.local.aws.stand_in import DeployFailedError, StandIn

TEXT = {"type": "text", "x": 0, "y": 0, "width": 24, "height": 1, "properties": {"markdown": "a"}}
GRAPH = {
    **TEXT,
    "type": "metric",
    "properties": {"metrics": [["${LoadBalancer}", "All"]], "region": "${AWS::Region}"},
}


def dashboard(name: str, *widgets: dict[str, Any], body: str | None = None) -> dict[str, Any]:
    body = body or json.dumps({"widgets": widgets}, separators=(",", ":"))
    variables = {"LoadBalancer": "app/one"}
    properties = {"DashboardName": name, "DashboardBody": {"Fn::Sub": [body, variables]}}
    return {"Page": {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}}


def name() -> str:
    return f"page-{uuid.uuid4().hex[:8]}"


def test_a_dashboard_has_what_is_known_once_it_is_deployed(stand_in: StandIn) -> None:
    page = name()
    stack, _ = stand_in.deploy(dashboard(page, TEXT, GRAPH))
    client = stand_in.session.client("cloudwatch")
    widgets = json.loads(client.get_dashboard(DashboardName=page)["DashboardBody"])["widgets"]
    stand_in.destroy(stack)
    assert widgets[1]["properties"] == {
        "metrics": [["app/one", "All"]],
        "region": client.meta.region_name,
    }


@pytest.mark.parametrize(
    ("resources", "reason"),
    [
        (dashboard("a b", TEXT), "other characters"),
        (dashboard(name(), body="[]"), "no JSON object with widgets"),
        (dashboard(name(), {**TEXT, "x": 1}), "widget 0 ends beyond column 24"),
        (dashboard(name(), TEXT, {**TEXT, "height": 0}), "widget 1 is not 1 to 1000 high"),
        (dashboard(name(), {**GRAPH, "properties": {"metrics": [["a"]]}}), "has no region"),
        (
            dashboard(name(), {**TEXT, "type": "alarm", "properties": {"alarms": ["a"] * 101}}),
            "more than 100 alarms",
        ),
        (dashboard(name(), *[TEXT] * 501), "more than 500 widgets"),
    ],
)
def test_what_cloudwatch_refuses_is_refused(
    stand_in: StandIn, resources: dict[str, Any], reason: str
) -> None:
    with pytest.raises(DeployFailedError, match=reason):
        stand_in.deploy(resources)
