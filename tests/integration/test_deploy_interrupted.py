"""`deploy` and what comes between: somebody else, a signal, AWS, a creation that failed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from local.aws.trouble import Failure
from tests.integration.deploying import (
    APP,
    CANARY,
    SECOND,
    Deploying,
    configuration,
    deploying,
    synthesised_here,
)
from tests.integration.typed import Typed, typed
from tests.unit.cli.conftest import terminal
from tests.unit.cli.terminal import Terminal
from tests.waits import wait_until

__all__ = ["synthesised_here", "terminal"]

pytestmark = [
    pytest.mark.xdist_group("deploy interrupted"),
    pytest.mark.usefixtures("synthesised_here"),
]

ENV = f"Env-{CANARY}"
JSII = "jsii/_kernel/providers/process.py"
BEGUN = f"{ENV} has begun"
WAYS = (
    pytest.param(Typed.press_ctrl_c, id="Ctrl-C"),
    pytest.param(Typed.terminate, id="SIGTERM", marks=pytest.mark.long),
)
GOING_ON = f"AWS still works on this, perhaps for a deployment that was interrupted: Stack {APP}-"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deploying]:
    with deploying(tmp_path_factory.mktemp("interrupted")) as made:
        yield made


def begin(platform: Deploying, *arguments: str) -> AbstractContextManager[Typed]:
    """A deployment at a terminal."""
    state = ("--local", "--state", str(platform.layout.state))
    return typed("deploy", *state, "--settle", "0s", *arguments)


def is_updating(platform: Deploying) -> bool:
    return platform.status(ENV) == "UPDATE_IN_PROGRESS"


def finish(platform: Deploying) -> None:
    """Let AWS finish what it works on."""
    platform.hold()
    wait_until("AWS has finished", lambda: not is_updating(platform))


def test_it_waits_for_what_somebody_else_deploys(
    platform: Deploying, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.hold(ENV)
    found = platform.cloudformation.get_template(StackName=f"{APP}-{ENV}")["TemplateBody"]
    platform.cloudformation.update_stack(
        StackName=f"{APP}-{ENV}",
        TemplateBody=json.dumps({**found, "Description": "Somebody else's"}),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    platform.write(configuration(MaxWorkers=11))

    told = platform.deploy(terminal)
    assert told.status == 1
    assert f"{GOING_ON}{ENV} (UPDATE_IN_PROGRESS)" in told.said
    assert "(--wait 60m)" in told.said
    assert (platform.is_locked(), platform.workers(CANARY)) == (False, 10)

    monkeypatch.setattr("cli.deploy.patience.time.sleep", lambda _: finish(platform))
    waited = platform.deploy(terminal, "--wait", "5")
    assert waited.status == 0, waited.said
    assert "(UPDATE_IN_PROGRESS). Waiting." in waited.said
    assert (platform.workers(CANARY), platform.workers(SECOND)) == (11, 11)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_deployed_where_the_question_is_interrupted(
    platform: Deploying, way: Callable[[Typed], None]
) -> None:
    platform.write(configuration(MaxWorkers=12))
    with begin(platform) as asking:
        asking.wait_for("Deploy this? [y/N]")
        assert platform.is_locked()
        way(asking)
        assert asking.end() not in {0, None}
    # jsii, which this process alone has, tells of its own end.
    assert asking.said.count(" Traceback") == asking.said.count(JSII)
    assert not platform.is_locked()
    assert platform.workers(CANARY) != 12


@pytest.mark.parametrize("way", WAYS)
def test_an_interrupted_deployment_is_explained_and_continued_by_the_next(
    platform: Deploying, terminal: Terminal, way: Callable[[Typed], None]
) -> None:
    workers = 13 if way is Typed.press_ctrl_c else 14
    platform.write(configuration(MaxWorkers=workers))
    platform.hold(ENV)
    with begin(platform) as interrupted:
        interrupted.wait_for("Deploy this? [y/N]")
        interrupted.answer("y")
        interrupted.wait_for(BEGUN)
        way(interrupted)
        assert interrupted.end() == 1
    assert "The deployment was interrupted." in interrupted.said
    assert f"CloudFormation goes on with {ENV} by itself" in interrupted.said
    assert not platform.is_locked()

    told = platform.deploy(terminal)
    assert (told.status, f"{GOING_ON}{ENV}" in told.said) == (1, True), told.said

    finish(platform)
    continued = platform.deploy(terminal)
    assert continued.status == 0, continued.said
    assert (platform.workers(CANARY), platform.workers(SECOND)) == (workers, workers)


def test_of_two_deployments_at_once_the_second_waits_and_has_nothing_left_to_do(
    platform: Deploying,
) -> None:
    patient = ("--yes", "--wait", "30")
    platform.write(configuration(MaxWorkers=15))
    platform.hold(ENV)
    with begin(platform, *patient) as first, begin(platform, *patient) as second:
        wait_until("one has begun", lambda: is_updating(platform))
        wait_until(
            "the other waits",
            lambda: any("Waiting." in each.said for each in (first, second)),
        )
        finish(platform)
        assert (first.end(), second.end()) == (0, 0)
    assert (platform.workers(CANARY), platform.workers(SECOND)) == (15, 15)
    assert not platform.is_locked()


def test_a_killed_deployment_leaves_its_lock_which_the_next_one_says_how_to_break(
    platform: Deploying, terminal: Terminal
) -> None:
    platform.write(configuration(MaxWorkers=16))
    platform.hold(ENV)
    with begin(platform, "--yes") as killed:
        killed.wait_for(BEGUN)
        killed.kill()
        killed.end()
    told = platform.deploy(terminal)
    assert (told.status, platform.is_locked()) == (1, True)
    assert "If you are sure that it was killed" in told.said
    holder = told.said.partition("--break-lock ")[2].split()[0]

    finish(platform)
    broken = platform.deploy(terminal, "--break-lock", holder)
    assert broken.status == 0, broken.said
    assert (platform.workers(CANARY), platform.workers(SECOND)) == (16, 16)
    assert not platform.is_locked()


def test_what_a_failed_creation_left_is_unprotected_and_made_again(
    platform: Deploying, terminal: Terminal
) -> None:
    raw = configuration(MaxWorkers=16)
    third = {**raw["MwaaEnvironments"][1], "Name": "third", "VpcCIDR": "10.3.0.0/16", "Wave": 3}
    raw["MwaaEnvironments"].append(third)
    platform.write(raw)
    platform.fail(Failure(stack=f"{APP}-Env-third", logical_id="Airflow", operation="create"))
    failed = platform.deploy(terminal)
    assert failed.status == 1
    [left] = platform.cloudformation.describe_stacks(StackName=f"{APP}-Env-third")["Stacks"]
    assert (left["StackStatus"], left["EnableTerminationProtection"]) == ("ROLLBACK_COMPLETE", True)

    made = platform.deploy(terminal)
    assert "Env-third has no resources since its creation failed; it is created again." in made.said
    [again] = platform.cloudformation.describe_stacks(StackName=f"{APP}-Env-third")["Stacks"]
    assert again["EnableTerminationProtection"]
    assert again["StackStatus"] == "CREATE_COMPLETE", made.said
