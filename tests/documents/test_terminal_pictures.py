"""docs/pictures shows what the commands show."""

from __future__ import annotations

from tests.documents.terminal_pictures import FOLDER, pictures


def test_the_pictures_are_current() -> None:
    there = {path.name: path.read_text() for path in FOLDER.glob("deploy-*.svg")}
    again = "run: .venv/bin/python -m tests.documents.terminal_pictures"
    assert there == pictures(), again


def test_they_ask_no_other_host() -> None:
    for path in FOLDER.glob("*.svg"):
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "url(http" not in text
        assert "@font-face" not in text
