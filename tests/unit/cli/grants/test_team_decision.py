"""The commands where a team's own decision stands in place of the grants."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.terminal import Commands

NOTE = "own.py decides who may open what (Authenticator.Decision)"
ADD = ("add", "-u", "ada@example.com", "-e", "analytics", "-r", "Op")


@pytest.fixture
def decided(commands: Commands) -> Commands:
    """The commands for a platform whose configuration names a decision, which must not run here."""
    module = commands.configuration.with_name("own.py")
    module.write_text("raise SystemExit(77)\ndef decide(question): ...\n")
    raw = json.loads(commands.configuration.read_text())
    raw["Authenticator"] = {"Decision": {"Module": module.name}}
    commands.configuration.write_text(json.dumps(raw))
    return commands


@pytest.mark.parametrize(
    "command",
    [
        ("list",),
        ADD,
        (*ADD, "--dry-run"),
        ("check", "ada@example.com"),
    ],
)
def test_each_command_says_that_grants_do_not_decide(
    command: tuple[str, ...], decided: Commands
) -> None:
    done = decided.grants(*command)
    assert done.status == 0
    assert NOTE in " ".join(done.err.split())


def test_without_a_decision_nobody_is_warned(commands: Commands) -> None:
    for command in (ADD, ("list",), ("check", "ada@example.com")):
        assert commands.grants(*command).err == ""


@pytest.mark.parametrize("granted", [True, False])
@pytest.mark.parametrize("question", [("-e", "analytics"), ("-r", "Op")])
def test_what_a_person_may_open_is_unknown(
    granted: bool, question: tuple[str, str], decided: Commands
) -> None:
    if granted:
        decided.grants(*ADD)
    checked = decided.grants("check", "ada@example.com", *question)

    assert checked.status == 2
    assert ("The grants say that" if granted else "The grants do not say that") in checked.said
    assert ("grant to ada@example.com, by hand" in checked.said) is granted
    assert "✓" not in checked.out
    assert "✗" not in checked.out


def test_a_block_holds_whatever_decides(decided: Commands) -> None:
    decided.grants(*ADD)
    assert decided.grants("block", "ada@example.com").status == 0
    for question in ((), ("-e", "analytics")):
        checked = decided.grants("check", "ada@example.com", *question)
        assert checked.status == 1
        assert "ada@example.com is blocked" in checked.said


def test_json_names_the_module_and_stays_json(decided: Commands) -> None:
    checked = decided.grants("check", "ada@example.com", "-e", "analytics", "--json")

    assert checked.status == 2
    assert json.loads(checked.out)["decision"].endswith("/own.py")
    assert json.loads(decided.grants("list", "--json").out) == []


def test_taking_away_and_importing_say_it_too(decided: Commands) -> None:
    file = decided.configuration.with_name("people.csv")
    file.write_text("user,environments,roles\nbob@example.com,analytics,Viewer\n")
    imported = decided.grants("import", str(file))
    removed = decided.grants("remove", "-u", "bob@example.com")

    assert (imported.status, removed.status) == (0, 0)
    assert NOTE in imported.said
    assert NOTE in removed.said
