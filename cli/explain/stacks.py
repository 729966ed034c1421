"""States of stacks in words, with the root cause of a failure and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from cli.deploy_command import deploy_command
from cli.deployed import DeployedStacks
from cli.doctor.stack_states import StackState, unlock_command
from cli.explain.causes import likely_cause
from cli.explain.diagnosis import diagnose
from cli.explain.environments import Looks, looks_of
from cli.explain.redaction import redacted
from config.stack_names import Kind, kind_of, stack_name
from errors import Finding, Level, PlatformError

IN_PROGRESS = "_IN_PROGRESS"
CLEANUP = "CLEANUP_IN_PROGRESS"
REVIEW = "REVIEW_IN_PROGRESS"
USUAL = timedelta(minutes=30)
USUAL_OF_ENVIRONMENTS = timedelta(hours=3)
"""Longer is unusual: a new environment takes up to 40 minutes, another Airflow version 2 hours."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """What a status means, and what to do; commands have the fields `stack` and `name`.

    `is_empty`: nothing is left of the stack's resources that could be looked at.
    """

    meaning: str
    remedy: str
    commands: tuple[str, ...] = ()
    is_empty: bool = False


UNLOCK = unlock_command("{name}")
DEPLOY = deploy_command("{stack}")
CDK_DEPLOY = "npx cdk deploy {stack}"
"""Where a person decides, for `deploy` keeps nothing that failed."""
ROLL_BACK = "npx cdk rollback {stack}"
EVENTS = "aws cloudformation describe-stack-events --stack-name {name} --max-items 20"

STORIES: Mapping[str, Story] = MappingProxyType(
    {
        "CREATE_FAILED": Story(
            meaning="Its creation failed, and was not rolled back (--no-rollback).",
            remedy="Remove the cause and deploy again, or roll it back:",
            commands=(CDK_DEPLOY, ROLL_BACK),
        ),
        "ROLLBACK_COMPLETE": Story(
            meaning="Its creation failed and was rolled back; it has no resources.",
            remedy="Remove the cause, then let the next deployment replace it. With the other two "
            "commands what fails stays, with its logs, to be looked at:",
            commands=(DEPLOY, UNLOCK, f"{CDK_DEPLOY} --no-rollback"),
            is_empty=True,
        ),
        "ROLLBACK_FAILED": Story(
            meaning="Its creation failed, and something could not be deleted.",
            remedy="Delete the stack; if that fails too, again with --retain-resources and the "
            "logical IDs of what stays. Then deploy:",
            commands=(UNLOCK, "aws cloudformation delete-stack --stack-name {name}", DEPLOY),
        ),
        "UPDATE_FAILED": Story(
            meaning="Its update failed, and was not rolled back (--no-rollback).",
            remedy="Remove the cause and deploy again, or roll it back:",
            commands=(CDK_DEPLOY, ROLL_BACK),
        ),
        "UPDATE_ROLLBACK_COMPLETE": Story(
            meaning="Its last update failed and was rolled back: it is as it was before.",
            remedy="Remove the cause, then deploy again:",
            commands=(DEPLOY,),
        ),
        "UPDATE_ROLLBACK_FAILED": Story(
            meaning="Its last update failed, and so did the rollback: nothing can be deployed to "
            "it until the rollback is finished.",
            remedy="Remove what keeps it from being rolled back, and roll back again. What can "
            "stay as it is is left out by its logical ID:",
            commands=(ROLL_BACK, f"{ROLL_BACK} --orphan <logical ID>"),
        ),
        "DELETE_FAILED": Story(
            meaning="It could not be deleted whole: what is left still runs, and costs.",
            remedy="Remove what holds it, then delete it again:",
            commands=("aws cloudformation delete-stack --stack-name {name}",),
        ),
        REVIEW: Story(
            meaning="A deployment ended before it created anything: there is a change set, and "
            "nothing else.",
            remedy="Deploy it, or delete the empty stack:",
            commands=(DEPLOY, UNLOCK, "aws cloudformation delete-stack --stack-name {name}"),
        ),
    }
)
"""By CloudFormation's status, for those in which somebody must act.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd-rollback.html
"""


def explain_stacks(
    deployed: DeployedStacks, states: Iterable[StackState], *, makes: Mapping[str, str]
) -> Iterator[Finding]:
    """Yields what is to be said of each stack; `makes` has the environment that a stack makes."""
    names = {each: stack_name(deployed.outline.app_name, each.stack) for each in states}
    failed = {each.stack: name for each, name in names.items() if each.status in STORIES}
    try:
        causes = diagnose(failed, deployed.variables)
    except PlatformError as error:
        causes = {}
        yield Finding.from_error("Causes of failed stacks", error)
    now = datetime.now(UTC)
    for state, name in names.items():
        reason = causes.get(state.stack) or redacted(state.reason)
        yield explain_state(
            state, name=name, reason=reason, environment=makes.get(state.stack), now=now
        )


def explain_state(
    state: StackState, *, name: str, reason: str, environment: str | None, now: datetime
) -> Finding:
    """Returns what is to be said of a stack.

    `name` is CloudFormation's, `reason` why it failed, "" where that is not known; `environment`
    the name of the environment that the stack creates.
    """
    if state.status in STORIES:
        return _failed(state, name, reason, looks_of(reason, environment))
    if state.status.endswith(IN_PROGRESS) and not state.status.endswith(CLEANUP):
        return _in_progress(state, name, now)
    return Finding(level=Level.OK, subject=f"Stack {name}", message=state.status)


def _failed(state: StackState, name: str, reason: str, looks: Looks) -> Finding:
    story = STORIES[state.status]
    cause = likely_cause(reason) if reason else None
    parts = [
        f"{story.meaning} ({state.status}, {_moment(state.since)})",
        f"AWS says: {reason}" if reason else "No reason was found: look at its events.",
        f"Likely {cause.likely}." if cause else "",
    ]
    return Finding(
        subject=f"Stack {name}",
        message=" ".join(filter(None, parts)),
        remedy=" ".join(filter(None, [cause.remedy if cause else "", looks.text, story.remedy])),
        commands=(
            *(() if reason else [EVENTS.format(name=name)]),
            *(() if story.is_empty else looks.commands),
            *(each.format(stack=state.stack, name=name) for each in story.commands),
        ),
    )


def _in_progress(state: StackState, name: str, now: datetime) -> Finding:
    is_environment = kind_of(state.stack) is Kind.ENVIRONMENT
    usual = USUAL_OF_ENVIRONMENTS if is_environment else USUAL
    lasts = now - state.since
    message = f"{state.status} since {_moment(state.since)}, {duration(lasts)}."
    if lasts <= usual:
        return Finding(level=Level.OK, subject=f"Stack {name}", message=message)
    return Finding(
        level=Level.WARNING,
        subject=f"Stack {name}",
        message=f"{message} Usual is {duration(usual)} at most; an update that waits for running "
        "tasks (GRACEFUL) takes up to 12 hours.",
        remedy="Look at what it waits for. An update can be cancelled:",
        commands=(
            EVENTS.format(name=name),
            *(
                [f"aws cloudformation cancel-update-stack --stack-name {name}"]
                if state.status == f"UPDATE{IN_PROGRESS}"
                else []
            ),
        ),
    )


def _moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def duration(span: timedelta) -> str:
    """A duration as people say it: 35 minutes, 3 hours, 2 days."""
    minutes = round(span.total_seconds() / 60)
    for unit, size in (("day", 24 * 60), ("hour", 60)):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}s"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
