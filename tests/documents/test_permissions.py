"""What docs/permissions.md says that a permissions boundary must allow."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from local.layout import ROOT
from mwaa.permissions.drift import FILE, drift_actions
from tests.documents.deployment_permissions import DOCUMENT, actions, drift_text, render
from tests.templates.synthesis import Json, as_list
from tests.updates.failures_table import SNAPSHOTS

POLICIES = {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}
ACTION = r"`([a-z0-9-]+:[A-Z]\w+\*?)`"
BY_MWAA, BY_TEAM = "Mwaa", "ExecutionRoleTeam"
"""Policies that the document leaves to MWAA's own list, and to the team."""


def _policies(logical_id: str, resource: Json) -> Iterator[Json]:
    properties = resource.get("Properties", {})
    if resource["Type"] == "AWS::IAM::Role":
        for each in properties.get("Policies", ()):
            if each["PolicyName"] != BY_MWAA:
                yield each["PolicyDocument"]
    elif resource["Type"] in POLICIES and not logical_id.startswith(BY_TEAM):
        yield properties["PolicyDocument"]


def _allowed() -> set[str]:
    """Actions that the roles of all samples may do."""
    resources = [
        each
        for path in SNAPSHOTS.glob("*.json")
        for template in json.loads(path.read_text()).values()
        for each in template["Resources"].items()
    ]
    return {
        action
        for logical_id, resource in resources
        for document in _policies(logical_id, resource)
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
        for action in as_list(statement.get("Action", []))
    }


def test_a_boundary_that_allows_what_the_document_lists_takes_nothing_away() -> None:
    text = (ROOT / "docs" / "permissions.md").read_text()
    rows = re.findall(r"^  \| of .*$", text, re.M)
    listed = {action for row in rows for action in re.findall(ACTION, row)}

    assert _allowed() == listed | {*drift_actions()}


def test_the_permissions_of_a_deployment_are_those_of_the_samples_types() -> None:
    assert render() == DOCUMENT.read_text()
    assert drift_text() == FILE.read_text()
    assert "CreateEnvironment" in actions()["airflow"]
    assert "InvokeFunction" in actions()["lambda"]
