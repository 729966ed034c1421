"""No output of a plan shows what could be a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.plan.as_json import as_json
from cli.plan.consequences import plan
from cli.plan.markdown import markdown
from cli.plan.plan import Plan
from cli.plan.text import show
from tests.unit.cli.plan.applications import application, environment, lake, stack, written

CANARY = "canary-7f3a"
NOTHING: frozenset[str] = frozenset()


def _function(secret: str) -> dict[str, Any]:
    variables = {"Variables": {"DECISION_KEY": secret}}
    return {"Type": "AWS::Lambda::Function", "Properties": {"Environment": variables}}


@pytest.fixture(scope="module")
def made() -> Plan:
    """A plan of changes that put secrets wherever anything is taken, and take others out."""

    def side(secret: str) -> Any:
        options = {"smtp.smtp_password": secret}
        address = f"https://user:{secret}@example.com/a?token={secret}#{secret}"
        catalogue = {"Provider": "DataHub", "Url": address}
        catalogues = [catalogue, *([catalogue] if secret.endswith("b") else [])]
        entry = {
            "Name": "lake",
            "ConfigurationOptions": options,
            "Lineage": {"Catalogues": [catalogue]},
        }
        other = {**entry, "Name": "other", "Lineage": {"Catalogues": catalogues}}
        decision = {"Module": "a.py", "Variables": {"DECISION_KEY": secret}}
        return application(
            lake(AirflowConfigurationOptions=options),
            stack("Env-other", Airflow=environment(AirflowConfigurationOptions=options)),
            stack("Sso", Function=_function(secret)),
            written=written(entry, other, Authenticator={"Decision": decision}),
        )

    return plan(side(f"{CANARY}-a"), side(f"{CANARY}-b"), described="before")


def test_what_changes_is_named(made: Plan) -> None:
    text = markdown(made, NOTHING)
    assert "smtp.smtp\\_password" in text
    assert "DECISION\\_KEY changed" in text
    assert "Lineage.Catalogues.DataHub.Url" in text
    assert "Lineage.Catalogues: +DataHub" in text


def test_no_output_has_a_secret(made: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    show(made, NOTHING)
    shown = capsys.readouterr()
    outputs = [shown.out, shown.err, markdown(made, NOTHING), json.dumps(as_json(made, NOTHING))]
    assert "".join(outputs).count(CANARY) == 0


def test_markdown_of_a_pull_request_calls_nobody_and_loads_nothing() -> None:
    name = "![a](https://example.com/a.png) @everybody <img src=x>"
    before, after = (
        application(lake(**each), written=written({"Name": "lake", "Description": text}))
        for each, text in (({}, "old"), ({"MaxWorkers": 2}, name))
    )
    text = markdown(plan(before, after, described="before"), NOTHING)
    assert "![" not in text
    assert "<img" not in text
    assert "@everybody" not in text
