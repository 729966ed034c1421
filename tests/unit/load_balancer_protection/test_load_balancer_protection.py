"""Protection of a load balancer: on as long as the resource is there."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from load_balancer_protection.handler import ATTRIBUTE, protect

ARN = "arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/a/0123456789abcdef"


def _run(request_type: str, *, gone: bool = False, value: str) -> None:
    client = boto3.client(
        "elbv2", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stub:
        expected = {
            "LoadBalancerArn": ARN,
            "Attributes": [{"Key": ATTRIBUTE, "Value": value}],
        }
        if gone:
            stub.add_client_error(
                "modify_load_balancer_attributes",
                "LoadBalancerNotFound",
                expected_params=expected,
            )
        else:
            stub.add_response("modify_load_balancer_attributes", {}, expected)
        protect(
            {"RequestType": request_type, "ResourceProperties": {"LoadBalancerArn": ARN}}, client
        )
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("request_type", "value"), [("Create", "true"), ("Update", "true"), ("Delete", "false")]
)
def test_it_is_on_until_the_resource_goes(request_type: str, value: str) -> None:
    _run(request_type, value=value)


def test_a_load_balancer_that_is_gone_stops_no_deletion() -> None:
    _run("Delete", gone=True, value="false")
    with pytest.raises(Exception, match="LoadBalancerNotFound"):
        _run("Create", gone=True, value="true")
