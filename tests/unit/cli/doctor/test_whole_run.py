"""How `doctor` goes on where AWS does not answer, what its options choose, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.doctor.checks import CHECKS_OF_SIGN_IN
from errors import Finding
from tests.unit.cli.doctor.conftest import ALB, NEW, Doctor
from tests.unit.cli.doctor.fake_aws import FakeAws

FIRST = {**NEW, "Wave": 1}
SECOND = {"Name": "old_one", "Wave": 2}
THIRD = {"Name": "reporting", "Wave": 3}
ENVIRONMENTS = [FIRST, SECOND, THIRD]


def subjects(doctor: Doctor, *arguments: str, **sections: object) -> set[str]:
    found = json.loads(doctor("--json", *arguments, **sections).out)
    return {each["subject"] for each in found}


@pytest.mark.usefixtures("aws")
class TestWaves:
    """What is chosen by waves is looked at alone, with its stacks."""

    def test_one(self, doctor: Doctor) -> None:
        found = subjects(doctor, "--wave", "2", MwaaEnvironments=ENVIRONMENTS)
        assert "Environment old_one" in found
        assert not any("fore_casting" in each or "reporting" in each for each in found)

    def test_several_and_a_name(self, doctor: Doctor) -> None:
        waves = ("--wave", "2", "--wave", "1")
        found = subjects(doctor, *waves, MwaaEnvironments=ENVIRONMENTS)
        assert {"Environment old_one", "Environment fore_casting"} <= found
        assert "Stack mwaa-platform-Env-fore-casting-376318" in found
        assert "Environment reporting" not in found
        both = subjects(doctor, "-e", "reporting", "--wave", "2", MwaaEnvironments=ENVIRONMENTS)
        assert {"Environment old_one", "Environment reporting"} <= both

    def test_unknown(self, doctor: Doctor) -> None:
        looked = doctor("--wave", "7", MwaaEnvironments=ENVIRONMENTS)
        assert looked.status == 2
        assert "No environment is of wave 7. There are: 1, 2, 3." in looked.said


@pytest.mark.usefixtures("aws")
def test_a_defect_of_one_check_leaves_the_others(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(_: object) -> Iterator[Finding]:
        raise KeyError("canary-of-an-answer")

    monkeypatch.setattr("boundary.DETAILS", tmp_path / "defects")
    monkeypatch.setitem(CHECKS_OF_SIGN_IN, "Certificates", broken)
    looked = doctor()
    assert looked.status == 1
    assert "✗ Certificates This is a defect of MWAA Platform: KeyError in" in looked.said
    assert "canary-of-an-answer" not in looked.said
    assert "Client secrets" in looked.said or "Environment fore_casting" in looked.said


@pytest.mark.parametrize("mode", ["PRIVATE_ONLY", "PUBLIC_ONLY"])
@pytest.mark.parametrize("chosen", [(), ("-e", "fore_casting"), ("--wave", "1")])
def test_all_is_never_well_of_what_was_never_deployed(
    mode: str, chosen: tuple[str, ...], aws: FakeAws, doctor: Doctor
) -> None:
    aws.stacks, aws.environments = {}, set()
    new = {"Name": "fore_casting", "VpcCIDR": "10.3.0.0/16", "WebServerAccessMode": mode}
    looked = doctor(*chosen, MwaaEnvironments=[new])
    assert looked.status == 1
    assert "✗ Stack mwaa-platform-Env-fore-casting-376318 It is not deployed." in looked.said
    assert "stack-missing" in doctor.codes(*chosen, MwaaEnvironments=[new])


@pytest.mark.parametrize(
    ("operation", "subject"),
    [
        ("GetCallerIdentity", "Account"),
        ("GetParameter", "Bootstrap"),
        ("DescribeCertificate", "Certificates"),
        ("DescribeTargetHealth", "Load balancer to the web server of fore_casting"),
    ],
)
@pytest.mark.parametrize("why", ["refused", "throttled"])
def test_what_aws_does_not_answer_is_one_line_and_the_others_stand(
    operation: str, subject: str, why: str, aws: FakeAws, doctor: Doctor
) -> None:
    setattr(aws, why, {operation})
    looked = doctor("--json")
    found = json.loads(looked.out)
    [wrong] = [each for each in found if each["wrong"]]
    assert looked.status == 1
    assert wrong["code"] == "not-checked"
    assert wrong["subject"].startswith(subject)
    assert operation in wrong["wrong"]
    assert len(found) > 10


def test_without_credentials_there_is_one_error(
    aws: FakeAws, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for file in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(file, "/nonexistent")
    looked = doctor("--markdown", Alb=ALB)
    assert looked.status == 1
    assert looked.out.startswith("### What is deployed\n\n**It could not be checked: There are no")
    assert aws.stacks


def test_a_finding_leads_to_its_entry(aws: FakeAws, doctor: Doctor) -> None:
    aws.broken_dags = ["dags/a.py"]
    assert "see docs/doctor.md#dags-not-imported" in doctor().said
    assert "  - see: `docs/doctor.md#dags-not-imported`" in doctor("--markdown").out
    assert doctor.codes() == ["dags-not-imported"]


def test_a_log_that_nobody_may_read_is_no_fault(aws: FakeAws, doctor: Doctor) -> None:
    aws.refused = {"FilterLogEvents"}
    looked = doctor()
    assert looked.status == 0
    assert "- Requirements of fore_casting you may not read its log" in looked.said
