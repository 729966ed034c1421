"""`github issue`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.terminal import Result, Terminal
from tests.workflows.github import BOT, TOKEN, GitHub


class Issue:
    """The command, for one name."""

    def __init__(self, terminal: Terminal, file: Path) -> None:
        self._terminal, self._file = terminal, file

    def __call__(self, *arguments: str) -> Result:
        done = self._terminal.type("github", "issue", *arguments)
        assert TOKEN not in done.out + done.err
        return done

    def found(self, name: str = "doctor") -> Result:
        return self("--name", name, "--title", "Something", "--file", str(self._file))


@pytest.fixture
def issue(terminal: Terminal, file: Path) -> Issue:
    return Issue(terminal, file)


def test_an_issue_is_changed_while_it_is_open_and_closed_with_a_word(
    github: GitHub, issue: Issue, file: Path
) -> None:
    assert issue.found().said == "Issue 1 was opened."
    file.write_text("Something else.")
    assert issue.found().said == "Issue 1 was changed."
    assert "Something else." in github.issues[0]["body"]
    assert github.issues[0]["title"] == "Something"

    assert issue("--name", "doctor", "--close").said == "Issue 1 was closed."
    assert "All is well again." in github.bodies(1)[0]
    assert issue("--name", "doctor", "--close").said == "There is no open issue to close."
    assert issue.found().said == "Issue 2 was opened."


def test_issues_of_other_names_and_of_people_stay(github: GitHub, issue: Issue) -> None:
    issue.found("deployment")
    body = "<!-- mwaa-platform: doctor -->"
    eve = {"login": "eve", "type": "User"}
    theirs = {"number": 2, "state": "open", "labels": ["mwaa-platform"], "user": eve, "body": body}
    unlabelled = {**theirs, "number": 3, "labels": [], "user": BOT}
    github.issues += [theirs, unlabelled]
    assert issue("--name", "doctor", "--close").said == "There is no open issue to close."
    assert issue.found().said == "Issue 4 was opened."
    assert len(github.open_issues) == 4


def test_a_token_that_may_not_write_issues_is_an_error(github: GitHub, issue: Issue) -> None:
    github.may_write = False
    done = issue.found()
    assert done.status == 1
    assert "`permissions:`" in done.said


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [(("--title", "Something"), "--file"), (("--file", "x"), "--title")],
)
def test_what_a_new_issue_needs(arguments: tuple[str, ...], missing: str, issue: Issue) -> None:
    done = issue("--name", "doctor", *arguments)
    assert done.status == 2
    assert f"{missing} It is missing." in done.said
    assert issue("--name", "--> @eve", "--close").status == 2
