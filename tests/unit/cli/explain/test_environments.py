"""What is said of environments in each of MWAA's states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.explain.environments import explain_answer
from errors import Finding, Level
from mwaa.environment_states import STATES

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
THEN = NOW - timedelta(days=1)
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234"
WHOLE: dict[str, Any] = {
    "Name": "old_one",
    "ExecutionRoleArn": "arn:aws:iam::111122223333:role/path/airflow",
    "SourceBucketArn": "arn:aws:s3:::dags-of-it",
    "KmsKey": KEY,
    "NetworkConfiguration": {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
}
CODE = "INCORRECT_CONFIGURATION"
CHECK = "You may need to check the execution role permissions policy."


def explained(
    status: str,
    *,
    code: str = "",
    says: str = "",
    last: str = "SUCCESS",
    since: datetime = THEN,
    **others: Any,
) -> Finding:
    error = {"Error": {"ErrorCode": code, "ErrorMessage": says}} if code else {}
    update = {"Status": last, "CreatedAt": since, **error}
    described: Any = {**WHOLE, "Status": status, "CreatedAt": THEN, "LastUpdate": update, **others}
    return explain_answer(described, now=NOW)


SAID = {
    "AVAILABLE": ("It runs.", False),
    "CREATING": ("20 to 40 minutes", False),
    "UPDATING": ("It is being updated", False),
    "CREATING_SNAPSHOT": ("a snapshot of its database", False),
    "MAINTENANCE": ("MWAA maintains it", False),
    "DELETING": ("It is being deleted", False),
    "DELETED": ("It has been deleted", False),
    "CREATE_FAILED": ("It can only be deleted.", True),
    "UPDATE_FAILED": ("It is as it was before, and runs.", True),
    "ROLLING_BACK": ("restores it from the latest snapshot", True),
    "PENDING": ("After 72 hours without them its creation fails.", True),
    "UNAVAILABLE": ("did not return to a stable state", True),
    "DREAMING": ("Its status is not known here.", True),
}


@pytest.mark.parametrize("status", SAID)
def test_each_state(status: str) -> None:
    said, wrong = SAID[status]
    found = explained(status, since=NOW - timedelta(minutes=5))
    assert found.is_wrong == wrong
    assert found.message.startswith(f"{status}: ")
    assert said in found.message
    assert bool(found.remedy) == wrong


def test_every_state_of_mwaa_is_tried() -> None:
    assert SAID.keys() - {"DREAMING"} == STATES.keys()


@pytest.mark.parametrize(
    ("status", "hours"),
    [("CREATING", 2), ("UPDATING", 13), ("CREATING_SNAPSHOT", 3), ("MAINTENANCE", 13)],
)
def test_a_passing_state_that_lasts_is_wrong(status: str, hours: int) -> None:
    assert explained(status, since=NOW).level is Level.OK
    found = explained(status, since=NOW - timedelta(hours=hours))
    assert found.level is Level.WARNING
    assert "If it stays, ask AWS Support." in str(found.remedy)


def test_the_last_error_comes_with_what_to_look_at_in_order() -> None:
    found = explained("UPDATE_FAILED", code=CODE, says=CHECK, last="FAILED")
    assert found.level is Level.ERROR
    assert f"Since 2026-01-01 12:00 UTC. MWAA says: {CODE}: {CHECK}" in found.message
    expected = (
        "aws logs tail airflow-old_one-Scheduler",
        "aws logs tail airflow-old_one-WebServer",
        "aws iam get-role --role-name airflow",
        "aws ec2 describe-route-tables",
        "aws ec2 describe-security-groups --group-ids sg-1",
        f"aws kms get-key-policy --key-id {KEY}",
        "aws s3api get-public-access-block --bucket dags-of-it",
    )
    assert len(found.commands) == len(expected)
    assert all(map(str.startswith, found.commands, expected))
    assert "Values=subnet-1,subnet-2" in found.commands[3]
    assert str(found.remedy).endswith("Remove the cause, then deploy again.")


def test_a_key_of_awss_own_has_no_policy_to_look_at() -> None:
    own = "arn:aws:kms:us-east-1:111122223333:alias/aws/airflow"
    found = explained("UPDATE_FAILED", code=CODE, says=CHECK, last="FAILED", KmsKey=own)
    assert not [each for each in found.commands if "get-key-policy" in each]
    assert [each for each in found.commands if "get-public-access-block" in each]


def test_an_error_of_another_code_has_the_log_and_awss_verifier() -> None:
    found = explained("CREATE_FAILED", code="ANOTHER", says="Something else.", last="FAILED")
    assert "MWAA says: ANOTHER: Something else." in found.message
    assert "aws-support-tools" in str(found.remedy)
    assert [each.partition(" --")[0] for each in found.commands] == [
        "aws logs tail airflow-old_one-Scheduler",
        "aws mwaa delete-environment",
    ]


def test_an_environment_that_runs_after_a_failed_update_is_told() -> None:
    found = explained("AVAILABLE", code=CODE, says=CHECK, last="FAILED")
    assert found.level is Level.ERROR
    assert "AVAILABLE: It runs. Since 2026-01-01 12:00 UTC. Its last update failed." in (
        found.message
    )


def test_pending_shows_the_services_that_need_endpoints() -> None:
    [command] = explained("PENDING").commands
    assert command.startswith("aws mwaa get-environment --name old_one --query ")
