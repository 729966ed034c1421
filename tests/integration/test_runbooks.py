"""The commands of docs/alarms.md, at the platform that `up` runs."""

from __future__ import annotations

import re
import shlex

import pytest

from local.layout import ROOT
from tests.conftest import Platform
from tests.integration.test_doctor_and_status import command

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("platform")]

WRONG_USE = 2
COMMANDS = sorted(
    set(re.findall(r"^\./mwaa-platform (.+)$", (ROOT / "docs" / "alarms.md").read_text(), re.M))
)


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_of_a_runbook_answers(platform: Platform, words: str) -> None:
    """It finds nothing, or something that is wrong: of both it says what it looked at."""
    said = command(platform, *shlex.split(words))
    assert said.returncode != WRONG_USE, said.stderr
    assert said.stdout or said.stderr
