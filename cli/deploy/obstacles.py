"""States of what is to be deployed in which it takes no deployment, or none yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cli.plan.plan import Plan
from cli.plan.states import HOLDS_NOTHING
from errors import Finding, InputError, PlatformError

STACK, ENVIRONMENT = "Stack ", "Environment "
GOES_ON = {
    *((STACK, status) for status in HOLDS_NOTHING),
    # MWAA has taken it back to what it was, and takes updates.
    (ENVIRONMENT, "UPDATE_FAILED"),
}
"""Statuses that the deployment itself ends."""
PASSING = {(ENVIRONMENT, status) for status in ("CREATING", "UPDATING", "MAINTENANCE", "DELETING")}
"""Statuses that end by themselves, with those of stacks that are in progress."""


class ObstacleError(InputError):
    """Stacks and environments that take no deployment until somebody acts."""

    exit_status = 1


def obstacles(plan: Plan, names: Collection[str]) -> Iterator[Finding]:
    """What the plan is uncertain about, of stacks and environments of these names.

    Left out is what the deployment itself ends.
    """
    for finding in plan.uncertain:
        kind, name = _parts(finding)
        if name in names and (kind, finding.detail) not in GOES_ON:
            yield finding


def passes(finding: Finding) -> bool:
    """Whether that ends by itself."""
    kind, _ = _parts(finding)
    in_progress = kind == STACK and (finding.detail or "").endswith("_IN_PROGRESS")
    return in_progress or (kind, finding.detail) in PASSING


def going_on_error(findings: Collection[Finding], place: str) -> PlatformError:
    """Error of a deployment that finds another one, or its own former one, still going on."""
    listed = ", ".join(f"{each.subject} ({each.detail})" for each in findings)
    return PlatformError(
        f"AWS still works on this, perhaps for a deployment that was interrupted: {listed}.",
        place=place,
        remedy="Wait until it is over (--wait 60m). `./mwaa-platform explain` says since when it "
        "lasts.",
    )


def _parts(finding: Finding) -> tuple[str, str]:
    kind = next((each for each in (STACK, ENVIRONMENT) if finding.subject.startswith(each)), "")
    return kind, finding.subject.removeprefix(kind)
