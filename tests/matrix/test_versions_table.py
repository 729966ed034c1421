"""The table of docs/airflow-versions.md."""

from __future__ import annotations

import pytest

from tests.matrix.versions import EVERY
from tests.matrix.versions_table import DOCUMENT, HEADING, Tally, row, version_of

PACKAGES = slice(1, 4)  # the version, its sender, its client


def test_every_version_has_a_row_with_the_packages_of_its_lock() -> None:
    _, _, table = DOCUMENT.read_text().partition(HEADING)
    rows = [line for line in table.splitlines() if line.startswith(("| 2.", "| 3."))]
    for version, line in zip(EVERY, rows, strict=True):
        assert _cells(line)[PACKAGES] == _cells(row(version, Tally()))[PACKAGES]


@pytest.mark.parametrize(
    ("test", "version"),
    [
        ("tests/matrix/test_events.py::test_x[2.10.3]", "2.10.3"),
        (
            "tests/matrix/test_outages.py::test_x[2.10.1-the-catalogue-fails]@airflow-2.10.1",
            "2.10.1",
        ),
        ("tests/matrix/test_loading.py::test_x[as it is-3.0.6]", "3.0.6"),
        ("tests/matrix/test_versions_table.py::test_x", None),
    ],
)
def test_a_tests_id_tells_its_version(test: str, version: str | None) -> None:
    assert version_of(test) == version


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]
