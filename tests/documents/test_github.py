"""The policies in docs/github.md."""

from __future__ import annotations

import json
import re
from typing import Any

from local.layout import ROOT
from tests.workflows.github import REPOSITORY, SUBJECT

OPERATING = (ROOT / "docs" / "operating.md").read_text()
PIPELINE = (ROOT / "docs" / "pipeline.md").read_text()
TRUST, READ, DEPLOY = (
    json.loads(block)
    for block in re.findall(
        r"```json\n(.*?)```", (ROOT / "docs" / "github.md").read_text(), re.DOTALL
    )
)


def actions(policy: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for statement in policy["Statement"]:
        named = statement["Action"]
        found |= {named} if isinstance(named, str) else set(named)
    return found


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


def test_only_the_jobs_of_the_environment_deploy() -> None:
    [statement] = TRUST["Statement"]
    host = "token.actions.githubusercontent.com"
    assert statement["Condition"] == {
        "StringEquals": {f"{host}:aud": "sts.amazonaws.com", f"{host}:sub": SUBJECT}
    }
    assert statement["Principal"]["Federated"].endswith(f":oidc-provider/{host}")
    assert SUBJECT.startswith(f"repo:{REPOSITORY}:")


def test_the_role_that_reads_may_do_what_doctor_needs_and_changes_nothing() -> None:
    rows = re.findall(r"^\| [^|]+\|([^|]+)\|$", section(OPERATING, "Check what is deployed"), re.M)
    needed = {each for row in rows for each in named_in(row)} - {"secretsmanager:GetSecretValue"}
    assert len(needed) > 5
    assert needed <= actions(READ)
    others = {each for each in actions(READ) if not re.search(r":(Describe|Get|List)", each)}
    assert others == {"airflow:InvokeRestApi", "iam:SimulatePrincipalPolicy"}
    assert [each["Resource"] for each in READ["Statement"]][1].endswith(":role/*/Viewer")


def test_the_role_that_deploys_may_do_what_deploy_needs() -> None:
    needed = named_in(section(PIPELINE, "Permissions").partition("`destroy`")[0])
    assert needed - {"sts:GetCallerIdentity"} <= actions(DEPLOY) | actions(READ)
    assert all(each["Resource"] != "*" for each in DEPLOY["Statement"])
