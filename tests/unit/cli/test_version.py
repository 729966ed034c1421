"""The version: one, wherever it is written."""

from __future__ import annotations

import re

import pytest

from cli.github.release import notes
from cli.version import version
from errors import PlatformError
from local.layout import ROOT
from tests.unit.cli.terminal import Terminal


def test_it_is_shown_and_is_the_newest_of_the_changelog(terminal: Terminal) -> None:
    newest = re.findall(r"^## (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)[0]
    assert terminal.type("--version").out == f"{newest}\n"


def test_a_release_says_what_changed_in_it_alone() -> None:
    said = notes(f"v{version()}")
    assert "## " not in said
    assert said


@pytest.mark.parametrize("tag", ["v0.0.1", "0.1.0", "", "v0.1.0\x1b[2J"])
def test_another_tag_is_refused(tag: str) -> None:
    with pytest.raises(PlatformError, match="and the version is") as refused:
        notes(tag)
    assert "\x1b" not in str(refused.value)


def test_the_words_of_a_command_are_completed(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_MWAA_PLATFORM_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "mwaa-platform gra")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert terminal.type().out.split() == ["grants"]
