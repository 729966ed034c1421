"""The option that writes docs/changes-tried.md."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.updates.changes_table import Row, write

Record = Callable[[Row], None]


def pytest_addoption(parser: pytest.Parser) -> None:
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
