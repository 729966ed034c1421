"""A team that ships files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.check.team import Team
from tests.unit.cli.terminal import Terminal


@pytest.fixture
def team(tmp_path: Path, terminal: Terminal) -> Team:
    folder = tmp_path / "team"
    folder.mkdir()
    return Team(folder=folder, terminal=terminal)
