"""`explain` as people and programs call it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.unit.cli.explain.conftest import PORTAL, STACK, CdkCli, Explain
from tests.unit.cli.explain.fake_aws import FakeAws, Stack


@pytest.fixture(autouse=True)
def without_the_real_cli(cdk_cli: CdkCli) -> CdkCli:
    return cdk_cli


@pytest.mark.usefixtures("aws")
def test_all_is_well(explain: Explain) -> None:
    told = explain()
    assert told.status == 0
    assert f"✓ Stack {STACK} UPDATE_COMPLETE" in told.said
    assert "✓ Environment fore_casting AVAILABLE: It runs." in told.said
    assert "✓ Environment old_one AVAILABLE: It runs." in told.said
    assert "All is well." in told.said


def test_what_the_cli_says_goes_to_the_stack_that_it_says_it_of(
    aws: FakeAws, explain: Explain, cdk_cli: CdkCli
) -> None:
    aws.stacks[STACK] = Stack(status="UPDATE_ROLLBACK_COMPLETE")
    aws.stacks["mwaa-platform-Sso"] = Stack(status="UPDATE_ROLLBACK_FAILED")
    aws.stacks["mwaa-platform-Grants"] = Stack(status="UPDATE_FAILED", reason="Three.")
    cdk_cli.says(
        f"✨  Synthesis time: 0.19s\n❌ Stack {STACK}:\nResource updates failed:\n  One.\n"
        "⚠️ Could not diagnose stack mwaa-platform-Sso: Two.\n"
        "❌ Stack mwaa-platform-Env-other:\nFour.\n"
    )
    told = explain("--json")
    found = {each["subject"]: each["wrong"] for each in json.loads(told.out)}
    assert told.status == 1
    assert "AWS says: Resource updates failed: One." in found[f"Stack {STACK}"]
    assert "Two." not in found[f"Stack {STACK}"]
    assert "AWS says: Two." in found["Stack mwaa-platform-Sso"]
    assert "AWS says: Three." in found["Stack mwaa-platform-Grants"]
    assert found["Stack mwaa-platform-Network"] is None


def test_without_the_cdk_cli_the_states_are_told(
    aws: FakeAws, explain: Explain, cdk_cli: CdkCli
) -> None:
    (cdk_cli.said.parent / "cdk").unlink()
    aws.stacks[STACK] = Stack(status="ROLLBACK_COMPLETE")
    told = explain()
    assert "The CDK CLI is not installed." in told.said
    assert "npm ci" in told.said
    assert "it has no resources" in told.said


@pytest.mark.parametrize("name", ["Env-fore-casting-376318", STACK, "fore_casting"])
def test_a_stack_or_an_environment_alone(name: str, aws: FakeAws, explain: Explain) -> None:
    aws.stacks["mwaa-platform-Sso"] = Stack(status="UPDATE_ROLLBACK_COMPLETE")
    told = explain(name)
    assert told.status == 0
    assert f"✓ Stack {STACK}" in told.said
    assert "✓ Environment fore_casting" in told.said
    assert "Sso" not in told.said
    assert "old_one" not in told.said


@pytest.mark.usefixtures("aws")
def test_a_name_that_is_neither(explain: Explain) -> None:
    told = explain("fore_castin")
    assert told.status == 2
    assert "neither a stack nor an environment" in told.said
    assert "Did you mean fore_casting?" in told.said


def test_stacks_that_are_deleted_or_of_something_else_are_not_told(
    aws: FakeAws, explain: Explain
) -> None:
    aws.stacks["mwaa-platform-Env-gone"] = Stack(status="DELETE_COMPLETE")
    aws.stacks["mwaa-platform-bootstrap"] = Stack(status="ROLLBACK_COMPLETE")
    aws.stacks["other-Sso"] = Stack(status="ROLLBACK_COMPLETE")
    told = explain()
    assert told.status == 0
    assert not {"gone", "bootstrap", "other"} & set(told.said.replace("-", " ").split())


def test_a_stack_that_left_the_configuration_is_told(aws: FakeAws, explain: Explain) -> None:
    aws.stacks["mwaa-platform-Env-former"] = Stack(status="DELETE_FAILED")
    told = explain("Env-former")
    assert told.status == 1
    assert "✗ Stack mwaa-platform-Env-former" in told.said


def test_what_is_not_deployed_yet_is_no_fault(aws: FakeAws, explain: Explain) -> None:
    aws.stacks = {name: Stack(status="CREATE_COMPLETE") for name in PORTAL}
    del aws.environments["fore_casting"]
    told = explain()
    assert told.status == 0
    assert f"✓ Stack {STACK} It is not deployed yet." in told.said
    assert "✓ Environment fore_casting It is not there yet." in told.said


def test_an_environment_that_is_gone_though_it_should_be_there(
    aws: FakeAws, explain: Explain
) -> None:
    aws.environments.clear()
    told = explain()
    assert "✗ Environment old_one" in told.said
    assert "✗ Environment fore_casting" in told.said
    aws.stacks[STACK] = Stack(status="DELETE_IN_PROGRESS", since=datetime.now(UTC))
    assert explain("fore_casting").status == 0


def test_what_may_not_be_asked_is_told_and_the_rest_too(aws: FakeAws, explain: Explain) -> None:
    aws.refused = {"GetEnvironment"}
    told = explain()
    assert told.status == 1
    assert "AWS does not let you do GetEnvironment." in told.said
    assert f"✓ Stack {STACK}" in told.said
    aws.refused = {"ListStacks"}
    refused = explain()
    assert refused.status == 1
    assert "AWS does not let you do ListStacks." in refused.said


def test_a_file_with_mistakes_does_not_keep_its_stacks_from_being_told(
    aws: FakeAws, explain: Explain, cdk_cli: CdkCli
) -> None:
    aws.stacks[STACK] = Stack(status="UPDATE_ROLLBACK_COMPLETE")
    cdk_cli.says(f"❌ Stack {STACK}:\nResource updates failed:\n  One.\n")
    told = explain(MwaaEnvironments=[{"Name": "9"}])
    assert told.status == 1
    assert "The configuration has 1 mistake. This command reads AppName alone" in told.said
    assert "AWS says: Resource updates failed: One." in told.said
    assert "Environment" not in told.out
    assert explain("Env-fore-casting-376318", MwaaEnvironments=[{"Name": "9"}]).status == 1


@pytest.mark.usefixtures("aws")
def test_a_file_that_may_be_of_another_application_is_refused(explain: Explain) -> None:
    told = explain(AppName="not a name")
    assert told.status == 2
    assert "AppName" in told.said
