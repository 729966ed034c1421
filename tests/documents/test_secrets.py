"""Commands and output in docs/secrets.md."""

from __future__ import annotations

import json
import re
import shlex

from cli.secrets.connection_rules import validate_connection
from config.secrets_backend import PARAMETER_STORE, SECRETS_MANAGER
from local.layout import ROOT
from tests.unit.cli.secrets.conftest import Secrets
from tests.unit.cli.secrets.test_check import mwaa

DOCUMENT = (ROOT / "docs" / "secrets.md").read_text()
DAY = "2026-11-29"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.S)


def test_every_command_says_what_the_document_shows(secrets: Secrets) -> None:
    [connection] = blocks("json")
    values = {"warehouse.json": connection, "colour.txt": "teal\n"}
    secrets.entry["Name"] = "analytics"
    secrets.write({})
    answers = {"connection": "postgres", "variable": ""}
    shown = re.findall(
        r"^\$ ./mwaa-platform secrets (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks("console")), re.M
    )
    assert len(shown) == 4
    manager = secrets.client("secretsmanager")
    try:
        with mwaa(
            secrets,
            answers=lambda asked: [
                {**each, "result": "read", "note": answers[each["kind"]]} for each in asked
            ],
        ):
            for line, said in shown:
                command, _, file = line.partition(" < ")
                result = secrets.typed(values.get(file, ""), *shlex.split(command))
                assert result.status == 0, result.said
                out = result.out.replace(f" -c {secrets.commands.configuration}", "")
                out = re.sub(r"20\d\d-\d\d-\d\d", DAY, re.sub(r" \d\d:\d\d ", " 09:30 ", out))
                assert out.split("\n") == said.split("\n"), line
    finally:
        for name in ("airflow/connections/warehouse", "airflow/variables/colour"):
            manager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def test_the_connections_are_ones() -> None:
    [uri] = re.findall(r"In a URI, `(.*?)`", DOCUMENT)
    texts = [each.replace("…", "x").strip() for each in (*blocks("json"), uri)]
    assert [validate_connection(each) for each in texts] == ["postgres", "postgres"]
    assert json.loads(texts[0])["conn_type"] == "postgres"


def test_the_services_are_those_of_the_configuration() -> None:
    assert set(re.findall(r"^\| `(\w+)`", DOCUMENT, re.M)) >= {SECRETS_MANAGER, PARAMETER_STORE}
