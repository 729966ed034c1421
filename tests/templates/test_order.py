"""Order of creation: what fails fails before anything that cannot be deleted again.

CloudFormation creates what DependsOn and references name first, and all else at the same time.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache

import pytest

from tests.templates.synthesis import SAMPLES, Json, as_list, sample

STACKS = [(name, stack) for name in SAMPLES for stack in sample(name).templates]
PROTECTION = "Custom::LoadBalancerProtection"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
FORWARDS = {
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
}
CALLED_BY = {"AWS::Lambda::Permission", "AWS::Lambda::EventInvokeConfig"}


def _resources(name: str, stack: str) -> dict[str, Json]:
    found: dict[str, Json] = sample(name).templates[stack]["Resources"]
    return found


@cache
def _earlier(name: str, stack: str) -> Mapping[str, AbstractSet[str]]:
    """What is created before each resource, by logical id."""
    resources = _resources(name, stack)
    direct = {id_: set(_named(each, resources)) for id_, each in resources.items()}
    before: dict[str, set[str]] = {}

    def of(id_: str) -> set[str]:
        if id_ not in before:
            before[id_] = set()
            before[id_] = direct[id_].union(*(of(each) for each in direct[id_]))
        return before[id_]

    return {id_: of(id_) for id_ in resources}


def _named(resource: Json, resources: Mapping[str, Json]) -> Iterator[str]:
    yield from as_list(resource.get("DependsOn", []))
    text = json.dumps(resource.get("Properties", {}))
    references = re.findall(r'"Ref": "(\w+)"|"Fn::GetAtt": \["(\w+)"|\$\{(\w+)[.}]', text)
    yield from ({each for found in references for each in found} & resources.keys())


@pytest.mark.parametrize(("name", "stack"), STACKS)
def test_a_function_is_called_for_a_resource_once_it_is_set_up(name: str, stack: str) -> None:
    resources, earlier = _resources(name, stack), _earlier(name, stack)
    for id_, resource in resources.items():
        if not resource["Type"].startswith("Custom::"):
            continue
        function = resource["Properties"]["ServiceToken"]["Fn::GetAtt"][0]
        role = resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]
        retries = [
            each
            for each, config in resources.items()
            if config["Type"] == "AWS::Lambda::EventInvokeConfig"
            and config["Properties"]["FunctionName"] == {"Ref": function}
            and config["Properties"]["MaximumRetryAttempts"] == 0
        ]
        assert retries, f"{id_}: a run that crashes is repeated after the rollback"
        assert {*retries, *_policies(resources, role)} <= earlier[id_]


@pytest.mark.parametrize(("name", "stack"), STACKS)
def test_who_uses_a_role_comes_after_all_its_policies(name: str, stack: str) -> None:
    """A function of a custom resource is used by that resource alone; see above."""
    resources, earlier = _resources(name, stack), _earlier(name, stack)
    for_resources = {
        each["Properties"]["ServiceToken"]["Fn::GetAtt"][0]
        for each in resources.values()
        if each["Type"].startswith("Custom::")
    }
    late = {
        (id_, policy)
        for role, each in resources.items()
        if each["Type"] == "AWS::IAM::Role"
        for policy in _policies(resources, role)
        for id_, user in resources.items()
        if _assumes(user, role) and id_ not in for_resources and policy not in earlier[id_]
    }

    assert late == set()


@pytest.mark.parametrize(("name", "stack"), STACKS)
def test_an_environment_is_created_once_iam_knows_its_role(name: str, stack: str) -> None:
    """It comes after functions that wait until IAM knows permissions made after the role."""
    resources, earlier = _resources(name, stack), _earlier(name, stack)
    for id_, environment in resources.items():
        if environment["Type"] != "AWS::MWAA::Environment":
            continue
        arn = environment["Properties"]["ExecutionRoleArn"]
        if isinstance(arn, str):
            continue  # a team's own, which IAM has known before
        role = arn["Fn::GetAtt"][0]
        copies = [each for each in earlier[id_] if resources[each]["Type"] == "Custom::FileCopy"]
        assert copies
        for copy in copies:
            function = resources[copy]["Properties"]["ServiceToken"]["Fn::GetAtt"][0]
            copier = resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]
            policies = _policies(resources, copier)
            assert policies
            assert all(role in earlier[policy] for policy in policies)


@pytest.mark.parametrize(("name", "stack"), STACKS)
def test_a_load_balancer_is_protected_after_all_that_can_fail(name: str, stack: str) -> None:
    resources, earlier = _resources(name, stack), _earlier(name, stack)
    balancers = {id_ for id_, each in resources.items() if each["Type"] == LOAD_BALANCER}
    protected = {
        each["Properties"]["LoadBalancerArn"]["Ref"]: id_
        for id_, each in resources.items()
        if each["Type"] == PROTECTION
    }

    assert protected.keys() == balancers
    for id_ in protected.values():
        assert resources.keys() - earlier[id_] == {id_}
    for each in balancers:
        attributes = resources[each]["Properties"]["LoadBalancerAttributes"]
        assert "deletion_protection.enabled" not in {found["Key"] for found in attributes}


@pytest.mark.parametrize(("name", "stack"), STACKS)
def test_targets_are_looked_at_once_they_are_there_and_let_the_load_balancer_in(
    name: str, stack: str
) -> None:
    """A load balancer begins with the first rule or listener that forwards to their group."""
    resources, earlier = _resources(name, stack), _earlier(name, stack)
    ready = {
        id_
        for id_, each in resources.items()
        if each["Type"] in {"Custom::EndpointTargets", "Custom::WebServerIngress"}
    }
    groups = {
        id_
        for id_, each in resources.items()
        if each["Type"] == TARGET_GROUP and each["Properties"].get("TargetType") == "ip"
    }
    forwarding = [
        id_
        for id_, each in resources.items()
        if each["Type"] in FORWARDS and groups & {*_named(each, resources)}
    ]

    assert bool(forwarding) == bool(groups)
    for id_ in forwarding:
        assert ready <= earlier[id_], id_


def _policies(resources: Mapping[str, Json], role: str) -> set[str]:
    return {
        id_
        for id_, each in resources.items()
        if each["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}
        and {"Ref": role} in each["Properties"].get("Roles", ())
    }


def _assumes(resource: Json, role: str) -> bool:
    """Whether a service is given the role, to act with it."""
    given = {"Fn::GetAtt": [role, "Arn"]}
    keys = ("Role", "ExecutionRoleArn", "DeliverLogsPermissionArn", "RoleArn")
    return any(resource.get("Properties", {}).get(key) == given for key in keys)
