"""Reports about very many files."""

from __future__ import annotations

import pytest

from cli.check.bounds import MOST_FINDINGS, first_findings, first_names, shortened
from errors import Finding, Level


def wrong(number: int, level: Level = Level.WARNING) -> Finding:
    return Finding(level=level, subject=f"dags/{number}.py", message="No.", remedy="Correct it.")


@pytest.mark.parametrize("level", [Level.WARNING, Level.ERROR])
def test_what_is_left_out_is_counted_and_as_grave_as_it_is(level: Level) -> None:
    fine = Finding(level=Level.OK, subject="plugins", message="are imported")
    all_ = [*map(wrong, range(MOST_FINDINGS)), fine, *(wrong(-1, level) for _ in range(9900))]
    *told, last = first_findings(all_, "DAGs")
    assert told == all_[: MOST_FINDINGS + 1]
    assert last.level is level
    assert last.message.startswith("9,900 more")


def test_nothing_is_left_out_of_what_is_short() -> None:
    all_ = [*map(wrong, range(MOST_FINDINGS))]
    assert [*first_findings(all_, "DAGs")] == all_
    assert first_names(["a", "b"]) == "a, b"
    assert shortened("short") == "short"


def test_names_and_errors_are_cut() -> None:
    assert first_names([*map(str, range(10_000))]) == "0, 1, 2, 3, 4 and 9,995 more"
    assert len(shortened("x" * (1 << 20))) < 1100
