"""docs/changes-tried.md has every change of the long run, with the policy of its key."""

from __future__ import annotations

from config.reference.changes import link
from tests.updates.changes_table import COMMAND, DOCUMENT
from tests.updates.long_changes import CHANGES


def test_every_change_has_a_row_with_its_policy() -> None:
    text = DOCUMENT.read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    for change, line in zip(CHANGES, rows, strict=True):
        _, words, policy, *_ = (cell.strip() for cell in line.split("|"))
        assert (words, policy) == (change.words, link(change.policy, page="changes.md"))
    assert COMMAND in text
