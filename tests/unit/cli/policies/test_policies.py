"""`policies`: what the policies of things that exist must say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.plan.applications import application, stack
from tests.unit.cli.terminal import Result, Terminal
from tests.unit.config.configurations import SMALLEST, two

ROLE = "arn:aws:iam::111122223333:role/team/airflow"
KEY = "arn:aws:kms:us-east-1:111122223333:key/11112222-3333-4444-5555-666677778888"
BUCKET = "arn:aws:s3:::shared"
BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"
NEW = {"Name": "orders", "VpcCIDR": "10.1.0.0/16"}


@pytest.fixture
def typed(terminal: Terminal, tmp_path: Path) -> Any:
    def run(*arguments: str, name: str = "orders", **entry: Any) -> Result:
        path = tmp_path / "cdk.context.json"
        environments = [{**NEW, **entry}, {"Name": "old"}]
        path.write_text(json.dumps({**SMALLEST, "MwaaEnvironments": environments}))
        return terminal.type("policies", "-e", name, "-c", str(path), *arguments)

    return run


def documents(result: Result) -> dict[str, list[Any]]:
    """The statements of each kind of policy that is printed as JSON."""
    assert result.status == 0, result.said
    return {
        each["kind"]: each["policy"]["Statement"] for each in json.loads(result.out)["policies"]
    }


def by_sid(statements: list[Any]) -> dict[str, Any]:
    return {each["Sid"]: each for each in statements}


def test_an_environment_that_names_nothing_needs_nothing(typed: Any) -> None:
    assert "orders needs none" in typed().said
    assert documents(typed("--json")) == {}


def test_an_environment_that_exists_is_refused(typed: Any) -> None:
    refused = typed(name="old")
    assert refused.status == 2
    assert "old exists already" in refused.said


def test_a_role_of_ones_own_gets_what_nothing_made_here_can_give(typed: Any) -> None:
    """The stack's own bucket and key let it in themselves."""
    found = documents(typed("--json", ExecutionRole={"Arn": ROLE}))

    assert found.keys() == {"role", "trust"}
    assert by_sid(found["role"]).keys() == {
        *("PublishMetrics", "PutMetrics", "ListNoBuckets", "ReadAccountPublicAccess"),
        *("WriteLogs", "FindLogGroups", "UseQueue"),
    }
    (trust,) = found["trust"]
    assert trust["Principal"] == {"Service": ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]}
    assert trust["Condition"]["ArnEquals"]["aws:SourceArn"].endswith(
        ":us-east-1:111122223333:environment/orders"
    )


def test_a_role_of_two_environments_trusts_mwaa_for_both(
    terminal: Terminal, tmp_path: Path
) -> None:
    """The trust policy is one document, so a second one would replace the first."""
    path = tmp_path / "cdk.context.json"
    own = {"ExecutionRole": {"Arn": ROLE}}
    path.write_text(json.dumps(two(own, own)))
    printed = [
        documents(terminal.type("policies", "-e", name, "-c", str(path), "--json"))["trust"]
        for name in ("one", "two")
    ]

    assert printed[0] == printed[1]
    assert printed[0][0]["Condition"]["ArnEquals"]["aws:SourceArn"] == [
        f"arn:aws:airflow:us-east-1:111122223333:environment/{each}" for each in ("one", "two")
    ]


