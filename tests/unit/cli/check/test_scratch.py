"""What is left of what a team's code makes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.check import command
from cli.check.scratch import scratch_folder
from cli.check.shipped import ShippedFiles
from errors import Finding
from tests.unit.cli.check.team import Team

DEEP, INTERRUPTED = 1100, 130


def test_a_check_that_is_terminated_leaves_nothing(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a CI does to a job that is cancelled."""
    seen: list[Path] = []

    def terminated(shipped: ShippedFiles) -> Iterator[Finding]:
        seen.append(shipped.home)
        os.kill(os.getpid(), signal.SIGTERM)
        yield from ()

    monkeypatch.setattr(command, "CHECKS", {"one": terminated})
    former = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        assert team.check().status == INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, former)
    assert seen
    assert not seen[0].exists()


def test_nothing_is_left_however_deep_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with scratch_folder() as folder:
        (kept := folder.parent / f"{folder.name}-kept").mkdir()
        (folder / "link").symlink_to(kept)
        monkeypatch.chdir(folder)
        for _ in range(DEEP):
            Path("deeper").mkdir()
            os.chdir("deeper")
        Path("closed").mkdir(mode=0)
        os.chdir("/")
    assert not folder.exists()
    kept.rmdir()
