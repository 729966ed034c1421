"""`status` and `logs` where AWS does not let everything be read, and for wrong use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.doctor.conftest import ALB, EXISTING
from tests.unit.cli.doctor.fake_aws import FakeAws
from tests.unit.cli.terminal import Result, Terminal
from tests.unit.config.configurations import SMALLEST


@pytest.fixture
def configuration(tmp_path: Path) -> str:
    path = tmp_path / "cdk.context.json"
    entries = [EXISTING, {"Name": "other"}]
    path.write_text(json.dumps({**SMALLEST, "Alb": ALB, "MwaaEnvironments": entries}))
    return str(path)


def test_what_cannot_be_read_is_said_and_the_rest_shown(
    aws: FakeAws, terminal: Terminal, configuration: str
) -> None:
    aws.refused = {"InvokeRestApi"}
    aws.stacks["mwaa-platform-Sso"] = {}
    said = terminal.type("status", "-c", configuration)
    assert said.status == 1
    assert "old_one AVAILABLE 3.3.1" in said.said
    assert "other ?" in said.said
    assert "Airflow of old_one: AWS does not let you do InvokeRestApi." in said.said
    assert "Environment other: What GetEnvironment asks for is not there." in said.said
    assert said.said.count("has no AuthenticatorLogGroup") == 1


@pytest.mark.usefixtures("aws")
def test_a_log_without_a_line_is_said_to_have_none(terminal: Terminal, configuration: str) -> None:
    said = terminal.type("logs", "-e", "old_one", "--since", "2h", "-c", configuration)
    assert said.status == 0
    assert "airflow-old_one-Scheduler has no line since" in said.said


def test_the_lines_of_a_log_for_another_program(
    aws: FakeAws, terminal: Terminal, configuration: str
) -> None:
    aws.lines = {"airflow-old_one-Scheduler": ["one\n", "\x1b[31mtwo"]}
    said = terminal.type("logs", "-e", "old_one", "--json", "-c", configuration)
    assert said.status == 0
    common = {"time": "2026-01-01T12:00:00+00:00", "stream": "stream"}
    assert [json.loads(line) for line in said.out.splitlines()] == [
        {**common, "message": "one"},
        {**common, "message": "\x1b[31mtwo"},
    ]
    assert "\x1b" not in said.out


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("status", "--watch", "--json"), "Give one of them."),
        (("logs",), "Name what to look for."),
        (("logs", "0123456789abcdef", "-e", "old_one"), "Name what to look for."),
        (("logs", "../../etc"), "is not one."),
        (("logs", "-e", "old_noe"), "Did you mean old_one?"),
        (("logs", "-e", "old_one", "--component", "sheduler"), "It is one of dag-processing"),
        (("logs", "-e", "old_one", "--since", "yesterday"), "Write 45s, 30m, 2h or 7d"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_wrong_use(
    arguments: tuple[str, ...], words: str, terminal: Terminal, configuration: str
) -> None:
    said: Result = terminal.type(*arguments, "-c", configuration)
    assert said.status == 2
    assert words in said.said
