"""What documents say that commands need, against what the roles of Deployers may do."""

from __future__ import annotations

import json
import re

from config.loader import parse_configuration
from local.layout import ROOT
from tests.unit.cli.test_operation import DEPLOYS, READS
from tests.unit.config.configurations import SOURCE, draft

GITHUB, OPERATING, PIPELINE = (
    (ROOT / "docs" / f"{name}.md").read_text() for name in ("github", "operating", "pipeline")
)


WITHHELD = {"secretsmanager:GetSecretValue", "logs:FilterLogEvents"}
"""What `doctor` skips where it may not read it."""


def named_in(text: str) -> set[str]:
    """The actions of a text, where further ones of a service come without its name."""
    found: set[str] = set()
    service = ""
    for prefix, action in re.findall(r"`(?:([a-z0-9-]+):)?([A-Z]\w+)`", text):
        service = prefix or service
        found.add(f"{service}:{action}")
    return found


def section(text: str, heading: str) -> str:
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_the_role_that_reads_may_do_what_doctor_needs() -> None:
    rows = re.findall(r"^\| [^|]+\|([^|]+)\|$", section(OPERATING, "Check what is deployed"), re.M)
    needed = {each for row in rows for each in named_in(row)} - WITHHELD
    assert len(needed) > 5
    assert needed <= READS


def test_the_role_that_deploys_may_do_what_deploy_needs() -> None:
    needed = named_in(section(PIPELINE, "Permissions").partition("`destroy`")[0])
    assert len(needed) > 5
    assert needed - {"sts:GetCallerIdentity"} <= DEPLOYS


def test_the_sections_that_it_shows_can_be_copied() -> None:
    shown = [json.loads(each) for each in re.findall(r"```json\n(.*?)```", GITHUB, re.DOTALL)]
    assert len(shown) == 2
    for each in shown:
        assert parse_configuration(draft(**each), source=SOURCE).deployers
