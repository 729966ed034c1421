"""The option that writes docs/failed-deployments.md."""

from __future__ import annotations

import pytest

# What they assert is told as in a test.
pytest.register_assert_rewrite("tests.updates.failures")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-failed-deployments",
        action="store_true",
        help="write docs/failed-deployments.md, after a run with --all-versions",
    )


@pytest.fixture
def writes(pytestconfig: pytest.Config) -> bool:
    """Whether the document is being written, and need not be right yet."""
    return bool(pytestconfig.getoption("--write-failed-deployments", default=False))
