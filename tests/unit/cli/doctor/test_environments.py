"""Findings of `doctor` about environments: their state in MWAA, and their Airflow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.deployed import deployed_platform
from cli.doctor.environments import check_environment
from cli.options import PlatformOptions
from tests.unit.cli.doctor.conftest import ALB, EXISTING, NEW, PORTAL, Doctor
from tests.unit.cli.doctor.fake_aws import FakeAws
from tests.unit.config.configurations import SMALLEST

LAST_UPDATE = {
    "Status": "FAILED",
    "CreatedAt": 1767268800,
    "Error": {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": "no way out"},
}


@pytest.mark.usefixtures("aws")
def test_a_healthy_environment(doctor: Doctor) -> None:
    looked = doctor()
    assert looked.status == 0
    assert "✓ Environment fore_casting AVAILABLE: It runs." in looked.said
    assert "✓ Airflow of fore_casting Its components are healthy." in looked.said


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ({"Status": "CREATE_FAILED", "LastUpdate": LAST_UPDATE}, "no way out"),
        ({"Status": "UPDATE_FAILED", "LastUpdate": LAST_UPDATE}, "no way out"),
        ({"Status": "UNAVAILABLE"}, "did not return to a stable state"),
        ({"Status": "PENDING"}, "waits for VPC endpoints"),
        ({"Status": "CREATING", "CreatedAt": 1767268800}, "It is being created"),
    ],
    ids=lambda each: each["Status"] if isinstance(each, dict) else "",
)
def test_a_state_that_needs_somebody(
    described: dict[str, Any], said: str, aws: FakeAws, doctor: Doctor
) -> None:
    aws.described = described
    looked = doctor()
    assert looked.status == 1
    assert "✗ Environment fore_casting" in looked.said
    assert said in looked.said


@pytest.mark.parametrize("status", ["DELETING", "DELETED"])
def test_one_that_is_being_deleted_is_not_well(status: str, aws: FakeAws, doctor: Doctor) -> None:
    aws.described = {"Status": status}
    looked = doctor()
    assert looked.status == 1
    assert "take it out of the file" in looked.said


@pytest.mark.parametrize(
    ("status", "is_settled", "is_wrong"),
    [
        ("UPDATING", False, False),
        ("UPDATING", True, True),
        ("MAINTENANCE", True, True),
        ("CREATING", True, True),
        ("AVAILABLE", True, False),
    ],
)
def test_a_wave_is_not_healthy_while_an_environment_changes(
    status: str,
    is_settled: bool,
    is_wrong: bool,
    aws: FakeAws,
    doctor: Doctor,
) -> None:
    aws.described = {"Status": status}
    doctor.configuration.write_text(json.dumps({**SMALLEST, "Alb": ALB, "MwaaEnvironments": [NEW]}))
    with deployed_platform(PlatformOptions(configuration=doctor.configuration)) as platform:
        [environment] = platform.configuration.environments
        found = [*check_environment(platform, environment, is_settled=is_settled)]
    assert any(each.is_wrong for each in found) is is_wrong


@pytest.mark.parametrize("answer", [{}, {"scheduler": {}}, {"scheduler": {"status": None}}])
def test_airflow_that_says_nothing_of_its_scheduler(
    answer: Any, aws: FakeAws, doctor: Doctor
) -> None:
    aws.odd_answers = {"/monitor/health": answer}
    looked = doctor()
    assert looked.status == 1
    assert "No recent heartbeat: scheduler. Last of the scheduler: never." in looked.said


@pytest.mark.parametrize("answer", [None, "<html>", ["healthy"]])
def test_airflow_that_answers_something_else(answer: Any, aws: FakeAws, doctor: Doctor) -> None:
    aws.odd_answers = {"/monitor/health": answer}
    looked = doctor()
    assert looked.status == 1
    assert "✗ Airflow of fore_casting Airflow answers /monitor/health with" in looked.said
    assert "✓ Load balancer to the web server of fore_casting" in looked.said


def test_airflow_is_not_asked_before_it_runs(aws: FakeAws, doctor: Doctor) -> None:
    aws.described, aws.refused = {"Status": "CREATE_FAILED"}, {"InvokeRestApi"}
    assert "Airflow of fore_casting" not in doctor().said


@pytest.mark.parametrize("version", ["2.10.3", "3.3.1"])
def test_a_scheduler_without_a_heartbeat(version: str, aws: FakeAws, doctor: Doctor) -> None:
    aws.described = {"AirflowVersion": version}
    aws.heartbeats = {"metadatabase": "healthy", "scheduler": "unhealthy", "dag_processor": None}
    looked = doctor()
    assert looked.status == 1
    assert "✗ Airflow of fore_casting No recent heartbeat: scheduler." in looked.said
    assert "aws logs tail airflow-fore_casting-Scheduler" in looked.said


def test_dags_that_cannot_be_imported(aws: FakeAws, doctor: Doctor) -> None:
    aws.broken_dags = [f"dags/{number}.py" for number in range(7)]
    looked = doctor()
    assert looked.status == 1
    assert "✗ DAGs of fore_casting 7 files of DAGs cannot be imported: dags/0.py," in looked.said
    assert "dags/4.py, …." in looked.said
    assert "requirements_install" in looked.said


def test_airflow_that_does_not_let_in(aws: FakeAws, doctor: Doctor) -> None:
    aws.refused = {"InvokeRestApi"}
    looked = doctor()
    assert looked.status == 1
    assert "✗ Airflow of fore_casting AWS does not let you do InvokeRestApi." in looked.said
    assert "✓ Load balancer to the web server of fore_casting" in looked.said


def test_an_environment_that_was_never_deployed(aws: FakeAws, doctor: Doctor) -> None:
    for kind in ("Env", "Ui"):
        del aws.stacks[f"mwaa-platform-{kind}-fore-casting-376318"]
    aws.environments.clear()
    looked = doctor()
    assert looked.status == 1
    assert "✗ Stack mwaa-platform-Env-fore-casting-376318 It is not deployed." in looked.said
    assert "Environment fore_casting" not in looked.said


def test_an_existing_environment_that_is_not_there(aws: FakeAws, doctor: Doctor) -> None:
    aws.environments.clear()
    looked = doctor(MwaaEnvironments=[{"Name": "old_one"}])
    assert looked.status == 1
    assert "✗ Environment old_one MWAA has none of this name" in looked.said


@pytest.mark.parametrize(
    "state",
    ["UPDATE_ROLLBACK_FAILED", "UPDATE_IN_PROGRESS", "DELETE_FAILED", "REVIEW_IN_PROGRESS"],
)
def test_a_stack_that_takes_no_update(state: str, aws: FakeAws, doctor: Doctor) -> None:
    aws.states["mwaa-platform-Env-fore-casting-376318"] = state
    looked = doctor("--json")
    assert looked.status == 1
    wrong = {each["subject"]: each for each in json.loads(looked.out) if each["wrong"]}
    assert "Stack mwaa-platform-Env-fore-casting-376318" in wrong


class TestOneEnvironment:
    """What is chosen by name is looked at alone."""

    @pytest.fixture(autouse=True)
    def _two(self, aws: FakeAws) -> None:
        aws.stacks |= {**PORTAL, "mwaa-platform-Ui-old-one-86f784": {}}
        aws.broken_dags = ["dags/a.py"]

    def test_alone(self, doctor: Doctor) -> None:
        looked = doctor("--environment", "old_one", MwaaEnvironments=[{"Name": "old_one"}])
        assert looked.status == 1
        assert "DAGs of old_one" in looked.said
        assert "Stack" not in looked.said

    def test_unknown(self, doctor: Doctor) -> None:
        looked = doctor("-e", "old_noe", MwaaEnvironments=[EXISTING])
        assert looked.status == 2
        assert "Did you mean old_one?" in looked.said
