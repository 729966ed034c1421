"""Targets of a private web server: kept current, and never all removed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from endpoint_targets.handler import handle
from tests.unit.custom_resource.invocation import A_SECOND_TO_WAIT, NO_TIME_TO_WAIT, Run
from tests.unit.web_server_endpoint.fake_aws import (
    HERE,
    OWN_VPC,
    PEERED_VPC,
    TARGET_GROUP,
    Endpoint,
    FakeAws,
    connected,
)
from web_server_endpoint.addresses import EndpointError

PROPERTIES = {"EnvironmentName": "gold", "TargetGroupArn": TARGET_GROUP, "VpcId": OWN_VPC}
MOVED = ("10.3.1.9", "10.3.2.4")

fake_aws = pytest.fixture(connected)


def _deploy(
    fake_aws: FakeAws, request_type: str = "Create", run: Run = NO_TIME_TO_WAIT
) -> dict[str, Any]:
    event = {
        "RequestType": request_type,
        "ResponseURL": f"{fake_aws.url}/answer",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Targets",
        "ResourceProperties": {"ServiceToken": "arn", **PROPERTIES},
    }
    handle(event, run)
    return fake_aws.answers[-1]


def _look_again() -> None:
    handle(PROPERTIES, Run())


def test_a_deployment_registers_the_web_server_and_tells_the_vpc_of_its_security_group(
    fake_aws: FakeAws,
) -> None:
    peers = Endpoint(("10.9.1.4",), vpc_id=PEERED_VPC, groups=("sg-of-a-persons-endpoint",))
    fake_aws.endpoints.insert(0, peers)

    answer = _deploy(fake_aws)

    assert answer["Status"] == "SUCCESS"
    assert answer["Data"] == {"VpcId": OWN_VPC}
    del fake_aws.targets["10.9.1.4", "443"]
    assert fake_aws.addresses == set(HERE)


def test_addresses_of_another_vpc_are_registered_for_all_zones(fake_aws: FakeAws) -> None:
    fake_aws.endpoints = [Endpoint(HERE, vpc_id=PEERED_VPC)]

    _deploy(fake_aws)

    assert {target.zone for target in fake_aws.targets.values()} == {"all"}


def test_what_is_right_is_left_alone_in_silence(
    fake_aws: FakeAws, capfd: pytest.CaptureFixture[str]
) -> None:
    fake_aws.put(*HERE)

    _look_again()
    assert _deploy(fake_aws, "Update")["Status"] == "SUCCESS"

    assert fake_aws.changes == []
    assert capfd.readouterr() == ("", "")


def test_a_moved_address_is_there_before_the_former_one_goes(
    fake_aws: FakeAws, capfd: pytest.CaptureFixture[str]
) -> None:
    fake_aws.put(*HERE)
    fake_aws.endpoints = [Endpoint(MOVED)]

    _look_again()

    assert fake_aws.changes == [("register", ["10.3.1.9"]), ("deregister", ["10.3.1.4"])]
    assert fake_aws.addresses == set(MOVED)
    assert json.loads(capfd.readouterr().out) == {
        "environment": "gold",
        "registered": ["10.3.1.9"],
        "deregistered": ["10.3.1.4"],
    }


def test_an_address_that_is_leaving_is_called_back(fake_aws: FakeAws) -> None:
    fake_aws.put(HERE[0], state="draining")
    fake_aws.put(HERE[1])

    _look_again()

    assert fake_aws.changes == [("register", [HERE[0]])]


def test_a_target_on_another_port_is_not_the_web_server(fake_aws: FakeAws) -> None:
    fake_aws.put(HERE[0], port="8080")
    fake_aws.put(HERE[1])

    _look_again()

    assert set(fake_aws.targets) == {(address, "443") for address in HERE}


def test_only_available_endpoints_of_the_environments_service_count(fake_aws: FakeAws) -> None:
    fake_aws.endpoints = [
        Endpoint(("10.3.1.1",), state="deleting"),
        Endpoint(("10.3.1.2",), state="pending"),
        Endpoint(("10.3.1.3",), service="com.amazonaws.vpce.us-east-1.vpce-svc-other"),
        Endpoint(HERE),
        Endpoint(("10.9.1.4",), vpc_id=PEERED_VPC),
    ]

    _deploy(fake_aws)

    assert fake_aws.addresses == {*HERE, "10.9.1.4"}


NOWHERE: dict[str, tuple[dict[str, Any], str]] = {
    "public": ({"WebserverAccessMode": "PUBLIC_ONLY"}, "public"),
    "being made": (
        {"Status": "CREATING", "WebserverVpcEndpointService": None},
        "gold, which is CREATING",
    ),
    "without an endpoint": ({}, "No available VPC endpoint"),
}


@pytest.mark.parametrize("case", NOWHERE)
def test_an_environment_that_is_nowhere_leaves_its_targets(fake_aws: FakeAws, case: str) -> None:
    described, said = NOWHERE[case]
    assert fake_aws.environment
    fake_aws.environment |= described
    fake_aws.endpoints = []
    fake_aws.put(*HERE)

    answer = _deploy(fake_aws, "Update")
    with pytest.raises(EndpointError, match=said):
        _look_again()

    assert answer["Status"] == "FAILED"
    assert said in answer["Reason"]
    assert fake_aws.addresses == set(HERE)


def test_an_environment_that_is_gone_leaves_its_targets(fake_aws: FakeAws) -> None:
    fake_aws.environment = None
    fake_aws.put(*HERE)

    with pytest.raises(EndpointError, match="no environment gold"):
        _look_again()

    assert fake_aws.addresses == set(HERE)


def test_throttling_is_waited_for(fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    fake_aws.throttled = {"DescribeVpcEndpoints": 1, "RegisterTargets": 1}

    _look_again()

    assert fake_aws.addresses == set(HERE)


@pytest.mark.parametrize(
    "operation",
    [
        "GetEnvironment",
        "DescribeVpcEndpoints",
        "DescribeNetworkInterfaces",
        "DescribeTargetHealth",
        "RegisterTargets",
        "DeregisterTargets",
    ],
)
def test_a_permission_that_comes_late_is_waited_for(fake_aws: FakeAws, operation: str) -> None:
    fake_aws.put("10.3.1.1")
    fake_aws.not_yet = {operation: 2}

    answer = _deploy(fake_aws, run=Run(seconds=60))

    assert answer["Status"] == "SUCCESS"
    assert fake_aws.addresses == set(HERE)


def test_who_is_never_allowed_is_told_in_time(fake_aws: FakeAws) -> None:
    fake_aws.refused = {"DescribeTargetHealth"}

    answer = _deploy(fake_aws, run=A_SECOND_TO_WAIT)

    assert answer["Status"] == "FAILED"
    assert "AccessDenied" in answer["Reason"]
    assert fake_aws.asked["DescribeTargetHealth"] == 2


@pytest.mark.parametrize(
    "operation",
    [
        "DescribeVpcEndpoints",
        "DescribeNetworkInterfaces",
        "DescribeTargetHealth",
        "RegisterTargets",
    ],
)
def test_a_failure_counts_as_one_and_leaves_the_targets(fake_aws: FakeAws, operation: str) -> None:
    fake_aws.put(*HERE)
    fake_aws.endpoints = [Endpoint(MOVED)]
    fake_aws.refused = {operation}

    with pytest.raises(ClientError, match="AccessDenied"):
        _look_again()
    # Its permission is not new. It comes again by itself.
    assert fake_aws.asked[operation] == 1
    answer = _deploy(fake_aws, "Update")

    assert answer["Status"] == "FAILED"
    assert operation in answer["Reason"]
    assert fake_aws.addresses == set(HERE)


def test_a_removal_succeeds_also_when_the_environment_is_gone(fake_aws: FakeAws) -> None:
    made = _deploy(fake_aws)
    fake_aws.environment, fake_aws.endpoints = None, []

    removed = _deploy(fake_aws, "Delete")

    assert removed["Status"] == "SUCCESS"
    assert removed["PhysicalResourceId"] == made["PhysicalResourceId"]


def test_a_moved_web_server_is_never_taken_for_a_replacement(fake_aws: FakeAws) -> None:
    """CloudFormation deletes the former resource where the id changes."""
    made = _deploy(fake_aws)
    fake_aws.endpoints = [Endpoint(MOVED)]

    assert _deploy(fake_aws, "Update")["PhysicalResourceId"] == made["PhysicalResourceId"]
