"""A team's own execution role, and roles that share a bucket."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.templates.synthesis import (
    Json,
    Synthesis,
    as_list,
    raw_sample,
    rendered,
    statements,
    synthesise,
)
from tests.templates.variants import ENVIRONMENT, one_environment

OWN = "arn:aws:iam::111122223333:role/team/airflow"
BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"
ATLAN_CATALOGUE = {"Provider": "Atlan", "Url": "https://example.atlan.com"}
BUCKET = "arn:aws:s3:::shared"
KEY = "arn:aws:kms:us-east-1:111122223333:key/11112222-3333-4444-5555-666677778888"


@cache
def own_role() -> Synthesis:
    """A role of the team's, beside conventions for all roles, a token and the platform's files."""
    raw = one_environment(
        ExecutionRole={"Arn": OWN},
        Lineage={"Connection": "mwaa", "Catalogues": [ATLAN_CATALOGUE]},
        Dags="team/dags",
        Tags={"team": "lake"},
    )
    raw["Roles"] = {"PermissionsBoundaryArn": BOUNDARY, "Path": "/a/", "NamePrefix": "a-"}
    return synthesise(raw, checked=True)


def admitted(policy: Json) -> list[Json]:
    """The statements that let the team's role in."""
    return [each for each in policy["Statement"] if each.get("Principal") == {"AWS": OWN}]


def test_an_environment_runs_under_the_role_to_which_nothing_is_added() -> None:
    synthesis = own_role()

    environment = synthesis.properties(ENVIRONMENT, "AWS::MWAA::Environment")
    assert environment["ExecutionRoleArn"] == OWN
    assert synthesis.templates[ENVIRONMENT]["Outputs"]["ExecutionRoleArn"]["Value"] == OWN
    for stack, _, resource in synthesis.all_resources():
        if resource["Type"].startswith("AWS::IAM::"):
            assert OWN not in str(resource), stack
            assert "airflow" not in resource["Properties"].get("Roles", ())
            assert "airflow.amazonaws.com" not in str(resource)


def test_what_is_made_here_lets_the_role_in_by_its_own_policy() -> None:
    """Its names are not known before, so the role's policies cannot hold them."""
    synthesis = own_role()

    (bucket,) = admitted(
        synthesis.properties(ENVIRONMENT, "AWS::S3::BucketPolicy")["PolicyDocument"]
    )
    assert rendered(bucket["Resource"]) == ["<Bucket83908E77.Arn>", "<Bucket83908E77.Arn>/*"]
    assert "s3:GetObject*" in bucket["Action"]
    (key,) = admitted(synthesis.properties(ENVIRONMENT, "AWS::KMS::Key")["KeyPolicy"])
    assert "kms:Decrypt" in key["Action"]
    assert [*key["Condition"]["StringEquals"]] == ["kms:ViaService"]
    secret = synthesis.properties(ENVIRONMENT, "AWS::SecretsManager::ResourcePolicy")
    assert rendered(secret["SecretId"]).startswith("<LineageToken")
    (token,) = admitted(secret["ResourcePolicy"])
    assert token["Action"] == ["secretsmanager:GetSecretValue"]


def test_mwaa_tries_the_role_once_it_is_let_in() -> None:
    resources = own_role().templates[ENVIRONMENT]["Resources"]
    environment = next(r for r in resources.values() if r["Type"] == "AWS::MWAA::Environment")
    files = resources[next(id_ for id_ in resources if id_.startswith("FilesPermissions"))]

    for waiting in (environment, files):
        awaited = {resources[each]["Type"] for each in waiting["DependsOn"]}
        assert {"AWS::S3::BucketPolicy", "AWS::SecretsManager::ResourcePolicy"} <= awaited


def test_what_exists_already_is_left_alone() -> None:
    raw = one_environment(ExecutionRole={"Arn": OWN}, SourceBucketArn=BUCKET, KmsKeyArn=KEY)

    template = synthesise(raw).templates[ENVIRONMENT]

    assert not re.findall(r"S3::BucketPolicy|KMS::Key|SecretsManager", str(template["Resources"]))


@cache
def sharing() -> Synthesis:
    raw = raw_sample("one-new")
    raw.pop("Lineage", None)
    raw["Grants"] = []
    raw["MwaaEnvironments"] = [
        {
            "Name": name,
            "VpcCIDR": f"10.{number}.0.0/16",
            "SourceBucketArn": BUCKET,
            "DagsS3Path": f"teams/{name}",
            "Dags": "team/dags",
        }
        for number, name in enumerate(("a", "a-b"), 1)
    ]
    return synthesise(raw)


@pytest.mark.parametrize(("name", "other"), [("a", "a-b"), ("a-b", "a")])
def test_no_role_reads_or_writes_anothers_objects_in_a_shared_bucket(name: str, other: str) -> None:
    patterns = {
        arn
        for resource in sharing().templates[f"Env-{name}"]["Resources"].values()
        if resource["Type"].startswith("AWS::IAM::")
        for statement in statements(resource)
        if statement["Effect"] == "Allow"
        for arn in map(rendered, as_list(statement["Resource"]))
        if arn.startswith(f"{BUCKET}/")
    }
    theirs = [f"teams/{other}/d.py", f"mwaa-platform/{other}/plugins-0.zip", "data.csv"]
    own = [f"teams/{name}/d.py", f"mwaa-platform/{name}/dags-0.zip"]

    def reached(key: str) -> bool:
        texts = (re.escape(each).replace(r"\*", ".*") for each in patterns)
        return any(re.fullmatch(text, f"{BUCKET}/{key}") for text in texts)

    assert all(map(reached, own))
    assert not [key for key in theirs if reached(key)]


def test_what_is_shipped_to_a_shared_bucket_is_below_the_environments_own_prefix() -> None:
    environment = sharing().properties("Env-a", "AWS::MWAA::Environment")

    for file in ("Plugins", "Requirements", "StartupScript"):
        assert environment[f"{file}S3Path"].startswith("mwaa-platform/a/")
