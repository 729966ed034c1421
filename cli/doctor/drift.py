"""Check of what was changed by hand, as CloudFormation compares stacks with their templates.

It reads each resource with the permissions of whoever asks, and compares the properties alone that
the template sets.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from cli.aws_errors import aws_errors_translated
from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from cli.doctor.stack_states import stack_states
from cli.explain.redaction import redacted
from config.stack_names import stack_name, stacks
from errors import Finding, Level, PlatformError
from web_server_ingress.rules import DESCRIPTION

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import (
        PropertyDifferenceTypeDef,
        StackResourceDriftTypeDef,
    )

COMPARABLE = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_FAILED",
}
"""States in which CloudFormation compares a stack; another check speaks of the others."""
OUR_OWN = (DESCRIPTION, "deletion_protection.enabled")
"""In what functions of the deployment change themselves: a rule, and a load balancer."""
IN_PROGRESS, FAILED, DELETED = "DETECTION_IN_PROGRESS", "DETECTION_FAILED", "DELETED"
POLL_SECONDS, PATIENCE_SECONDS = 2.0, 600.0
WORDS: Mapping[str, str] = {"ADD": "was added", "REMOVE": "was removed", "NOT_EQUAL": "differs"}


def check_drift(platform: DeployedPlatform, *, of_all: bool = True) -> Iterator[Finding]:
    """Yields what differs in each stack that is there; without `of_all`, see `check_stacks`.

    All are compared at the same time, and waited for. Values are left out: one may be a secret.
    """
    configured = {each.id for each in stacks(platform.configuration) if of_all or each.about}
    names = [
        stack_name(platform.outline.app_name, each.stack)
        for each in stack_states(platform)
        if each.stack in configured and each.status in COMPARABLE
    ]
    cloudformation = platform.session.client("cloudformation")
    detections: dict[str, str] = {}
    for name in names:
        try:
            with aws_errors_translated(platform.place):
                found = cloudformation.detect_stack_drift(StackName=name)
                detections[name] = found["StackDriftDetectionId"]
        except PlatformError as error:
            yield Finding.from_error(f"Drift of {name}", error)
    end = time.monotonic() + PATIENCE_SECONDS
    for name, detection in detections.items():
        try:
            with aws_errors_translated(platform.place):
                failure = _compared(cloudformation, detection, end=end)
                differing = [*_differing(cloudformation, name)]
        except PlatformError as error:
            yield Finding.from_error(f"Drift of {name}", error)
            continue
        yield from _findings(name, differing, failure)


def _findings(name: str, differing: Sequence[str], failure: str | None) -> Iterator[Finding]:
    subject = f"Drift of {name}"
    if differing:
        yield Finding(
            subject=subject,
            message=f"Changed by hand: {'; '.join(differing)}.",
            remedy="If the change is meant, put it into the file, and deploy. Else take it back: "
            "CloudFormation does not, until that property changes in the template. The values:",
            commands=(
                f"aws cloudformation describe-stack-resource-drifts --stack-name {name} "
                "--stack-resource-drift-status-filters MODIFIED DELETED",
            ),
            code=Code.STACK_DRIFTED,
        )
    if failure:
        # Whoever asks may be meant to read no more.
        message = f"not all of it could be compared: {redacted(failure)}"
        yield Finding(level=Level.SKIPPED, subject=subject, message=message)
    if not (differing or failure):
        yield Finding(level=Level.OK, subject=subject)


def _compared(cloudformation: CloudFormationClient, detection: str, *, end: float) -> str | None:
    """Waits until a stack has been compared; returns why that failed for some of it."""
    while True:
        found = cloudformation.describe_stack_drift_detection_status(
            StackDriftDetectionId=detection
        )
        if found["DetectionStatus"] == FAILED:
            return found.get("DetectionStatusReason", FAILED)
        if found["DetectionStatus"] != IN_PROGRESS:
            return None
        if time.monotonic() >= end:
            return f"It was not done after {PATIENCE_SECONDS:g} seconds."
        time.sleep(POLL_SECONDS)


def _differing(cloudformation: CloudFormationClient, name: str) -> Iterator[str]:
    differing: list[Literal["MODIFIED", "DELETED"]] = ["MODIFIED", "DELETED"]
    ask = partial(
        cloudformation.describe_stack_resource_drifts,
        StackName=name,
        StackResourceDriftStatusFilters=differing,
    )
    page = ask()
    while True:
        yield from filter(None, map(_words, page["StackResourceDrifts"]))
        if not (token := page.get("NextToken")):
            return
        page = ask(NextToken=token)


def _words(drift: StackResourceDriftTypeDef) -> str | None:
    what = f"{drift['ResourceType']} {drift['LogicalResourceId']}"
    if drift["StackResourceDriftStatus"] == DELETED:
        return f"{what} was deleted"
    differences = [each for each in drift.get("PropertyDifferences", ()) if not _is_our_own(each)]
    paths = [f"{each['PropertyPath']} {WORDS[each['DifferenceType']]}" for each in differences]
    return f"{what} ({', '.join(paths)})" if paths else None


def _is_our_own(difference: PropertyDifferenceTypeDef) -> bool:
    values = (difference.get("ExpectedValue", ""), difference.get("ActualValue", ""))
    return any(mark in value for mark in OUR_OWN for value in values)
