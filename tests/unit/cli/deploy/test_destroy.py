"""Removal of stacks that another run has deleted, or has begun to delete."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from cli.deploy import destroy
from cli.deploy.destroy import DELETED, DELETING, Removal
from cli.deploy.states import State


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
    Removal(platform=platform, environment="a", stacks=["Env-a"], kept=()).run()
    assert [name for name, *_ in cloudformation.method_calls] == calls
