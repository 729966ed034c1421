"""What is in the way of a deployment."""

from __future__ import annotations

from cli.deploy.obstacles import going_on_error, obstacles, passes
from cli.deploy.preparation import missing_before
from cli.plan.consequences import plan
from cli.plan.plan import Plan
from cli.plan.states import environment_trouble, foreign_stack, stack_trouble
from errors import Finding
from tests.unit.cli.plan.applications import SUBNET, application, stack

NAMES = {"app-Env-lake", "lake"}


def uncertain(*findings: Finding | None) -> Plan:
    return Plan(before="", stacks=(), uncertain=tuple(each for each in findings if each))


def found(status: str, *, of: str = "stack") -> list[Finding]:
    """What is in the way where the stack, or the environment, is in a status."""
    trouble = (
        stack_trouble("app-Env-lake", "Env-lake", status)
        if of == "stack"
        else environment_trouble("lake", status)
    )
    assert trouble
    return list(obstacles(uncertain(trouble), NAMES))


def test_what_goes_on_is_waited_for() -> None:
    for each in (found("UPDATE_IN_PROGRESS"), found("MAINTENANCE", of="environment")):
        [finding] = each
        assert passes(finding)
    [finding] = found("UPDATE_IN_PROGRESS")
    error = going_on_error([finding], "in AWS")
    assert "Stack app-Env-lake (UPDATE_IN_PROGRESS)" in error.message
    assert "--wait 60m" in error.remedy


def test_what_the_deployment_itself_ends_is_in_no_way() -> None:
    assert found("ROLLBACK_COMPLETE") == found("REVIEW_IN_PROGRESS") == []
    assert found("UPDATE_FAILED", of="environment") == []


def test_what_somebody_must_mend_stops() -> None:
    stops = [
        *found("UPDATE_ROLLBACK_FAILED"),
        *found("UPDATE_FAILED"),
        *found("CREATE_FAILED", of="environment"),
        *obstacles(uncertain(foreign_stack("app-Env-lake")), NAMES),
    ]
    assert len(stops) == 4
    assert not any(map(passes, stops))


def test_what_is_not_deployed_now_is_in_no_way() -> None:
    other = stack_trouble("app-Env-other", "Env-other", "UPDATE_IN_PROGRESS")
    assert list(obstacles(uncertain(other), NAMES)) == []


def test_what_chosen_stacks_need_is_named() -> None:
    network = stack("Network", Subnet=SUBNET)
    lake = stack("Env-lake", depends_on=("Network",), Subnet=SUBNET)
    new = plan(application(), application(network, lake), described="")
    assert missing_before(new, {"Env-lake"}) == ["Network"]
    assert missing_before(new, {"Env-lake", "Network"}) == []
    added = plan(application(network), application(network, lake), described="")
    assert missing_before(added, {"Env-lake"}) == []
