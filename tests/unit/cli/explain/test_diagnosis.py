"""The real CDK CLI finds the root cause, and none of its followers."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.explain import diagnosis
from errors import PlatformError
from tests.unit.cli.explain.conftest import STACK, CdkCli, Explain
from tests.unit.cli.explain.fake_aws import FakeAws, Stack


def test_the_first_failures_of_two_stacks_are_told_without_those_that_followed(
    aws: FakeAws, explain: Explain
) -> None:
    reason = "INCORRECT_CONFIGURATION: You may need to check. password=canary7Zq9"
    aws.stacks[STACK] = Stack(
        status="ROLLBACK_COMPLETE",
        failures=(("AirflowEnvironmentD4869977", "AWS::MWAA::Environment", reason),),
    )
    aws.stacks["mwaa-platform-Sso"] = Stack(
        status="UPDATE_ROLLBACK_FAILED",
        failures=(("Record", "AWS::Route53::RecordSet", "it already exists"),),
    )
    told = explain()
    assert told.status == 1
    assert "AirflowEnvironmentD4869977" in told.said
    assert "INCORRECT_CONFIGURATION: You may need to check." in told.said
    assert "Likely the environment's containers did not start" in told.said
    assert "Sso/Record (AWS::Route53::RecordSet Record) it already exists" in told.said
    assert "Follower" not in told.said
    assert "canary7Zq9" not in told.said


def test_what_the_cli_says_of_cloudtrail_is_no_cause(
    aws: FakeAws, explain: Explain, cdk_cli: CdkCli
) -> None:
    aws.stacks[STACK] = Stack(status="UPDATE_ROLLBACK_COMPLETE")
    cdk_cli.says(
        f"❌ Stack {STACK}:\nResource updates failed:\n  The class is not known.\n"
        "CloudTrail delivery can lag up to 15 minutes behind the failure; re-run `cdk diagnose` in "
        "a few minutes to check for additional control-plane errors (e.g. AccessDenied).\n"
    )
    told = explain()
    assert "The class is not known." in told.said
    assert "CloudTrail" not in told.said
    assert "a permission is missing" not in told.said


def test_a_cli_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "cdk"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o700)
    monkeypatch.setattr("local.cdk_cli.CDK", program)
    monkeypatch.setattr(diagnosis, "TIMEOUT", 0.1)
    with pytest.raises(PlatformError) as refused:
        diagnosis.diagnose({"Sso": "mwaa-platform-Sso"}, {"PATH": "/usr/bin:/bin"})
    assert "npx cdk diagnose Sso" in refused.value.remedy
