"""A target group follows the private web server of an environment, and is never emptied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from endpoint_targets.addresses import EndpointError
from endpoint_targets.handler import handle
from tests.loopback import aws_settings
from tests.unit.custom_resource.run import A_SECOND_TO_WAIT, NO_TIME_TO_WAIT, Run
from tests.unit.endpoint_targets.cloud import (
    GROUP,
    OWN_VPC,
    PEERED_VPC,
    TARGET_GROUP,
    Cloud,
    Endpoint,
    serving,
)

PROPERTIES = {"EnvironmentName": "gold", "TargetGroupArn": TARGET_GROUP, "VpcId": OWN_VPC}
HERE = ("10.3.1.4", "10.3.2.4")
MOVED = ("10.3.1.9", "10.3.2.4")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A private environment whose endpoint is in the target group's VPC."""
    with serving() as cloud:
        cloud.endpoints = [Endpoint(HERE)]
        # MWAA's API is asked at api.<endpoint>, which is no address here.
        settings = {**aws_settings(cloud.url), "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield cloud


def _deploy(
    cloud: Cloud, request_type: str = "Create", run: Run = NO_TIME_TO_WAIT
) -> dict[str, Any]:
    event = {
        "RequestType": request_type,
        "ResponseURL": f"{cloud.url}/answer",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Targets",
        "ResourceProperties": {"ServiceToken": "arn", **PROPERTIES},
    }
    handle(event, run)
    return cloud.answers[-1]


def _look_again() -> None:
    handle(PROPERTIES, Run())


def test_a_deployment_registers_the_web_server_and_tells_its_security_group(cloud: Cloud) -> None:
    answer = _deploy(cloud)

    assert answer["Status"] == "SUCCESS"
    assert answer["Data"] == {"SecurityGroupId": GROUP}
    assert cloud.addresses == set(HERE)


def test_addresses_of_another_vpc_are_registered_for_all_zones(cloud: Cloud) -> None:
    cloud.endpoints = [Endpoint(HERE, vpc_id=PEERED_VPC)]

    _deploy(cloud)

    assert {target.zone for target in cloud.targets.values()} == {"all"}


def test_what_is_right_is_left_alone_in_silence(
    cloud: Cloud, capfd: pytest.CaptureFixture[str]
) -> None:
    cloud.put(*HERE)

    _look_again()
    assert _deploy(cloud, "Update")["Status"] == "SUCCESS"

    assert cloud.changes == []
    assert capfd.readouterr() == ("", "")


def test_a_moved_address_is_there_before_the_former_one_goes(
    cloud: Cloud, capfd: pytest.CaptureFixture[str]
) -> None:
    cloud.put(*HERE)
    cloud.endpoints = [Endpoint(MOVED)]

    _look_again()

    assert cloud.changes == [("register", ["10.3.1.9"]), ("deregister", ["10.3.1.4"])]
    assert cloud.addresses == set(MOVED)
    assert json.loads(capfd.readouterr().out) == {
        "environment": "gold",
        "registered": ["10.3.1.9"],
        "deregistered": ["10.3.1.4"],
    }


def test_an_address_that_is_leaving_is_called_back(cloud: Cloud) -> None:
    cloud.put(HERE[0], state="draining")
    cloud.put(HERE[1])

    _look_again()

    assert cloud.changes == [("register", [HERE[0]])]


def test_a_target_on_another_port_is_not_the_web_server(cloud: Cloud) -> None:
    cloud.put(HERE[0], port="8080")
    cloud.put(HERE[1])

    _look_again()

    assert set(cloud.targets) == {(address, "443") for address in HERE}


def test_only_available_endpoints_of_the_environments_service_count(cloud: Cloud) -> None:
    cloud.endpoints = [
        Endpoint(("10.3.1.1",), state="deleting"),
        Endpoint(("10.3.1.2",), state="pending"),
        Endpoint(("10.3.1.3",), service="com.amazonaws.vpce.us-east-1.vpce-svc-other"),
        Endpoint(HERE),
        Endpoint(("10.9.1.4",), vpc_id=PEERED_VPC),
    ]

    _deploy(cloud)

    assert cloud.addresses == {*HERE, "10.9.1.4"}


NOWHERE: dict[str, tuple[dict[str, Any], str]] = {
    "public": ({"WebserverAccessMode": "PUBLIC_ONLY"}, "public"),
    "being made": (
        {"Status": "CREATING", "WebserverVpcEndpointService": None},
        "gold, which is CREATING",
    ),
    "without an endpoint": ({}, "No available VPC endpoint"),
}


@pytest.mark.parametrize("case", NOWHERE)
def test_an_environment_that_is_nowhere_leaves_its_targets(cloud: Cloud, case: str) -> None:
    described, said = NOWHERE[case]
    assert cloud.environment
    cloud.environment |= described
    cloud.endpoints = []
    cloud.put(*HERE)

    answer = _deploy(cloud, "Update")
    with pytest.raises(EndpointError, match=said):
        _look_again()

    assert answer["Status"] == "FAILED"
    assert said in answer["Reason"]
    assert cloud.addresses == set(HERE)


def test_an_environment_that_is_gone_leaves_its_targets(cloud: Cloud) -> None:
    cloud.environment = None
    cloud.put(*HERE)

    with pytest.raises(EndpointError, match="no environment gold"):
        _look_again()

    assert cloud.addresses == set(HERE)


def test_throttling_is_waited_for(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    cloud.throttled = {"DescribeVpcEndpoints": 1, "RegisterTargets": 1}

    _look_again()

    assert cloud.addresses == set(HERE)


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
def test_a_permission_that_comes_late_is_waited_for(cloud: Cloud, operation: str) -> None:
    cloud.put("10.3.1.1")
    cloud.not_yet = {operation: 2}

    answer = _deploy(cloud, run=Run(seconds=60))

    assert answer["Status"] == "SUCCESS"
    assert cloud.addresses == set(HERE)


def test_who_is_never_allowed_is_told_in_time(cloud: Cloud) -> None:
    cloud.refused = {"DescribeTargetHealth"}

    answer = _deploy(cloud, run=A_SECOND_TO_WAIT)

    assert answer["Status"] == "FAILED"
    assert "AccessDenied" in answer["Reason"]
    assert cloud.asked["DescribeTargetHealth"] == 2


@pytest.mark.parametrize(
    "operation",
    [
        "DescribeVpcEndpoints",
        "DescribeNetworkInterfaces",
        "DescribeTargetHealth",
        "RegisterTargets",
    ],
)
def test_a_failure_counts_as_one_and_leaves_the_targets(cloud: Cloud, operation: str) -> None:
    cloud.put(*HERE)
    cloud.endpoints = [Endpoint(MOVED)]
    cloud.refused = {operation}

    with pytest.raises(ClientError, match="AccessDenied"):
        _look_again()
    # Its permission is not new. It comes again by itself.
    assert cloud.asked[operation] == 1
    answer = _deploy(cloud, "Update")

    assert answer["Status"] == "FAILED"
    assert operation in answer["Reason"]
    assert cloud.addresses == set(HERE)


def test_a_removal_succeeds_also_when_the_environment_is_gone(cloud: Cloud) -> None:
    made = _deploy(cloud)
    cloud.environment, cloud.endpoints = None, []

    removed = _deploy(cloud, "Delete")

    assert removed["Status"] == "SUCCESS"
    assert removed["PhysicalResourceId"] == made["PhysicalResourceId"]


def test_a_moved_web_server_is_never_taken_for_a_replacement(cloud: Cloud) -> None:
    """CloudFormation deletes the former resource where the id changes."""
    made = _deploy(cloud)
    cloud.endpoints = [Endpoint(MOVED)]

    assert _deploy(cloud, "Update")["PhysicalResourceId"] == made["PhysicalResourceId"]
