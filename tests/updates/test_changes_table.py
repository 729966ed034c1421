"""docs/changes-tried.md has every change of the long run, with the policy of its key."""

from __future__ import annotations

from config.reference.changes import link
from tests.updates.changes_table import COMMAND, DOCUMENT, HEAD, lines
from tests.updates.long_changes import CHANGES


def test_every_change_has_a_row_with_its_policy() -> None:
    policies = {words: row.split("|")[2].strip() for words, row in lines().items()}
    assert policies == {each.words: link(each.policy, page="changes.md") for each in CHANGES}
    assert COMMAND in DOCUMENT.read_text()


def test_the_document_says_how_its_rows_were_made_as_the_generator_does() -> None:
    said = HEAD.partition("{command}")[0]
    assert "not made yet" in said
    assert DOCUMENT.read_text().startswith(said)
