"""Removal of an environment, also where another run has removed a part of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from cli.deploy import destroy
from cli.deploy.destroy import DELETED, DELETING, Removal
from cli.deploy.health import Health
from cli.deploy.lock import Holder, Lock, lock_name
from cli.deploy.states import State, read_states
from cli.deployed import DeployedStacks
from tests.unit.cli.terminal import Commands, Result
from tests.unit.local.aws.stand_in import StandIn


@pytest.mark.parametrize(
    ("statuses", "calls"),
    [
        (["UPDATE_COMPLETE", DELETING, None], ["update_termination_protection", "delete_stack"]),
        ([DELETING, DELETING, None], []),
        ([DELETED, DELETED], []),
        ([None, None], []),
    ],
)
def test_nothing_is_asked_of_a_stack_that_goes(
    statuses: list[str | None], calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloudformation, left = MagicMock(), iter(statuses)
    platform: Any = SimpleNamespace(
        session=SimpleNamespace(client=lambda _: cloudformation),
        outline=SimpleNamespace(app_name="platform"),
        place="in AWS",
    )

    def states(_: object) -> dict[str, State]:
        status = next(left)
        since = datetime(2026, 1, 1, tzinfo=UTC)
        state = State(id="1", status=status or "", since=since, protected=True)
        return {"Env-a": state} if status else {}

    monkeypatch.setattr(destroy, "read_states", states)
    monkeypatch.setattr(destroy, "POLL_SECONDS", 0)
    monkeypatch.setattr(Health, "forget", lambda *_: None)
    Removal(platform=platform, environment="a", stacks=["Env-a"], kept=()).run(MagicMock())
    assert [name for name, *_ in cloudformation.method_calls] == calls


@pytest.fixture
def app_name(commands: Commands, clients: Mapping[str, Any]) -> str:
    """The application, with a stack of the environment `analytics`."""
    name = str(json.loads(commands.configuration.read_text())["AppName"])
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": f"/{name}"}}
    clients["cloudformation"].create_stack(
        StackName=f"{name}-Env-analytics", TemplateBody=json.dumps({"Resources": {"Logs": group}})
    )
    return name


def typed(commands: Commands) -> Result:
    file = str(commands.configuration)
    return commands.type("destroy", "analytics", "--confirm", "analytics", "-c", file)


def test_it_looks_at_what_there_is_when_no_other_deployment_changes_it(
    commands: Commands, app_name: str, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = Lock(ssm=stand_in.session.client("ssm"), name=lock_name(app_name))
    looked: list[Holder | None] = []

    def read(platform: DeployedStacks) -> Mapping[str, State]:
        looked.append(lock.holder())
        return read_states(platform)

    monkeypatch.setattr(destroy, "read_states", read)
    assert typed(commands).status == 0
    assert looked
    assert all(looked)
    assert lock.holder() is None


def test_what_was_kept_for_the_next_deployment_goes_with_the_environment(
    commands: Commands, app_name: str, stand_in: StandIn
) -> None:
    ssm = stand_in.session.client("ssm")
    parameter = f"/{app_name}/import-errors-before"
    counts = {"analytics": 2, "reporting": 1}
    ssm.put_parameter(Name=parameter, Type="String", Value=json.dumps(counts))
    removed = typed(commands)
    assert removed.status == 0, removed.said
    left = ssm.get_parameter(Name=parameter)["Parameter"]["Value"]
    assert json.loads(left) == {"reporting": 1}


def test_it_stops_when_its_lock_was_broken(
    commands: Commands, app_name: str, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssm = stand_in.session.client("ssm")

    def shows(_: Removal) -> None:
        ssm.delete_parameter(Name=lock_name(app_name))

    monkeypatch.setattr(destroy, "_show", shows)
    stopped = typed(commands)
    assert stopped.status == 1
    assert "The lock of this run was broken" in stopped.said
    cloudformation = stand_in.session.client("cloudformation")
    [stack] = cloudformation.describe_stacks(StackName=f"{app_name}-Env-analytics")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
