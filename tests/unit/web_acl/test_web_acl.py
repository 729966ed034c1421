"""Web ACL of a load balancer: another one takes its place in one call, and none is left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.loopback import Request, Response, Server, aws_settings, serving
from tests.unit.custom_resource.invocation import A_SECOND_TO_WAIT, NO_TIME_TO_WAIT, Run
from web_acl import handler

LOAD_BALANCER = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/a/1"
ONE, OTHER = (
    f"arn:aws:wafv2:us-east-1:111122223333:regional/webacl/{name}/1" for name in ("one", "other")
)


@dataclass
class Waf:
    """AWS WAF: a resource has one web ACL, and another one takes its place.

    `history` has the web ACL after each change; `refusals` what the next calls are refused with.
    """

    url: str = ""
    history: list[str | None] = field(default_factory=lambda: [None])
    refusals: list[str] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        if request.path == "/answer":
            self.answers.append(json.loads(request.body))
            return Response(200)
        if self.refusals:
            return Response(400, json.dumps({"__type": self.refusals.pop(0)}).encode())
        asked = json.loads(request.body)
        assert asked["ResourceArn"] == LOAD_BALANCER
        match request.headers["X-Amz-Target"].rpartition(".")[2]:
            case "AssociateWebACL":
                self.history.append(asked["WebACLArn"])
            case "DisassociateWebACL":
                self.history.append(None)
            case "GetWebACLForResource" if self.history[-1]:
                acl = {"Name": "a", "Id": "1", "ARN": self.history[-1]}
                return Response(200, json.dumps({"WebACL": acl}).encode())
        return Response(200, b"{}")


@pytest.fixture
def waf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Waf]:
    fake = Waf()
    with serving(Server(fake.answer)) as server:
        fake.url = server.url
        for name, value in aws_settings(server.url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(handler, "PAUSE_SECONDS", 0.01)
        yield fake


def deploy(waf: Waf, request_type: str, web_acl: str, run: Run = NO_TIME_TO_WAIT) -> dict[str, Any]:
    event = {
        "RequestType": request_type,
        "ResponseURL": f"{waf.url}/answer",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "WebAcl",
        "ResourceProperties": {"LoadBalancerArn": LOAD_BALANCER, "WebAclArn": web_acl},
    }
    handler.handle(event, run)
    return waf.answers[-1]


def test_another_web_acl_takes_the_place_without_a_moment_between(waf: Waf) -> None:
    made = deploy(waf, "Create", ONE)
    updated = deploy(waf, "Update", OTHER)

    assert waf.history == [None, ONE, OTHER]
    # The same id: CloudFormation deletes nothing after the update.
    assert made["PhysicalResourceId"] == updated["PhysicalResourceId"] == LOAD_BALANCER


def test_a_rollback_brings_the_former_back(waf: Waf) -> None:
    for request_type, web_acl in (("Create", ONE), ("Update", OTHER), ("Update", ONE)):
        assert deploy(waf, request_type, web_acl)["Status"] == "SUCCESS"

    assert waf.history[-1] == ONE


def test_the_web_acl_goes_with_its_key(waf: Waf) -> None:
    deploy(waf, "Create", ONE)
    deploy(waf, "Delete", ONE)

    assert waf.history == [None, ONE, None]


def test_a_web_acl_that_somebody_else_put_there_stays(waf: Waf) -> None:
    deploy(waf, "Create", ONE)
    waf.history.append(OTHER)

    assert deploy(waf, "Delete", ONE)["Status"] == "SUCCESS"
    assert waf.history[-1] == OTHER


@pytest.mark.parametrize("code", ["WAFUnavailableEntityException", "AccessDeniedException"])
def test_what_is_not_there_yet_is_waited_for(
    waf: Waf, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "WORK_SECONDS", 0)
    waf.refusals = [code]

    assert deploy(waf, "Create", ONE, A_SECOND_TO_WAIT)["Status"] == "SUCCESS"
    assert waf.history[-1] == ONE


def test_a_load_balancer_that_is_gone_does_not_hold_the_deletion(waf: Waf) -> None:
    deploy(waf, "Create", ONE)
    waf.refusals = ["WAFNonexistentItemException"]

    assert deploy(waf, "Delete", ONE)["Status"] == "SUCCESS"


def test_another_failure_fails_the_deletion(waf: Waf) -> None:
    deploy(waf, "Create", ONE)
    waf.refusals = ["WAFInvalidParameterException"]

    assert deploy(waf, "Delete", ONE)["Status"] == "FAILED"
    assert waf.history[-1] == ONE


def test_a_web_acl_that_does_not_exist_fails_the_deployment(waf: Waf) -> None:
    waf.refusals = ["WAFNonexistentItemException"]

    answer = deploy(waf, "Create", ONE, A_SECOND_TO_WAIT)

    assert answer["Status"] == "FAILED"
    assert "WAFNonexistentItemException" in answer["Reason"]
