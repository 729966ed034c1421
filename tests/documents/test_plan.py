"""docs/plan.md shows plans as they are."""

from __future__ import annotations

from tests.documents.plan_examples import BLOCK, CHANGES, FILE, render


def test_the_examples_are_current() -> None:
    page = FILE.read_text()
    assert render(page) == page, "run: .venv/bin/python -m tests.documents.plan_examples"


def test_every_change_is_shown_both_ways() -> None:
    shown = {(found[2], found[3]) for found in BLOCK.finditer(FILE.read_text())}
    assert shown == {(name, form) for name in CHANGES for form in ("terminal", "pull request")}


def test_the_plan_of_a_small_change_fits_on_a_screen() -> None:
    [harmless] = [
        found[0]
        for found in BLOCK.finditer(FILE.read_text())
        if (found[2], found[3]) == ("harmless", "pull request")
    ]
    assert len(harmless.splitlines()) <= 40
