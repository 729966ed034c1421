"""States of stacks and environments in which it cannot be told what a deployment does.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
https://docs.aws.amazon.com/mwaa/latest/API/API_Environment.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cli.deploy_command import deploy_command
from cli.doctor.stack_states import unlock_command
from config.stack_names import kind_of
from errors import Finding


class Trouble(NamedTuple):
    """What a state means, and what to do before the next deployment."""

    message: str
    remedy: str
    commands: tuple[str, ...] = ()


GONE = {"DELETE_COMPLETE"}
HOLDS_NOTHING = {"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"}
"""States of a stack without resources: the next deployment makes it."""

UNLOCK, DELETE = "{unlock}", "aws cloudformation delete-stack --stack-name {name}"
STACK_TROUBLES: Mapping[str, Trouble] = {
    "REVIEW_IN_PROGRESS": Trouble(
        "A change set was made for it and never executed, so it has no resources yet.",
        "The next deployment makes it. If another program owns that change set, ask first.",
    ),
    "ROLLBACK_COMPLETE": Trouble(
        "Its creation failed and was rolled back, so it has no resources. Why is not known here.",
        "Its events in CloudFormation say why. Then let the next deployment create it again:",
        (deploy_command("{id}"),),
    ),
    "ROLLBACK_FAILED": Trouble(
        "Its creation failed, and something could not be deleted. What it still holds is not known "
        "here.",
        "Its events in CloudFormation say what. Delete the stack before the next deployment:",
        (UNLOCK, DELETE),
    ),
    "CREATE_FAILED": Trouble(
        "Its creation failed and was not rolled back. What of it was made is not known here.",
        "Delete the stack before the next deployment:",
        (UNLOCK, DELETE),
    ),
    "UPDATE_ROLLBACK_FAILED": Trouble(
        "An update failed, and so did going back. Its template is compared, but some resources may "
        "be as neither template says; CloudFormation refuses every update of it.",
        "Its events say which resource it could not take back. Fix that, then continue:",
        ("aws cloudformation continue-update-rollback --stack-name {name}",),
    ),
    "UPDATE_FAILED": Trouble(
        "An update failed and was not rolled back, so some resources may be as neither template "
        "says.",
        "Take it back first:",
        ("npx cdk rollback {id}",),
    ),
    "DELETE_FAILED": Trouble(
        "Its deletion failed halfway, so some of what its template names is gone.",
        "Its events say what could not be deleted. Delete it again before the next deployment:",
        (DELETE,),
    ),
}
IN_PROGRESS = Trouble(
    "A deployment of it is going on ({status}), so what it will hold is not known yet.",
    "Wait until it is over, then plan again: aws cloudformation wait stack-update-complete "
    "--stack-name {name}",
)

MISSING = "missing"
ENVIRONMENT_TROUBLES: Mapping[str, Trouble] = {
    "CREATE_FAILED": Trouble(
        "MWAA could not make it ({status}), and it can only be deleted. An update of it fails.",
        "`aws mwaa get-environment` says why (LastUpdate). Remove its stack, and deploy it again.",
    ),
    "UPDATE_FAILED": Trouble(
        "Its last update failed, and MWAA took it back to what it was before. Whether the template "
        "or the former settings run is not known here.",
        "`aws mwaa get-environment` says why (LastUpdate). Fix that, then plan again.",
    ),
    "PENDING": Trouble(
        "It waits for its VPC endpoints, which the account has to make. It takes no update before.",
        "Make the endpoints, wait until it is AVAILABLE, then plan again.",
    ),
    "MAINTENANCE": Trouble(
        "MWAA maintains it, in its weekly window. It takes no update before that is over.",
        "Wait until it is AVAILABLE, then plan again.",
    ),
    "UNAVAILABLE": Trouble(
        "It is UNAVAILABLE: MWAA cannot reach what it needs. An update fails as well.",
        "Look at its execution role, its key and its network, then plan again.",
    ),
    MISSING: Trouble(
        "Its stack has it, but MWAA does not know it: it was deleted by hand.",
        "Remove its stack, and deploy it again. Its runs, connections and variables are lost.",
    ),
}
CHANGING = Trouble(
    "It is {status}, so it takes no other update, and what it will be is not known yet.",
    "Wait until it is AVAILABLE, then plan again.",
)
AVAILABLE = "AVAILABLE"


def stack_trouble(stack: str, id_: str, status: str) -> Finding | None:
    """The finding about a stack in this status; None where it can be updated."""
    trouble = STACK_TROUBLES.get(status)
    if trouble is None and status.endswith("_IN_PROGRESS"):
        trouble = IN_PROGRESS
    if trouble is None:
        return None
    words = {"name": stack, "id": id_, "status": status, "unlock": unlock_command(stack)}
    return Finding(
        subject=f"Stack {stack}" if kind_of(id_) else stack,
        message=trouble.message.format(**words),
        detail=status,
        remedy=trouble.remedy.format(**words),
        commands=tuple(each.format(**words) for each in trouble.commands),
    )


def environment_trouble(name: str, status: str) -> Finding | None:
    """The finding about an environment in this status; None where it can be updated."""
    if status == AVAILABLE:
        return None
    trouble = ENVIRONMENT_TROUBLES.get(status, CHANGING)
    return Finding(
        subject=f"Environment {name}",
        message=trouble.message.format(status=status),
        detail=status,
        remedy=trouble.remedy,
    )


def foreign_stack(stack: str) -> Finding:
    """The finding about a stack that no release of the platform with `plan` has deployed."""
    return Finding(
        subject=f"Stack {stack}",
        message="It is not known to be of this platform: its template does not say so. It may be "
        "another application's, or of a release before this command.",
        remedy="If it is another application's, take another AppName: a deployment would put this "
        "platform's resources in the place of what it holds. If it is the platform's, compare "
        "with the revision that was deployed (--since), and deploy; from then on it says so.",
    )
