"""An unknown environment gets the same message from every command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.terminal import Commands


@pytest.mark.parametrize(
    "command",
    [
        ("grants", "check", "ada@example.com"),
        ("lineage", "token", "set"),
        ("lineage", "check"),
        ("lineage", "build", "-o", "out"),
        ("requirements", "wheels"),
        ("local-airflow", "export", "--format", "astro"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_an_environment_that_is_not_there(
    command: tuple[str, ...], commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = ("-c", str(commands.configuration))
    near = commands.type(*command, "-e", "analitics", *file)
    assert near.status == 2
    assert "--environment There is no environment analitics in the configuration." in near.said
    assert near.said.endswith("Did you mean analytics?")
    strange = commands.type(*command, "-e", "\x1b[2J", *file)
    assert strange.status == 2
    assert "\x1b" not in strange.said
    assert strange.said.endswith("It has: Billing_2, analytics, reporting.")