def test_what_exists_comes_with_its_own_policies(typed: Any) -> None:
    backend = {"Service": "ParameterStore"}
    entry = {"SourceBucketArn": BUCKET, "KmsKeyArn": KEY, "SecretsBackend": backend}
    found = documents(typed("--json", ExecutionRole={"Arn": ROLE}, **entry))

    role = by_sid(found["role"])
    assert role["ReadFiles"]["Resource"] == [
        BUCKET,
        f"{BUCKET}/dags/*",
        f"{BUCKET}/mwaa-platform/orders/*",
    ]
    assert role["UseKey"]["Resource"] == [KEY]
    assert role["ReadSecrets"]["Action"] == ["ssm:GetParameter"]
    key = by_sid(found["key"])
    assert key["PoliciesOfTheAccount"]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    logs = key["LogsOfTheEnvironmentOfOrders"]
    assert logs["Principal"] == {"Service": "logs.us-east-1.amazonaws.com"}
    assert len(logs["Condition"]["ArnEquals"]["kms:EncryptionContext:aws:logs:arn"]) == 5
    bucket = by_sid(found["bucket"])
    assert bucket["ReadFilesOfOrders"]["Principal"] == {"AWS": ROLE}
    assert bucket["ShipFilesOfOrders"]["Resource"] == [
        f"{BUCKET}/mwaa-platform/orders/*",
        f"{BUCKET}/mwaa-platform/dags.json",
    ]
    assert bucket["ShipFilesOfOrders"]["Condition"]["ArnLike"] == {
        "aws:PrincipalArn": "arn:aws:iam::111122223333:role/mwaa-platform-Env-orders*"
    }


def test_statements_of_two_environments_go_into_one_policy(typed: Any) -> None:
    """A policy takes each Sid once; what is the same for both is in it once too."""
    entry = {"SourceBucketArn": BUCKET, "KmsKeyArn": KEY}
    one = documents(typed("--json", **entry))
    other = documents(typed("--json", name="orders-eu-2", Name="orders-eu-2", **entry))

    assert "LogsOfTheEnvironmentOfOrdersEu2" in by_sid(other["key"])
    for kind in ("key", "bucket"):
        mine, others = by_sid(one[kind]), by_sid(other[kind])
        assert {*mine} & {*others} == {sid for sid in mine if mine[sid] == others.get(sid)}


def test_a_boundary_must_allow_what_the_role_may(typed: Any) -> None:
    found = documents(typed("--json", ExecutionRole={"PermissionsBoundaryArn": BOUNDARY}))

    assert found.keys() == {"boundary"}
    assert {"ReadFiles", "UseKey", "UseQueue"} <= by_sid(found["boundary"]).keys()
    assert all(each["Effect"] == "Allow" for each in found["boundary"])


def test_text_can_be_copied_as_it_is(typed: Any) -> None:
    printed = typed(SourceBucketArn=BUCKET).out

    assert "Policy of the bucket arn:aws:s3:::shared" in printed
    policy = json.loads(printed[printed.index("{") :])
    assert policy["Version"] == "2012-10-17"


def test_without_an_environment_each_thing_has_one_policy_for_all(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "cdk.context.json"
    path.write_text(json.dumps(two({"KmsKeyArn": KEY}, {"KmsKeyArn": KEY})))

    found = documents(terminal.type("policies", "-c", str(path), "--json"))

    assert [each["Sid"] for each in found["key"]] == [
        "PoliciesOfTheAccount",
        "LogsOfTheEnvironmentOfOne",
        "LogsOfTheEnvironmentOfTwo",
    ]


def test_the_boundary_of_every_role_is_not_the_execution_roles_alone(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = {"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": {"Ref": "Table"}}
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "PermissionsBoundary": BOUNDARY,
            "Policies": [{"PolicyDocument": {"Statement": [statement]}}],
        },
    }
    made = application(stack("Grants", Role=role, Table={"Type": "AWS::DynamoDB::Table"}))
    monkeypatch.setattr("cli.plan.synthesis.synthesise", lambda _file: made)
    own = {"ExecutionRole": {"Arn": ROLE}}
    path = tmp_path / "cdk.context.json"
    raw = {**two(own, {}), "Roles": {"PermissionsBoundaryArn": BOUNDARY}}
    path.write_text(json.dumps(raw))

    def said(*arguments: str) -> str:
        return " ".join(terminal.type("policies", "-c", str(path), *arguments).said.split())

    assert documents(terminal.type("policies", "-c", str(path), "--json"))["boundary"] == [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:Scan"],
            "Resource": ["arn:aws:dynamodb:us-east-1:111122223333:table/*"],
        }
    ]
    for name in ("one", "two"):
        assert f"{BOUNDARY} bounds every role of the platform" in said("-e", name)
    assert "bounds every role" not in said()
