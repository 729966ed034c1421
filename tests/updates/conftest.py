"""The option that writes docs/changes-tried.md."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.updates.changes_table import Row, write
from tests.updates.long_changes import CHANGES


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-changes",
        action="store_true",
        help="write docs/changes-tried.md, after a run with --long",
    )


@pytest.fixture(scope="session")
def rows(pytestconfig: pytest.Config) -> Iterator[list[Row]]:
    """What each change that was made came to."""
    rows: list[Row] = []
    yield rows
    if pytestconfig.getoption("--write-changes", default=False) and len(rows) == len(CHANGES):
        write(rows)
