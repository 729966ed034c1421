"""Every kind of finding: it is provoked by a test, and docs/doctor.md has an entry for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.doctor.codes import Code
from errors import FINDINGS
from local.layout import ROOT
from tests.unit.cli.doctor.conftest import ALB, EXISTING, NEW, Doctor
from tests.unit.cli.doctor.fake_aws import FakeAws

Change = Callable[[FakeAws], object]
ENV, UI = "mwaa-platform-Env-fore-casting-376318", "mwaa-platform-Ui-fore-casting-376318"
PREFIX_LIST = "pl-0123456789abcdef0"


def _set(**values: Any) -> Change:
    def change(aws: FakeAws) -> None:
        for name, value in values.items():
            setattr(aws, name, value)

    return change


PROVOKED: Mapping[str, Change] = {
    "certificate-missing": _set(certificate=None),
    "certificate-not-issued": _set(certificate={"Status": "FAILED"}),
    "certificate-lacks-host": _set(certificate={"Status": "ISSUED", "DomainName": "a.org"}),
    "certificate-ends": _set(
        certificate={"Status": "ISSUED", "DomainName": "*.example.com", "NotAfter": 1767268800}
    ),
    "client-secret-missing": _set(client_secret=None),
    "client-secret-unusable": _set(client_secret="..."),
    "stack-missing": lambda aws: aws.stacks.pop("mwaa-platform-Grants"),
    "stack-creation-failed": _set(states={"mwaa-platform-Grants": "ROLLBACK_FAILED"}),
    "stack-takes-no-update": _set(states={"mwaa-platform-Grants": "UPDATE_ROLLBACK_FAILED"}),
    "stack-output-missing": lambda aws: aws.stacks.update({"mwaa-platform-Grants": {}}),
    "stack-orphaned": lambda aws: aws.stacks.update({"mwaa-platform-Ui-old-one": {}}),
    "environment-not-well": _set(described={"Status": "UNAVAILABLE"}),
    "airflow-does-not-answer": _set(refused={"InvokeRestApi"}),
    "airflow-without-heartbeat": _set(heartbeats={"scheduler": "unhealthy"}),
    "dags-not-imported": _set(broken_dags=["dags/a.py"]),
    "target-not-registered": _set(targets={}),
    "target-not-admitted": lambda aws: aws.stacks[UI].update(UiIngressSource=PREFIX_LIST),
    "target-in-another-zone": _set(balancer_zones=["us-east-1a"]),
    "target-unhealthy": lambda aws: aws.targets.update({"10.3.0.10": "unhealthy"}),
    "web-server-not-found": _set(addresses=[], zones=[], targets={}),
}


@pytest.mark.parametrize("code", PROVOKED)
def test_a_finding_has_its_code(code: str, aws: FakeAws, doctor: Doctor) -> None:
    PROVOKED[code](aws)
    assert doctor.codes() == [code]


def test_an_environment_that_was_deleted(aws: FakeAws, doctor: Doctor) -> None:
    aws.environments.clear()
    existing = {"Name": EXISTING["Name"]}
    assert "environment-missing" in doctor.codes(MwaaEnvironments=[NEW, existing])
    assert "environment-missing" in doctor.codes(Alb=ALB)


@pytest.mark.usefixtures("aws")
def test_a_provider_with_other_endpoints(provider: dict[str, str], doctor: Doctor) -> None:
    provider["token_endpoint"] = "https://idp.example.com/moved"
    assert doctor.codes() == ["provider-endpoint-differs"]
    provider.clear()
    assert doctor.codes() == ["provider-does-not-answer"]


def test_every_kind_is_provoked_by_a_test() -> None:
    tests = "\n".join(each.read_text() for each in Path(__file__).parent.glob("test_*.py"))
    named = set(re.findall(r'"([a-z0-9-]+)(?:"|: )', tests))
    assert {*Code} - named == set()


def test_every_kind_has_an_entry_and_every_entry_a_kind() -> None:
    headings = re.findall(r"^### (.+)$", (ROOT / FINDINGS).read_text(), re.M)
    assert len(headings) == len({*headings})
    assert {*headings} == {*Code}


def test_every_entry_says_what_to_do() -> None:
    text = (ROOT / FINDINGS).read_text()
    for code in Code:
        entry = text.partition(f"\n### {code}\n")[2].partition("\n#")[0]
        for part in ("**Symptom**", "**Diagnosis**", "**Fix**"):
            assert entry.count(part) == 1, (code, part)
        assert "`" in entry.partition("**Diagnosis**")[2], code


def findings_without_code() -> Iterator[str]:
    for path in sorted((ROOT / "cli" / "doctor").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Finding":
                given = {each.arg: ast.unparse(each.value) for each in node.keywords}
                is_well = given.get("level") in {"Level.OK", "Level.SKIPPED"}
                if not is_well and "code" not in given:
                    yield f"{path.name}:{node.lineno}"


def test_no_check_makes_a_finding_without_a_kind() -> None:
    assert [*findings_without_code()] == []
