"""A developer with a project of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.local_airflow.developer import Developer
from tests.unit.cli.terminal import Terminal


@pytest.fixture
def developer(terminal: Terminal, tmp_path: Path) -> Developer:
    """With a profile `work` and an empty project."""
    return Developer(terminal=terminal, home=tmp_path, project=tmp_path / "project")
