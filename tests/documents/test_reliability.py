"""docs/reliability.md has the results that are kept, and names what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local.layout import ROOT
from tests.campaign import inputs, results

TEXT = results.DOCUMENT.read_text()


def test_the_tables_are_those_of_the_results() -> None:
    assert results.document(TEXT, results.read_results()) == TEXT


def test_runs_add_up(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text("{}")
    for lost in (0, 1):
        results.add("kills", "deploy", tried=3, lost=lost, seconds=60, file=file)
    made = results.document("<!-- kills -->\n<!-- end of kills -->\n", results.read_results(file))
    assert "| deploy | 6 | 5 | 1 | 2.0 min |" in made


def test_a_table_without_a_place_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text("{}")
    results.add("fuzz", "token", tried=1, lost=0, seconds=1, file=file)
    with pytest.raises(LookupError, match="fuzz"):
        results.document("", results.read_results(file))


def test_every_target_has_a_result_and_says_what_it_reads() -> None:
    names = set(inputs.names())
    assert {*results.read_results()["fuzz"]} == names
    described = TEXT.partition("## Hostile inputs")[2].partition("```")[0]
    assert set(re.findall(r"(?m)^\| ([a-z-]+) \| \D", described)) == names


def test_the_tests_that_it_names_are_there() -> None:
    for path in re.findall(r"`(tests/[\w/.]+)`", TEXT):
        assert (ROOT / path).exists(), path
