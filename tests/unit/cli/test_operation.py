"""What the commands call in AWS, as their code has it, and what the roles of Deployers may do."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from mwaa.permissions.drift import drift_actions
from mwaa.permissions.operation import Operation
from mwaa.permissions.statement import Location, Statement
from tests.unit.test_imports import IMPORTS, MODULES, part

OPERATION = Operation(
    location=Location(
        partition="aws", region="us-east-1", account="111122223333", dns_suffix="amazonaws.com"
    ),
    stacks="mwaa-platform-",
    parameters="/mwaa-platform",
    qualifier="hnb659fds",
)
LOOKING = ("cli.doctor", "cli.explain", "cli.plan", "cli.status")
DEPLOYING = (*LOOKING, "cli.deploy")
BY_HAND = {"cli.deploy.destroy"}
"""Modules of these folders that no pipeline runs."""
SPECIFICATION: Mapping[str, Any] = json.loads(
    (files("cfnlint") / "data" / "AdditionalSpecs" / "Policies.json").read_text()
)
"""The actions of services, with the types of their resources, as cfn-lint has them."""
CALLERS = {"cli", "lambda"}
"""Folders whose code calls AWS where the commands run."""

SERVICES = {
    "mwaa": "airflow",
    "elbv2": "elasticloadbalancing",
    "service-quotas": "servicequotas",
}
"""IAM's names of services that the SDK has under others."""
ACTIONS = {
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
}
"""Actions that are not called as their operations are.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""
WITHHELD: Mapping[str, str] = {
    "ec2:AuthorizeSecurityGroupIngress": "a function's, of whose module doctor reads rules alone",
    "ec2:RevokeSecurityGroupIngress": "a function's, of whose module doctor reads rules alone",
    "logs:FilterLogEvents": "who signed in is personal; status shows a ? instead",
    "secretsmanager:GetSecretValue": "doctor skips the clients' secrets that it may not read",
    "sts:GetCallerIdentity": "needs no permission",
}
BY_THE_CDK = {
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResources",
    "cloudformation:ListChangeSets",
    "sts:AssumeRole",
}
"""Actions of the CDK's command line, by which a failed deployment is explained, and deployed."""
OF_DRIFT = {
    "cloudformation:BatchDescribeTypeConfigurations",
    "cloudformation:DetectStackResourceDrift",
    *drift_actions(),
}
"""What CloudFormation does as whoever asks it for drift.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""


def sid(statement: Statement) -> str:
    return statement.sid


def reached(*folders: str) -> set[str]:
    """The modules of these folders, and those that they import."""
    found: set[str] = set()
    left = [each for each in MODULES if each.startswith(tuple(f"{each}." for each in folders))]
    while left:
        module = left.pop()
        if module not in found | BY_HAND and part(module) in CALLERS:
            found.add(module)
            left += IMPORTS[module]
    return found


def clients(trees: Iterable[ast.Module]) -> Iterator[str]:
    """The services of which somebody makes a client."""
    for node in (each for tree in trees for each in ast.walk(tree)):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="client"), args=[ast.Constant(value=str(name)), *_]
            ):
                yield name


def names(tree: ast.Module) -> Iterator[str]:
    """Names of methods, and of those whose pages or outcome are asked for."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="get_paginator" | "get_waiter"),
                args=[ast.Constant(value=str(name))],
            ):
                yield name
            case ast.Attribute(attr=name):
                yield name


@cache
def methods(service: str) -> Mapping[str, str]:
    """The operations of a service by the names of their methods."""
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(each): each for each in model.operation_names}


@cache
def called(*folders: str) -> frozenset[str]:
    """The actions of everything that the modules could call."""
    trees = [ast.parse(MODULES[each].read_text()) for each in reached(*folders)]
    operations = {
        f"{SERVICES.get(service, service)}:{methods(service)[name]}"
        for service in set(clients(trees))
        for tree in trees
        for name in names(tree)
        if name in methods(service)
    }
    return frozenset(ACTIONS.get(each, each) for each in operations)


def allowed(*statements: Statement) -> set[str]:
    return {action for each in statements for action in each.actions}


READS = allowed(*OPERATION.reading)
DEPLOYS = READS | allowed(*OPERATION.deploying)


def test_the_calls_of_the_commands_are_seen() -> None:
    assert called(*LOOKING) > {
        "acm:DescribeCertificate",
        "airflow:GetEnvironment",
        "airflow:InvokeRestApi",
        "cloudformation:ListStackResources",
        "elasticloadbalancing:DescribeTargetHealth",
        "iam:SimulatePrincipalPolicy",
        "s3:ListBucket",
    }
    assert called(*DEPLOYING) - called(*LOOKING) == {
        "cloudformation:UpdateTerminationProtection",
        "ssm:DeleteParameter",
        "ssm:PutParameter",
    }


@pytest.mark.parametrize(("folders", "may"), [(LOOKING, READS), (DEPLOYING, DEPLOYS)])
def test_a_role_may_do_what_its_commands_call(folders: tuple[str, ...], may: set[str]) -> None:
    assert called(*folders) - may == WITHHELD.keys()


def test_a_role_may_do_nothing_that_no_command_calls() -> None:
    assert DEPLOYS - called(*DEPLOYING) - BY_THE_CDK - OF_DRIFT == set()


def test_drift_shows_no_secret_and_no_code_of_others() -> None:
    assert not {*drift_actions()} & {"secretsmanager:GetSecretValue", "kms:Decrypt", "s3:GetObject"}
    for statement in OPERATION.reading:
        if "lambda:GetFunction" in statement.actions:
            assert [each.rpartition(":")[2] for each in statement.resources] == ["mwaa-platform-*"]


def test_the_role_that_reads_changes_nothing() -> None:
    reading = ("BatchDescribe", "Describe", "Detect", "Get", "List", "Simulate")
    others = {each for each in READS if not each.partition(":")[2].startswith(reading)}
    assert others == {"airflow:InvokeRestApi"}
    [ask] = [each for each in OPERATION.reading if "airflow:InvokeRestApi" in each.actions]
    assert [each.rpartition("/")[2] for each in ask.resources] == ["Viewer"]


ASKED_FOR_ALL = {
    "cloudformation:DescribeStacks",
    "servicequotas:GetServiceQuota",
}
"""Actions that ask for all where they name no resource, or whose resource is not in every list."""


# Drift reads settings of resources of all kinds, whose names are generated.
NAMED = [each for each in (*OPERATION.reading, *OPERATION.deploying) if each.sid != "CompareStacks"]


@pytest.mark.parametrize("statement", NAMED, ids=sid)
def test_all_resources_are_named_just_where_an_action_takes_one(statement: Statement) -> None:
    """One that takes none is not allowed by a statement with a resource."""
    for action in set(statement.actions) - ASKED_FOR_ALL:
        service, _, name = action.partition(":")
        takes_one = "Resources" in SPECIFICATION[service]["Actions"][name.lower()]
        assert takes_one is ("*" not in statement.resources), action
