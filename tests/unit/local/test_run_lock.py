"""The lock of a state folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from errors import PlatformError
from local.run_lock import run_lock


def test_a_second_one_is_told_who_is_there_and_may_follow(tmp_path: Path) -> None:
    with (
        run_lock(tmp_path),
        pytest.raises(PlatformError, match=rf"process {os.getpid()}, since [\d:]+ UTC") as raised,
        run_lock(tmp_path),
    ):
        pass
    assert raised.value.place == str(tmp_path)
    with run_lock(tmp_path):
        pass


def test_each_folder_has_its_own(tmp_path: Path) -> None:
    with run_lock(tmp_path / "one"), run_lock(tmp_path / "other"):
        pass
