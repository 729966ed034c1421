"""Lineage events for Amazon DataZone, and who may send them."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from local.layout import ACCOUNT, REGION
from tests.unit.local.aws.conftest import Catalogue
from tests.unit.local.aws.stand_in import StandIn, allow

DOMAIN = "dzd-0123456789abc"
EVENT = json.dumps({"eventType": "START", "job": {"namespace": "n", "name": "j"}})


def role_in(stand_in: StandIn, region: str) -> str:
    """A role as environments have it."""
    condition = {"StringEquals": {"aws:RequestedRegion": [region]}}
    return stand_in.create_role({**allow("datazone:PostLineageEvent", "*"), "Condition": condition})


def test_an_event_goes_on_to_the_lineage_endpoint(stand_in: StandIn, catalogue: Catalogue) -> None:
    credentials = stand_in.assume(role_in(stand_in, REGION))
    answer = stand_in.client_of(credentials, "datazone").post_lineage_event(
        domainIdentifier=DOMAIN, event=EVENT
    )
    assert answer["domainId"] == DOMAIN
    request = catalogue.received[-1]
    assert request.path == f"/v2/domains/{DOMAIN}/lineage/events"
    assert json.loads(request.body) == json.loads(EVENT)
    assert "Authorization" not in request.headers


def test_another_region_and_a_policy_that_names_the_domain_are_refused(
    stand_in: StandIn, catalogue: Catalogue
) -> None:
    """IAM knows no domain for this action, so such a statement allows nothing."""
    before = len(catalogue.received)
    domain = f"arn:aws:datazone:{REGION}:{ACCOUNT}:domain/{DOMAIN}"
    named = stand_in.create_role(allow("datazone:PostLineageEvent", domain))
    for role in (role_in(stand_in, "eu-north-1"), named):
        with pytest.raises(ClientError, match="AccessDenied"):
            stand_in.client_of(stand_in.assume(role), "datazone").post_lineage_event(
                domainIdentifier=DOMAIN, event=EVENT
            )
    assert len(catalogue.received) == before


def test_too_large_an_event_is_refused(stand_in: StandIn, catalogue: Catalogue) -> None:
    before = len(catalogue.received)
    credentials = stand_in.assume(role_in(stand_in, REGION))
    with pytest.raises(ClientError, match="at most 300000 bytes"):
        stand_in.client_of(credentials, "datazone").post_lineage_event(
            domainIdentifier=DOMAIN, event=json.dumps({"long": "x" * 300_000})
        )
    assert len(catalogue.received) == before
