"""Functions of the deployment that a schedule starts, run at once."""

from __future__ import annotations

from local.aws_stand_in import AwsStandIn


def run_lookups(cloud: AwsStandIn, stack: str) -> int:
    """Runs each scheduled function of a stack with its event; returns how many there are."""
    events, functions = cloud.session.client("events"), cloud.session.client("lambda")
    resources = cloud.session.client("cloudformation").describe_stack_resources(StackName=stack)
    targets = [
        target
        for each in resources["StackResources"]
        if each["ResourceType"] == "AWS::Events::Rule"
        for target in events.list_targets_by_rule(Rule=each["PhysicalResourceId"])["Targets"]
    ]
    for target in targets:
        answer = functions.invoke(FunctionName=target["Arn"], Payload=target.get("Input", "{}"))
        assert "FunctionError" not in answer, answer["Payload"].read()
    return len(targets)
