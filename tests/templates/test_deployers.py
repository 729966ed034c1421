"""Whom the roles of Deployers let in, and what they may do, as IAM evaluates their policies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app import platform
from config.loader import parse_configuration
from mwaa.permissions.evaluation import Request, Verdict, judge
from tests.templates.synthesis import (
    SAMPLES,
    WITHOUT_BUNDLING,
    Json,
    Synthesis,
    raw_sample,
    rendered,
    sample,
    synthesise,
)

NAME = "deployed-from-github"
STACK = "Deployers"
ACCOUNT = "111122223333"
HOST = "token.actions.githubusercontent.com"
REPOSITORY = "repo:example@1234/platform@5678"
DEPLOYING, READING = f"{REPOSITORY}:environment:production", f"{REPOSITORY}:ref:refs/heads/main"
PULL_REQUEST = f"{REPOSITORY}:pull_request"
AUDIENCE = "sts.amazonaws.com"
PROVIDER = "the provider"
HERE = {"AWS_Partition": "aws", "AWS_Region": "us-east-1", "AWS_AccountId": ACCOUNT}


def role(kind: str, synthesis: Synthesis | None = None) -> Json:
    """The properties of a role, with references made into text."""
    synthesis = synthesis or sample(NAME)
    made = synthesis.resources(STACK, "AWS::IAM::OIDCProvider")
    provider = dict.fromkeys(made, PROVIDER)
    [found] = [
        each["Properties"]
        for id_, each in synthesis.resources(STACK, "AWS::IAM::Role").items()
        if kind in id_
    ]
    properties: Json = rendered(found, **HERE, **provider)
    return properties


def trusts(kind: str, subject: str, *, audience: str = AUDIENCE, **token: Any) -> Verdict:
    """What the trust policy says of a token."""
    issuer, provider = token.get("issuer", HOST), token.get("provider", PROVIDER)
    return judge(
        role(kind)["AssumeRolePolicyDocument"],
        Request(
            action=token.get("action", "sts:AssumeRoleWithWebIdentity"),
            principals={"Federated": frozenset([provider])},
            context={f"{issuer}:sub": subject, f"{issuer}:aud": audience},
        ),
    )


def may(kind: str, action: str, resource: str = "*", **context: str) -> bool:
    """Whether a role may do something."""
    [policy] = role(kind)["Policies"]
    request = Request(action=action, resource=resource, context=context)
    return judge(policy["PolicyDocument"], request) is Verdict.ALLOWED


def test_each_role_is_for_the_jobs_that_it_is_made_for() -> None:
    assert trusts("Deploying", DEPLOYING) is Verdict.ALLOWED
    assert trusts("Reading", READING) is Verdict.ALLOWED


@pytest.mark.parametrize("kind", ["Deploying", "Reading"])
@pytest.mark.parametrize(
    "subject",
    [
        PULL_REQUEST,
        f"{REPOSITORY}:ref:refs/heads/other",
        f"{REPOSITORY}:ref:refs/heads/main2",
        f"{REPOSITORY}:ref:refs/tags/main",
        f"{REPOSITORY}:environment:production2",
        f"{REPOSITORY}:environment:staging",
        "repo:example/platform:environment:production",
        "repo:example/platform:ref:refs/heads/main",
        "repo:example@1234/other@5679:environment:production",
        "repo:example@1234/other@5679:ref:refs/heads/main",
        "repo:evil@1234/platform@5678:environment:production",
        "repo:EXAMPLE@1234/platform@5678:ref:refs/heads/main",
        f"{DEPLOYING}:ref:refs/heads/main",
        f" {READING}",
        "*",
        "",
    ],
)
def test_other_jobs_can_act_as_neither(kind: str, subject: str) -> None:
    assert trusts(kind, subject) is Verdict.NOT_ALLOWED


def test_jobs_of_the_branch_cannot_deploy_and_those_of_the_environment_not_read_alone() -> None:
    assert trusts("Deploying", READING) is Verdict.NOT_ALLOWED
    assert trusts("Reading", DEPLOYING) is Verdict.NOT_ALLOWED


@pytest.mark.parametrize(
    "token",
    [
        {"audience": "https://github.com/example"},
        {"audience": "sts.amazonaws.com.evil"},
        {"provider": "another provider"},
        {"action": "sts:AssumeRole"},
        {"action": "sts:TagSession"},
    ],
    ids=str,
)
def test_a_token_for_somebody_else_or_of_somebody_else_opens_nothing(token: Any) -> None:
    assert trusts("Deploying", DEPLOYING, **token) is Verdict.NOT_ALLOWED


def test_a_token_without_the_hosts_own_claims_opens_nothing() -> None:
    """A condition on a claim that the request has not is not met."""
    assert trusts("Deploying", DEPLOYING, issuer="gitlab.com") is not Verdict.ALLOWED


@pytest.mark.parametrize("name", [NAME, "everything-given"])
def test_every_condition_is_one_exact_value(name: str) -> None:
    for each in sample(name).resources(STACK, "AWS::IAM::Role").values():
        [statement] = each["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        [(operator, expected)] = statement["Condition"].items()
        assert operator == "StringEquals"
        assert {key.rpartition(":")[2] for key in expected} == {"aud", "sub"}
        assert all(isinstance(value, str) for value in expected.values())
        assert not set("*?$") & set("".join(expected.values()))


def test_an_existing_provider_is_trusted_and_none_is_made() -> None:
    given = sample("everything-given")
    assert given.resources(STACK, "AWS::IAM::OIDCProvider") == {}
    arn = raw_sample("everything-given")[STACK]["GitLab"]["OidcProviderArn"]
    subject = "project_path:data/platform:ref_type:branch:ref:live"
    for kind in ("Reading", "Deploying"):
        [statement] = role(kind, given)["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Federated": arn}
        assert statement["Condition"]["StringEquals"] == {
            "gitlab.example.com:aud": AUDIENCE,
            "gitlab.example.com:sub": subject,
        }


def test_a_provider_outlives_the_stack_and_not_a_creation_that_fails() -> None:
    [provider] = sample(NAME).resources(STACK, "AWS::IAM::OIDCProvider").values()
    assert provider["DeletionPolicy"] == "RetainExceptOnCreate"
    assert provider["UpdateReplacePolicy"] == "Retain"
    assert provider["Properties"] == {"Url": f"https://{HOST}", "ClientIdList": [AUDIENCE]}


ARN = f"arn:aws:{{}}:us-east-1:{ACCOUNT}:{{}}"
OTHERS: Json = {
    "cloudformation:GetTemplate": ARN.format("cloudformation", "stack/payroll/1"),
    "cloudformation:UpdateTerminationProtection": ARN.format("cloudformation", "stack/payroll/1"),
    "cloudformation:DeleteStack": ARN.format("cloudformation", "stack/mwaa-platform-Sso/1"),
    "cloudformation:UpdateStack": ARN.format("cloudformation", "stack/mwaa-platform-Sso/1"),
    "airflow:InvokeRestApi": ARN.format("airflow", "role/finance/Op"),
    "airflow:CreateWebLoginToken": ARN.format("airflow", "role/finance/Viewer"),
    "airflow:UpdateEnvironment": ARN.format("airflow", "environment/finance"),
    "iam:PassRole": f"arn:aws:iam::{ACCOUNT}:role/any",
    "iam:UpdateAssumeRolePolicy": f"arn:aws:iam::{ACCOUNT}:role/any",
    "kms:Decrypt": ARN.format("kms", "key/1"),
    "s3:GetObject": "arn:aws:s3:::data/a",
    "s3:PutBucketPolicy": "arn:aws:s3:::data",
    "secretsmanager:GetSecretValue": ARN.format("secretsmanager", "secret:a-AbCdEf"),
    "ssm:GetParameter": ARN.format("ssm", "parameter/payroll/password"),
    "ssm:PutParameter": ARN.format("ssm", "parameter/cdk-bootstrap/hnb659fds/version"),
    "sts:AssumeRole": f"arn:aws:iam::{ACCOUNT}:role/mwaa-platform-Admin",
    "dynamodb:Scan": ARN.format("dynamodb", "table/mwaa-platform-Grants"),
    "logs:FilterLogEvents": ARN.format("logs", "log-group:any"),
}


@pytest.mark.parametrize("kind", ["Deploying", "Reading"])
@pytest.mark.parametrize("action", OTHERS)
def test_no_role_may_do_what_is_not_its_own(kind: str, action: str) -> None:
    assert not may(kind, action, OTHERS[action], **{"aws:ResourceAccount": ACCOUNT})


BOOTSTRAP = f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-{{}}-{ACCOUNT}-us-east-1"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("sts:AssumeRole", BOOTSTRAP.format("deploy-role")),
        ("sts:AssumeRole", BOOTSTRAP.format("file-publishing-role")),
        ("ssm:PutParameter", ARN.format("ssm", "parameter/mwaa-platform/deployment")),
        (
            "cloudformation:UpdateTerminationProtection",
            ARN.format("cloudformation", "stack/mwaa-platform-Sso/1"),
        ),
    ],
)
def test_the_role_that_reads_cannot_deploy(action: str, resource: str) -> None:
    assert may("Deploying", action, resource)
    assert not may("Reading", action, resource)


@pytest.mark.parametrize("bootstrap", ["cfn-exec-role", "lookup-role", "image-publishing-role"])
def test_the_role_that_deploys_acts_as_no_more_of_the_bootstrap_than_it_needs(
    bootstrap: str,
) -> None:
    assert not may("Deploying", "sts:AssumeRole", BOOTSTRAP.format(bootstrap))


def test_buckets_of_other_accounts_are_not_read() -> None:
    other = {"aws:ResourceAccount": "444455556666"}
    assert may("Reading", "s3:ListBucket", "arn:aws:s3:::a", **{"aws:ResourceAccount": ACCOUNT})
    assert not may("Reading", "s3:ListBucket", "arn:aws:s3:::a", **other)


@pytest.mark.parametrize("app_name", ["mwaa-platform", "aws-data"])
def test_the_lock_is_in_the_folder_that_the_role_may_write(app_name: str) -> None:
    synthesis = synthesise({**raw_sample(NAME), "AppName": app_name})
    [policy] = role("Deploying", synthesis)["Policies"]
    resources = [each["Resource"] for each in policy["PolicyDocument"]["Statement"]]
    folder = "mwaa-aws-data" if app_name == "aws-data" else app_name
    assert ARN.format("ssm", f"parameter/{folder}/*") in resources
    assert any(f"stack/{app_name}-*" in str(each) for each in resources)


def test_the_bootstraps_roles_are_those_that_the_cdk_names_for_the_stacks(tmp_path: Path) -> None:
    configuration = parse_configuration(raw_sample(NAME), source=SAMPLES[NAME])
    context = {**WITHOUT_BUNDLING, "@aws-cdk/core:bootstrapQualifier": "acme"}
    platform(configuration, outdir=str(tmp_path), context=context, checked=False).synth()
    files = {each.name: each.read_bytes() for each in tmp_path.glob("*.json")}

    [policy] = role("Deploying", Synthesis(files))["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    [roles] = [each["Resource"] for each in statements if each["Action"] == "sts:AssumeRole"]
    named = "".join(
        content.decode()
        for name, content in files.items()
        if name == "manifest.json" or name.endswith(".assets.json")
    )
    for pseudo, value in HERE.items():
        named = named.replace(f"${{{pseudo.replace('_', '::')}}}", value)
    assert len(roles) == 2
    for arn in roles:
        assert "cdk-acme-" in arn
        assert json.dumps(arn) in named
    assert ARN.format("ssm", "parameter/cdk-bootstrap/acme/version") in str(statements)


@pytest.mark.parametrize("name", [NAME, "everything-given"])
def test_no_stack_needs_it_and_it_needs_none(name: str) -> None:
    manifest = json.loads(sample(name).files["manifest.json"])["artifacts"]
    needs = {
        id_: {each for each in artifact.get("dependencies", ()) if not each.endswith(".assets")}
        for id_, artifact in manifest.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    assert needs[STACK] == set()
    assert not [id_ for id_, others in needs.items() if STACK in others]


def test_the_arns_are_outputs() -> None:
    outputs = sample(NAME).templates[STACK]["Outputs"]
    assert set(outputs) == {"ReadRoleArn", "DeployRoleArn"}
