"""What a team gives its role, and what an account demands of every role."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.templates.synthesis import SAMPLES, Json, raw_sample, rendered, sample, synthesise
from tests.templates.variants import ENVIRONMENT, one_environment

ROLE = "AWS::IAM::Role"
BOUNDARY, OWN_BOUNDARY = (f"arn:aws:iam::111122223333:policy/{name}" for name in ("all", "own"))
POLICIES = ["arn:aws:iam::aws:policy/AmazonAthenaFullAccess", f"{OWN_BOUNDARY}-read"]


def _execution_role(raw: Json) -> Json:
    roles = synthesise(raw).resources(ENVIRONMENT, ROLE).items()
    (role,) = (each["Properties"] for id_, each in roles if id_.startswith("ExecutionRole"))
    properties: Json = role
    return properties


def test_a_team_gets_its_policy_apart_from_what_mwaa_needs() -> None:
    role = {"Policy": "team/policy.json", "ManagedPolicyArns": POLICIES}
    raw = one_environment(ExecutionRole=role)

    before, after = _execution_role(one_environment()), _execution_role(raw)

    assert after["Policies"] == before["Policies"]
    (team,) = synthesise(raw).resources(ENVIRONMENT, "AWS::IAM::ManagedPolicy")
    assert after["ManagedPolicyArns"] == [*POLICIES, {"Ref": team}]
    assert "PermissionsBoundary" not in after


def test_a_teams_statements_of_all_but_some_are_made(tmp_path: Path) -> None:
    """The CDK's checks let them pass; it is the configuration that warns of them."""
    statements = [
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::a"},
        {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::a/*"},
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    (tmp_path / "policy.json").write_text(json.dumps(policy))
    raw = one_environment(ExecutionRole={"Policy": str(tmp_path / "policy.json")})

    made = synthesise(raw, checked=True).properties(ENVIRONMENT, "AWS::IAM::ManagedPolicy")

    assert made["PolicyDocument"]["Statement"] == statements


def test_the_environment_waits_for_the_teams_policy() -> None:
    """The role waits for it, and the environment for the role."""
    resources = synthesise(one_environment(ExecutionRole={"Policy": "team/policy.json"}))
    (environment,) = resources.resources(ENVIRONMENT, "AWS::MWAA::Environment").values()

    assert [each for each in environment["DependsOn"] if each.startswith("ExecutionRole")]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_role_follows_the_accounts_conventions(name: str) -> None:
    raw = raw_sample(name)
    prefix = "acme-platform-roles-"
    raw["Roles"] = {"PermissionsBoundaryArn": BOUNDARY, "Path": "/data/", "NamePrefix": prefix}

    names: list[str] = []
    for stack, logical_id, resource in synthesise(raw).all_resources():
        if resource["Type"] == ROLE:
            role = resource["Properties"]
            assert (role["PermissionsBoundary"], role["Path"]) == (BOUNDARY, "/data/"), logical_id
            assert role["RoleName"].startswith(prefix), (stack, logical_id)
            assert len(role["RoleName"]) <= 64
            names.append(role["RoleName"])

    assert names
    assert len(set(names)) == len(names)
    assert len(names) == sum(each["Type"] == ROLE for *_, each in sample(name).all_resources())


def test_an_environments_own_boundary_comes_before_that_of_all() -> None:
    raw = one_environment(ExecutionRole={"PermissionsBoundaryArn": OWN_BOUNDARY})
    raw["Roles"] = {"PermissionsBoundaryArn": BOUNDARY}

    assert _execution_role(raw)["PermissionsBoundary"] == OWN_BOUNDARY


def test_tags_are_on_every_resource_and_an_environments_own_come_first() -> None:
    raw: dict[str, Any] = one_environment(Tags={"owner": "lake"})
    raw["Tags"] = {"owner": "data", "cost-centre": "1234"}

    synthesis = synthesise(raw)

    def tags(stack: str, type_: str) -> dict[str, str]:
        listed = synthesis.properties(stack, type_)["Tags"]
        return {each["Key"]: each["Value"] for each in listed}

    expected = {"owner": "data", "cost-centre": "1234"}
    assert tags("Grants", "AWS::DynamoDB::Table").items() >= expected.items()
    assert tags(ENVIRONMENT, "AWS::KMS::Key") == {**expected, "owner": "lake"}


def test_a_backend_in_parameter_store_may_read_below_its_prefixes_alone() -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/11112222-3333-4444-5555-666677778888"
    backend = {"Service": "ParameterStore", "VariablesPrefix": "lake/v", "KmsKeyArn": key}
    raw = one_environment(SecretsBackend=backend, NatGateways=0)

    policies = {
        each["PolicyName"]: each["PolicyDocument"]["Statement"]
        for each in _execution_role(raw)["Policies"]
    }

    parameters = "arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter"
    read, decrypt = rendered(policies["Secrets"])
    assert read["Action"] == "ssm:GetParameter"
    assert read["Resource"] == [f"{parameters}/airflow/connections/*", f"{parameters}/lake/v/*"]
    assert decrypt["Action"] == "kms:Decrypt"
    via = decrypt["Condition"]["StringEquals"]["kms:ViaService"]
    assert via == ["ssm.<AWS::Region>.<AWS::URLSuffix>"]
    endpoints = synthesise(raw).resources(ENVIRONMENT, "AWS::EC2::VPCEndpoint").values()
    services = {str(rendered(each["Properties"]["ServiceName"])) for each in endpoints}
    assert [each for each in services if each.endswith(".ssm")]
    assert not [each for each in services if each.endswith(".secretsmanager")]
