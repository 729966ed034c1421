"""The configuration and the module in docs/own-decision.md."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest

from authenticator.decision import Question, RoleAccess
from authenticator.decision_process import DecisionProcess
from config.loader import parse_configuration
from local.layout import ROOT
from tests.unit.config.configurations import draft

DOCUMENT = (ROOT / "docs" / "own-decision.md").read_text()
GRANTED = {"finance": {"Op": RoleAccess(None, "user:ada@example.com, manual, finance")}}


def _shown(language: str) -> str:
    (block,) = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.S)
    return str(block)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    piece = json.loads(_shown("json"))
    path = tmp_path / str(piece["Authenticator"]["Decision"]["Module"])
    path.parent.mkdir()
    path.write_text(_shown("python"))
    configuration = parse_configuration(draft(**piece), source=tmp_path / "cdk.context.json")
    assert configuration.authenticator.decision
    assert configuration.authenticator.decision.module == path
    return path


def _question(address: str) -> Question:
    return Question(address, "1", ("data",), ("finance", "marketing"), GRANTED)


def test_the_module_that_is_shown_decides_as_it_says(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = compile(module.read_text(), str(module), "exec")
    monkeypatch.setenv("DECISION_TABLE", "duty")

    def get_item(*, Key: dict[str, str]) -> dict[str, object]:  # noqa: N803 (boto3's)
        return {"Item": {}} if Key == {"person": "ada@example.com"} else {}

    table = SimpleNamespace(Table=lambda _name: SimpleNamespace(get_item=get_item))
    monkeypatch.setattr(boto3, "resource", lambda _service: table)
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102
    decide = names["decide"]
    assert callable(decide)

    assert decide(_question("ada@example.com")) == GRANTED
    everybody = decide(_question("bob@example.com"))
    assert [*everybody] == ["finance", "marketing"]
    assert everybody["finance"]["Viewer"].expires > time.time()


def test_its_process_loads_it(module: Path) -> None:
    process = DecisionProcess(module)
    try:
        process.load()
    finally:
        process.stop()
