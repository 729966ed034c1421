"""The commands of `github` in a job, and a small GitHub that they call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflows.github import REPOSITORY, TOKEN, GitHub, running_github

NUMBER = 7


@pytest.fixture(autouse=True)
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """GitHub, in whose job for a pull request the commands run."""
    with running_github() as made:
        variables = {
            **made.variables,
            **made.oidc_variables,
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_REF": f"refs/pull/{NUMBER}/merge",
            "NO_PROXY": "127.0.0.1",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        for name in ("GITHUB_SERVER_URL", "GITHUB_STEP_SUMMARY"):
            monkeypatch.delenv(name, raising=False)
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "said.md"
    made.write_text("A **plan**.\n")
    return made
