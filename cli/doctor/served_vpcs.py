"""Existing VPCs that a stack makes the interface endpoints of, and the environments in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cli.deployed import DeployedPlatform
from config.environment_network import environment_network
from config.environments import ExistingEnvironment
from config.model import AnyEnvironment, Configuration

ENDPOINT = "AWS::EC2::VPCEndpoint"


def served_by(platform: DeployedPlatform, full_name: str) -> Mapping[str, Sequence[str]]:
    """The VPCs with interface endpoints of a stack, each with the environments that use them."""
    in_vpcs: dict[str, list[str]] = {}
    for environment in platform.configuration.environments:
        if vpc_id := _vpc_that_needs_endpoints(platform.configuration, environment):
            in_vpcs.setdefault(vpc_id, []).append(environment.name)
    if not in_vpcs:
        return {}
    pages = (
        platform.session.client("cloudformation")
        .get_paginator("list_stack_resources")
        .paginate(StackName=full_name)
    )
    ids = [
        each["PhysicalResourceId"]
        for page in pages
        for each in page["StackResourceSummaries"]
        if each["ResourceType"] == ENDPOINT and each.get("PhysicalResourceId")
    ]
    if not ids:
        return {}
    # By a filter, since an id that is gone would be an error.
    found = platform.session.client("ec2").describe_vpc_endpoints(
        Filters=[{"Name": "vpc-endpoint-id", "Values": ids}]
    )["VpcEndpoints"]
    vpcs = {each["VpcId"] for each in found if each["VpcEndpointType"] == "Interface"}
    return {id_: names for id_, names in in_vpcs.items() if id_ in vpcs}


def _vpc_that_needs_endpoints(
    configuration: Configuration, environment: AnyEnvironment
) -> str | None:
    """The existing VPC of an environment that has, or may have, no route to the internet."""
    if isinstance(environment, ExistingEnvironment):
        return environment.existing.vpc_id if environment.existing else None
    network = environment_network(configuration, environment)
    return network.vpc_id if network.needed_services else None
