"""docs/failed-deployments.md says which types of the platform's resources it does not have."""

from __future__ import annotations

import re

from tests.updates.failures_table import DOCUMENT, head, missing_types

TEXT = DOCUMENT.read_text()


def test_the_types_that_no_row_is_about_are_named() -> None:
    created = re.findall(r"^\| `(\S+)` \| \S+ \| creation \|", TEXT, re.M)
    [machine] = re.findall(r"^(\d{4}-\d\d-\d\d, .+):$", TEXT, re.M)

    assert len(created) > 30
    assert TEXT.startswith(head(machine, missing_types(created)))
