"""Summary that `up` shows at its end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.console import Console

import console
from cli.up import show_summary
from local.summary import Summary

NAME = "an_environment_whose_name_is_as_long_as_names_of_environments_are_allowed_to_be"
GRANTS = f"{NAME} as Admin, Op, User, Viewer; every environment as Viewer"
SUMMARY = Summary(
    portal="https://portal.localhost:8443/",
    environments={NAME: "https://127.0.0.1:8444/"},
    ui_hosts={},
    lineage="http://127.0.0.1:5000/",
    aws="http://127.0.0.1:4566",
    ca="/somewhere/ca.pem",
    people={"ada@example.com": GRANTS},
    outputs={},
)


@pytest.mark.parametrize("width", [80, 140])
def test_names_and_addresses_are_whole_on_any_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Console(width=width, force_terminal=True, color_system=None)
    monkeypatch.setattr(console, "_out", screen)
    show_summary(SUMMARY, state=Path("/a folder"))
    said = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert f"Airflow {NAME}" in said
    assert SUMMARY.environments[NAME] in said
    assert "any password" in said
    assert GRANTS in " ".join(said.split())
    assert "./mwaa-platform down --state '/a folder' stops everything." in said
    assert all(line == line.rstrip() for line in said.splitlines())
