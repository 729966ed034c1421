"""Commands and output in docs/grants.md."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from authenticator.grants import MAX_PRINCIPALS
from config.grants import Grant
from local.layout import ROOT
from tests.unit.cli.terminal import Commands

BLOCKED_AT = 4_070_908_800  # 2099-01-01
BLOCKED_BY = "arn:aws:sts::111122223333:assumed-role/PlatformTeam/grace"
DOCUMENT = (ROOT / "docs" / "grants.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.S)


def shown() -> Iterator[tuple[list[str], str]]:
    """Each command that the document shows, and what it says then."""
    for block in blocks("console"):
        for command, said in re.findall(
            r"^\$ ./mwaa-platform (.*)\n((?:(?!\$ ).*\n)*)", block, re.M
        ):
            yield shlex.split(command), said.strip()


def test_the_commands_of_daily_operation_work(commands: Commands) -> None:
    operating = (ROOT / "docs" / "operating.md").read_text()
    section = operating.partition("## Who may open what\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\./mwaa-platform grants (.+)$", section, re.M)
    assert len(lines) == 2
    for line in lines:
        done = commands.grants(*shlex.split(line))
        assert done.status == 0, done.said


def test_every_command_says_what_the_document_shows(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(commands.configuration.parent)
    ours, sample = blocks("csv")
    commands.configuration.with_name("people.csv").write_text(ours)
    examples = list(shown())
    assert len(examples) == 10
    monkeypatch.setattr("cli.grants.blocking.time", SimpleNamespace(time=lambda: BLOCKED_AT))
    monkeypatch.setattr("cli.grants.blocking._caller", lambda _: BLOCKED_BY)
    for (group, command, *arguments), said in examples:
        assert group == "grants"
        result = commands.grants(command, *arguments)
        assert result.status == said.startswith("✗"), result.said
        assert result.out.strip() == said, command

    commands.configuration.with_name("sample.csv").write_text(sample)
    assert commands.grants("import", "sample.csv").status == 0


def test_the_number_of_groups_that_count_is_right() -> None:
    [number] = re.findall(r"very many groups the first (\d+) count", DOCUMENT)
    others = ("user", "subject")
    assert int(number) == MAX_PRINCIPALS - len(others)


def test_the_declared_grant_is_right() -> None:
    [declared] = blocks("json")
    assert Grant.model_validate(json.loads(declared)).principal == "user:ada@example.com"
