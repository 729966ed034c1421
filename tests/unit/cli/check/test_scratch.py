"""What is left of what a team's code makes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.check.scratch import scratch_folder

DEEP = 1500


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
