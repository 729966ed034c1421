"""The stops that docs/architecture.md lists are in the files that it names."""

from __future__ import annotations

import ast
import re

import pytest

from local.layout import ROOT

ROWS = re.findall(
    r"^\| (\d+\. .+) \| `(.+\.py)` \|$", (ROOT / "docs" / "architecture.md").read_text(), re.M
)
MOST_STOPS, MOST_FILES = 20, 12
"""Bounds of the longest way: that of a catalogue, which the page has last."""


@pytest.mark.parametrize(("stops", "file"), ROWS)
def test_a_stop_is_defined_where_the_page_says(stops: str, file: str) -> None:
    named = re.findall(r"\d+\. `(\w+)`", stops)
    tree = ast.parse((ROOT / file).read_text())
    defined = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    assert named
    assert {*named} <= defined


def test_a_catalogue_has_few_stops_in_few_files() -> None:
    starts = [index for index, (stops, _) in enumerate(ROWS) if stops.startswith("1. ")]
    assert len(starts) == 3
    way = ROWS[starts[-1] :]
    numbers = [int(each) for stops, _ in way for each in re.findall(r"(\d+)\. `", stops)]
    assert numbers == [*range(1, len(numbers) + 1)]
    assert len(numbers) <= MOST_STOPS
    assert len({file for _, file in way}) <= MOST_FILES
