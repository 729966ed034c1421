"""The options that write docs/changes-tried.md and docs/failed-deployments.md."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.updates.changes_table import Row, write

# What they assert is told as in a test.
pytest.register_assert_rewrite("tests.updates.failures")

Record = Callable[[Row], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-failed-deployments",
        action="store_true",
        help="write docs/failed-deployments.md, after a run with --long",
    )
    parser.addoption(
        "--write-changes",
        action="store_true",
        help="write what came of each change of a run with --long into docs/changes-tried.md",
    )


@pytest.fixture(scope="session")
def record(pytestconfig: pytest.Config) -> Record:
    """Takes down what a change came to, once everything that it must be is seen."""
    writes = bool(pytestconfig.getoption("--write-changes", default=False))
    return write if writes else lambda _: None


@pytest.fixture
def writes(pytestconfig: pytest.Config) -> bool:
    """Whether docs/failed-deployments.md is being written, and need not be right yet."""
    return bool(pytestconfig.getoption("--write-failed-deployments", default=False))
