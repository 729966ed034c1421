"""Protection: of load balancers against deletion, of stacks against termination."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.aws.stand_in import StandIn

Resources = dict[str, dict[str, Any]]


def balancer(*, protected: bool, **properties: Any) -> Resources:
    protection = {"Key": "deletion_protection.enabled", "Value": str(protected).lower()}
    return {
        "Balancer": {
            "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "Properties": {
                "Scheme": "internal",
                "LoadBalancerAttributes": [protection],
                **properties,
            },
        }
    }


def test_a_protected_load_balancer_outlives_its_stack(stand_in: StandIn) -> None:
    stack, made = stand_in.deploy(balancer(protected=True), {"Arn": {"Ref": "Balancer"}})
    elb = stand_in.session.client("elbv2")
    cloudformation = stand_in.session.client("cloudformation")

    with pytest.raises(ClientError, match="deletion protection is enabled"):
        elb.delete_load_balancer(LoadBalancerArn=made["Arn"])
    cloudformation.delete_stack(StackName=stack)
    [left] = cloudformation.describe_stacks(StackName=stack)["Stacks"]

    assert left["StackStatus"] == "DELETE_FAILED"
    assert elb.describe_load_balancers(LoadBalancerArns=[made["Arn"]])["LoadBalancers"]

    elb.modify_load_balancer_attributes(
        LoadBalancerArn=made["Arn"],
        Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}],
    )
    stand_in.destroy(stack)
    with pytest.raises(ClientError, match="not found"):
        elb.describe_load_balancers(LoadBalancerArns=[made["Arn"]])


def test_protection_is_of_one_load_balancer(stand_in: StandIn) -> None:
    stack, _ = stand_in.deploy(balancer(protected=False))

    stand_in.destroy(stack)


def test_a_failed_creation_cannot_take_a_protected_load_balancer_back(stand_in: StandIn) -> None:
    resources = balancer(protected=True)
    resources["Failing"] = {
        "Type": "AWS::MWAA::Environment",
        "DependsOn": "Balancer",
        "Properties": {"Name": "failing", "SourceBucketArn": "arn:aws:s3:::nothing"},
    }
    stack = f"test-{uuid.uuid4().hex[:12]}"
    cloudformation = stand_in.session.client("cloudformation")

    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": resources}))
    [failed] = cloudformation.describe_stacks(StackName=stack)["Stacks"]

    assert failed["StackStatus"] == "ROLLBACK_FAILED"


def test_a_protected_stack_is_not_deleted(stand_in: StandIn) -> None:
    stack, _ = stand_in.deploy(balancer(protected=False))
    cloudformation = stand_in.session.client("cloudformation")
    cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=True)

    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        cloudformation.delete_stack(StackName=stack)
    stand_in.deploy(balancer(protected=False, IpAddressType="ipv4"), stack=stack)

    cloudformation.update_termination_protection(StackName=stack, EnableTerminationProtection=False)
    stand_in.destroy(stack)


def test_a_replaced_load_balancer_that_is_protected_stays(stand_in: StandIn) -> None:
    stack, made = stand_in.deploy(balancer(protected=True), {"Arn": {"Ref": "Balancer"}})

    # A deletion that fails in the cleanup does not fail the update.
    stand_in.deploy(balancer(protected=True, Scheme="internet-facing"), stack=stack)

    elb = stand_in.session.client("elbv2")
    assert elb.describe_load_balancers(LoadBalancerArns=[made["Arn"]])["LoadBalancers"]
