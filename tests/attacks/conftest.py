"""A running platform under attack, and the option that writes down what came of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.scene import Scene, attacked
from tests.attacks.table import ATTACKS, DOCUMENT, render
from tests.conftest import Platform

Results = dict[str, list[str]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-attacks", action="store_true", help="write docs/attacks.md from what was found"
    )


@pytest.fixture(scope="session")
def scene(platform: Platform) -> Iterator[Scene]:
    with attacked(platform) as scene:
        yield scene


@pytest.fixture(scope="session")
def writes(pytestconfig: pytest.Config) -> bool:
    """Whether the document is being written, and need not be right yet."""
    return bool(pytestconfig.getoption("--write-attacks", default=False))


@pytest.fixture(scope="session")
def results(writes: bool) -> Iterator[Results]:
    """What each attack that has run came to."""
    results: Results = {}
    yield results
    if writes and len(results) == len(ATTACKS):
        DOCUMENT.write_text(render(results))
