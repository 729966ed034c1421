"""What is said of stacks in each state, why they failed, and what to do next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cli.doctor.stack_states import StackState
from cli.explain.stacks import STORIES, duration, explain_state
from errors import Finding, Level

NOW = datetime(2026, 1, 1, 18, tzinfo=UTC)
STACK = "mwaa-platform-Env-fore-casting-376318"
DEPLOY, CDK_DEPLOY, ROLL_BACK = (
    "./mwaa-platform deploy --only Env-fore-casting-376318",
    "npx cdk deploy Env-fore-casting-376318",
    "npx cdk rollback Env-fore-casting-376318",
)
UNLOCK = (
    "aws cloudformation update-termination-protection --no-enable-termination-protection "
    f"--stack-name {STACK}"
)
DELETE = f"aws cloudformation delete-stack --stack-name {STACK}"

STATES = {
    "CREATE_FAILED": ("and was not rolled back", [CDK_DEPLOY, ROLL_BACK]),
    "ROLLBACK_COMPLETE": ("it has no resources", [DEPLOY, UNLOCK, f"{CDK_DEPLOY} --no-rollback"]),
    "ROLLBACK_FAILED": ("something could not be deleted", [UNLOCK, DELETE, DEPLOY]),
    "UPDATE_FAILED": ("and was not rolled back", [CDK_DEPLOY, ROLL_BACK]),
    "UPDATE_ROLLBACK_COMPLETE": ("it is as it was before", [DEPLOY]),
    "UPDATE_ROLLBACK_FAILED": (
        "nothing can be deployed to it",
        [ROLL_BACK, f"{ROLL_BACK} --orphan <logical ID>"],
    ),
    "DELETE_FAILED": ("still runs, and costs", [DELETE]),
    "REVIEW_IN_PROGRESS": ("before it created anything", [DEPLOY, UNLOCK, DELETE]),
}


def explained(
    status: str, *, reason: str = "", minutes: int = 360, stack: str = "Env-fore-casting-376318"
) -> Finding:
    state = StackState(stack=stack, status=status, since=NOW - timedelta(minutes=minutes))
    environment = "fore_casting" if stack.startswith("Env-") else None
    return explain_state(
        state, name=f"mwaa-platform-{stack}", reason=reason, environment=environment, now=NOW
    )


@pytest.mark.parametrize("status", STATES)
def test_each_state_that_needs_somebody(status: str) -> None:
    said, commands = STATES[status]
    found = explained(status, reason="The moon is full.")
    assert found.is_wrong
    assert found.subject == f"Stack {STACK}"
    assert said in found.message
    assert f"({status}, 2026-01-01 12:00 UTC)" in found.message
    assert "AWS says: The moon is full." in found.message
    assert list(found.commands) == commands


def test_every_story_is_tried() -> None:
    assert STATES.keys() == STORIES.keys()


@pytest.mark.parametrize(
    ("reason", "likely"),
    [
        ("INCORRECT_CONFIGURATION: execution role", "the environment's containers did not start"),
        ("airflow-x-Task already exists in stack", "something of that name is left from before"),
        (
            "The vpc peering connection identified by pcx-1 already exists. (Error Code: "
            "VpcPeeringConnectionAlreadyExists)",
            "the two VPCs are joined already",
        ),
        ("The route identified by 10.1.0.0/16 already exists.", "the two VPCs are joined already"),
        (
            "Resource of type 'AWS::EC2::Route' with identifier 'rtb-1|10.1.0.0/16' already exists",
            "the two VPCs are joined already",
        ),
        ("User x is not authorized to perform: kms:CreateKey", "a permission is missing"),
        (
            "private-dns-enabled cannot be set because there is already a conflicting DNS domain "
            "for sqs.us-east-1.amazonaws.com in the VPC vpc-00000030",
            "the VPC has an interface endpoint of that service already, with private DNS",
        ),
        ("The maximum number of VPCs has been reached.", "a quota of the account is used up"),
        ("Export x cannot be deleted as it is in use by y", "another stack"),
        ("Secrets Manager can't find the specified secret.", "a secret that the file names"),
        ("Provided bucket does not have BlockPublicAccess set", "the bucket of SourceBucketArn"),
        ("role does not have sufficient permissions for s3 location x", "the execution role cann"),
        ("Received response status [FAILED] from custom resource.", "a function of the deployment"),
        ("Resource did not stabilize.", "AWS took longer than CloudFormation waits"),
        ("Rate exceeded", "AWS throttled the deployment"),
    ],
)
def test_the_likely_cause_of_what_aws_says(reason: str, likely: str) -> None:
    found = explained("UPDATE_ROLLBACK_COMPLETE", reason=reason)
    assert f"AWS says: {reason} Likely {likely}" in found.message
    assert found.message.count("Likely") == 1


def test_a_reason_of_no_known_kind_and_none_at_all_are_said_without_a_guess() -> None:
    assert "Likely" not in explained("UPDATE_FAILED", reason="The moon is full.").message
    without = explained("UPDATE_FAILED")
    assert "No reason was found: look at its events." in without.message
    assert without.commands[0].startswith("aws cloudformation describe-stack-events")
    assert "Likely" not in without.message


INCORRECT = "INCORRECT_CONFIGURATION: You may need to check"


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_an_environment_that_could_not_start_has_a_list_of_what_to_look_at(status: str) -> None:
    remedy = str(explained(status, reason=INCORRECT).remedy)
    looked_at = [remedy.index(f"({number})") for number in range(1, 9)]
    assert looked_at == sorted(looked_at)
    assert "(1)" not in str(explained(status, reason=INCORRECT, stack="Sso").remedy)


def test_only_what_is_left_can_be_looked_at() -> None:
    rolled_back = explained("ROLLBACK_COMPLETE", reason=INCORRECT)
    assert list(rolled_back.commands) == [DEPLOY, UNLOCK, f"{CDK_DEPLOY} --no-rollback"]
    # Its role and network are known to MWAA alone, so that no command here can name them.
    left = explained("CREATE_FAILED", reason=INCORRECT)
    assert [each.partition(" --")[0] for each in left.commands[:2]] == [
        "aws logs tail airflow-fore_casting-Scheduler",
        "aws logs tail airflow-fore_casting-WebServer",
    ]
    assert list(left.commands[2:]) == [CDK_DEPLOY, ROLL_BACK]


@pytest.mark.parametrize(
    ("stack", "status", "minutes", "stuck"),
    [
        ("Env-fore-casting-376318", "CREATE_IN_PROGRESS", 35, False),
        ("Env-fore-casting-376318", "UPDATE_IN_PROGRESS", 120, False),
        ("Env-fore-casting-376318", "UPDATE_IN_PROGRESS", 240, True),
        ("Sso", "UPDATE_IN_PROGRESS", 10, False),
        ("Sso", "UPDATE_ROLLBACK_IN_PROGRESS", 45, True),
    ],
)
def test_what_is_in_progress_is_wrong_when_it_is_stuck(
    stack: str, status: str, minutes: int, stuck: bool
) -> None:
    found = explained(status, stack=stack, minutes=minutes)
    begun = NOW - timedelta(minutes=minutes)
    assert found.level is (Level.WARNING if stuck else Level.OK)
    assert found.message.startswith(f"{status} since {begun:%Y-%m-%d %H:%M} UTC, ")
    cancel = f"aws cloudformation cancel-update-stack --stack-name {STACK}"
    assert (cancel in found.commands) == (stuck and status == "UPDATE_IN_PROGRESS")


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"])
def test_what_is_done_is_well_however_old(status: str) -> None:
    assert explained(status, minutes=10_000).level is Level.OK


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "0 minutes"), (1, "1 minute"), (119, "119 minutes"), (120, "2 hours"), (2880, "2 days")],
)
def test_durations_as_people_say_them(minutes: int, said: str) -> None:
    assert duration(timedelta(minutes=minutes)) == said
