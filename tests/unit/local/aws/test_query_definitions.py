"""Saved queries in the stand-in."""

from __future__ import annotations

from tests.unit.local.aws.stand_in import StandIn
from tests.unit.local.aws.test_templates import Resources, ref

RANGES = ("10.7.0.0/24", "10.7.1.0/24")


def test_a_saved_query_is_taken(stand_in: StandIn) -> None:
    query = {"Name": "who opened what", "QueryString": "fields who"}
    resources: Resources = {"Query": {"Type": "AWS::Logs::QueryDefinition", "Properties": query}}
    stack, made = stand_in.deploy(resources, {"Id": ref("Query")})
    resources["Query"]["Properties"] = {**query, "QueryString": "fields who, role"}
    _, updated = stand_in.deploy(resources, {"Id": ref("Query")}, stack=stack)
    assert updated == made
    stand_in.destroy(stack)
