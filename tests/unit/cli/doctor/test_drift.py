"""Findings of `doctor --drift`; a value of a property is shown nowhere."""

from __future__ import annotations

import pytest

from tests.unit.cli.doctor.conftest import Doctor
from tests.unit.cli.doctor.fake_account import Difference
from tests.unit.cli.doctor.fake_aws import FakeAws

STACK = "mwaa-platform-Env-fore-casting-376318"


@pytest.mark.usefixtures("aws")
def test_stacks_are_compared_only_when_asked(doctor: Doctor) -> None:
    assert "Drift" not in doctor().said
    looked = doctor("--drift")
    assert looked.status == 0
    for stack in ("Sso", "Grants", "Network", "Ui-fore-casting-376318"):
        assert f"✓ Drift of mwaa-platform-{stack}" in looked.said


def test_what_was_changed_by_hand_is_told_without_its_value(aws: FakeAws, doctor: Doctor) -> None:
    aws.drift[STACK] = {
        "Group": [Difference("/SecurityGroupIngress/0/CidrIp"), Difference("/Tags/1", "ADD")],
        "Gone": None,
    }
    looked = doctor("--drift")
    assert looked.status == 1
    assert (
        "Changed by hand: AWS::EC2::SecurityGroup Group (/SecurityGroupIngress/0/CidrIp differs, "
        "/Tags/1 was added); AWS::EC2::SecurityGroup Gone was deleted."
    ) in looked.said
    assert "canary" not in looked.said
    assert "describe-stack-resource-drifts --stack-name" in looked.said
    assert doctor.codes("--drift") == ["stack-drifted"]
    assert doctor.codes("--drift", "-e", "fore_casting") == ["stack-drifted"]


@pytest.mark.parametrize(
    "own", ["Load balancer that signs people in", "deletion_protection.enabled"]
)
def test_what_functions_of_the_deployment_change_is_no_drift(
    own: str, aws: FakeAws, doctor: Doctor
) -> None:
    aws.drift[STACK] = {"Group": [Difference("/SecurityGroupIngress/1", "ADD", own)]}
    assert doctor("--drift").status == 0


def test_what_could_not_be_compared_is_said(aws: FakeAws, doctor: Doctor) -> None:
    aws.uncompared = "AccessDenied: kms:GetKeyPolicy"
    looked = doctor("--drift")
    assert looked.status == 0
    assert "not all of it could be compared: AccessDenied: kms:GetKeyPolicy" in looked.said


def test_a_stack_that_is_being_changed_is_not_compared(aws: FakeAws, doctor: Doctor) -> None:
    aws.states[STACK] = "UPDATE_IN_PROGRESS"
    assert doctor.codes("--drift") == ["stack-takes-no-update"]


@pytest.mark.parametrize("operation", ["DetectStackDrift", "DescribeStackResourceDrifts"])
def test_a_comparison_that_is_refused_is_a_line(
    operation: str, aws: FakeAws, doctor: Doctor
) -> None:
    aws.refused = {operation}
    assert {*doctor.codes("--drift")} == {"not-checked"}
    assert f"does not let you do {operation}" in doctor("--drift").said
