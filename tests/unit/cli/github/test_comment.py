"""`github comment` and `github summary`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loopback import Response
from tests.unit.cli.github.conftest import NUMBER
from tests.unit.cli.terminal import Result, Terminal
from tests.workflows.github import BOT, LONGEST, TOKEN, GitHub

MARK = "<!-- mwaa-platform: plan -->"


@pytest.fixture
def comment(terminal: Terminal, file: Path) -> Comment:
    return Comment(terminal, file)


class Comment:
    """The command, asked to write a file."""

    def __init__(self, terminal: Terminal, file: Path) -> None:
        self._terminal, self._file = terminal, file

    def __call__(self, *arguments: str) -> Result:
        done = self._terminal.type("github", "comment", "--file", str(self._file), *arguments)
        assert TOKEN not in done.out + done.err
        return done


def test_the_comment_is_found_behind_a_hundred_others(github: GitHub, comment: Comment) -> None:
    other = {"user": BOT, "id": 1, "body": "Looks good."}
    github.comments[NUMBER] = [dict(other) for _ in range(100)]
    assert comment().status == 0
    assert comment().status == 0
    assert [each for each in github.bodies(NUMBER) if MARK in each] == [f"{MARK}\nA **plan**.\n"]


def test_the_comment_of_a_person_who_copied_the_mark_is_left_alone(
    github: GitHub, comment: Comment
) -> None:
    theirs = {"user": {"login": "eve", "type": "User"}, "id": 1, "body": f"{MARK}\nAll is fine."}
    github.comments[NUMBER] = [dict(theirs)]
    comment()
    assert github.comments[NUMBER][0] == theirs
    assert len(github.comments[NUMBER]) == 2


def test_on_a_laptop_a_person_changes_their_own_comment_alone(
    github: GitHub, comment: Comment
) -> None:
    github.login = "ada"
    github.comments[9] = [{"user": BOT, "id": 1, "body": MARK}]
    for _ in range(2):
        assert comment("--number", "9").status == 0
    assert github.bodies(9) == [MARK, f"{MARK}\nA **plan**.\n"]


def test_comments_of_two_names_stand_beside_each_other(github: GitHub, comment: Comment) -> None:
    comment()
    comment("--name", "plan-of-test")
    assert len(github.bodies(NUMBER)) == 2


def test_a_token_that_may_only_read_is_said_and_no_error(github: GitHub, comment: Comment) -> None:
    github.may_write = False
    done = comment()
    assert done.status == 0
    assert "No comment was written." in done.said
    assert "fork" in done.said


def test_what_is_longer_than_github_takes_is_cut_between_lines(
    github: GitHub, comment: Comment, file: Path
) -> None:
    file.write_text("- a line of twenty\n" * 4000)
    assert comment().status == 0
    [body] = github.bodies(NUMBER)
    assert LONGEST - 30 < len(body) <= LONGEST
    [*lines, _, note] = body.strip().splitlines()
    assert set(lines[1:]) == {"- a line of twenty"}
    assert "left out" in note


def test_what_several_commands_say_is_one_comment_which_stays_one(
    github: GitHub, comment: Comment, file: Path
) -> None:
    (check := file.with_name("check.md")).write_text("A **check**.\n")
    for _ in range(2):
        assert comment("--file", str(check)).status == 0
    assert github.bodies(NUMBER) == [f"{MARK}\nA **plan**.\n\nA **check**.\n"]


@pytest.mark.parametrize("first_is_long", [True, False])
def test_a_long_one_leaves_the_other_its_room(
    github: GitHub, comment: Comment, file: Path, *, first_is_long: bool
) -> None:
    long, short = "- a line of twenty\n" * 4000, "- short\n" * 2000
    other = file.with_name("check.md")
    file.write_text(long if first_is_long else short)
    other.write_text(short if first_is_long else long)
    assert comment("--file", str(other)).status == 0
    [body] = github.bodies(NUMBER)
    assert LONGEST - 30 < len(body) <= LONGEST
    assert body.count("- short\n") == 2000
    assert body.count("left out") == 1


def test_two_long_ones_get_a_half_each(github: GitHub, comment: Comment, file: Path) -> None:
    other = file.with_name("check.md")
    file.write_text("- of the plan\n" * 5000)
    other.write_text("- of the check\n" * 5000)
    assert comment("--file", str(other)).status == 0
    [body] = github.bodies(NUMBER)
    assert len(body) <= LONGEST
    halves = [body.count(each) * len(each) for each in ("- of the plan\n", "- of the check\n")]
    assert min(halves) > LONGEST / 2 - 300


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response(500, b'{"message": "Oh"}'), "GitHub answers 500: Oh"),
        (Response(200, b"<html>"), "GitHub did not answer as it should (JSONDecodeError)."),
        (Response(401, f'{{"message": "{TOKEN} is bad"}}'.encode()), "accept the token: *** is"),
        (Response(403, b"{}", {"X-RateLimit-Remaining": "0"}), "limits the calls of this token"),
        (Response(404, b'{"message": "Not Found"}'), "GitHub answers 404: Not Found"),
    ],
    ids=["broken", "a proxy's page", "a bad token", "a limit", "no such repository"],
)
def test_what_goes_wrong_is_an_error_without_the_token(
    answer: Response, said: str, github: GitHub, comment: Comment
) -> None:
    github.answers = [answer]
    done = comment()
    assert done.status == 1
    assert said in done.said
    assert github.comments == {}


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("GITHUB_TOKEN", "", "GITHUB_TOKEN is not set."),
        ("GITHUB_REPOSITORY", "a/b/../../c", "GITHUB_REPOSITORY is no name of a repository."),
        ("GITHUB_TOKEN", f"{TOKEN}\nX: y", "GitHub did not answer as it should"),
        ("GITHUB_API_URL", "http://127.0.0.1:1", "GitHub did not answer as it should"),
        ("GITHUB_REF", "refs/heads/main", "This is no workflow of a pull request."),
    ],
)
def test_an_environment_that_is_no_jobs(
    variable: str, value: str, said: str, comment: Comment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    done = comment()
    assert done.status in {1, 2}
    assert said in done.said


def test_plain_text_is_shown_as_it_is(github: GitHub, comment: Comment, file: Path) -> None:
    file.write_text("```\n@everyone <b>\x1b[31m\n")
    comment("--text")
    assert github.bodies(NUMBER) == [f"{MARK}\n````text\n```\n@everyone <b>\\x1b[31m\n````\n"]


def test_a_summary_is_added_to_that_of_the_job(
    terminal: Terminal, tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert terminal.type("github", "summary", "--file", str(file)).out == "A **plan**.\n"
    (summary := tmp_path / "summary.md").write_text("Before.\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert terminal.type("github", "summary", "--file", str(file)).out == ""
    assert summary.read_text() == "Before.\nA **plan**.\n"
    assert terminal.type("github", "summary", "--file", str(tmp_path / "none")).status == 0
    assert "wrote nothing" in summary.read_text()
    both = ("--file", str(file), "--file", str(file))
    assert terminal.type("github", "summary", *both).status == 0
    assert summary.read_text().endswith("A **plan**.\n\nA **plan**.\n")
