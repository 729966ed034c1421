"""`secrets check`, with an MWAA whose Airflow answers as told; real Airflow: tests/integration."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from cli import airflow_run
from cli.secrets.airflow_answers import DAG_FILE
from config.secrets_backend import SecretsBackend
from tests.loopback import Request, Response, Server, serving
from tests.unit.cli.secrets.conftest import KEY, Secrets

CANARY = "canary-check-3c70"
Answers = Callable[[list[dict[str, str]]], list[dict[str, str]]]


@contextmanager
def mwaa(
    secrets: Secrets, *, answers: Answers | None = None, **options: str
) -> Iterator[list[Mapping[str, Any]]]:
    """MWAA with the environment, whose Airflow has the DAG where there are answers."""
    entry = json.loads(secrets.commands.configuration.read_text())["MwaaEnvironments"][0]
    backend = SecretsBackend.model_validate((entry.get("Existing") or entry)["SecretsBackend"])
    environment = {
        "Name": entry["Name"],
        "SourceBucketArn": "arn:aws:s3:::bucket",
        "DagS3Path": "dags",
        "AirflowConfigurationOptions": {
            "secrets.backend": backend.backend,
            "secrets.backend_kwargs": json.dumps(backend.backend_kwargs),
            **options,
        },
    }
    asked: list[Mapping[str, Any]] = []

    def reply(request: Request) -> Response:
        if request.path == f"/environments/{entry['Name']}":
            return Response(200, json.dumps({"Environment": environment}).encode())
        call = json.loads(request.body)
        asked.append(call)
        said: Mapping[str, Any] = {"is_paused": False, "dag_run_id": "one", "state": "success"}
        if call["Path"].endswith("/return_value") and answers:
            conf = next(each["Body"]["conf"] for each in asked if each["Method"] == "POST")
            said = {"value": json.dumps(answers(conf["asked"]))}
        status = 200 if answers else 404
        content = json.dumps({"RestApiStatusCode": status, "RestApiResponse": said}).encode()
        kind = {} if answers else {"x-amzn-ErrorType": "RestApiClientException"}
        return Response(200 if answers else 400, content, kind)

    patch = secrets.commands.monkeypatch
    with serving(Server(reply)) as server:
        patch.setattr(airflow_run, "POLL_SECONDS", 0)
        patch.setenv("AWS_ENDPOINT_URL_MWAA", server.url)
        patch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
        yield asked


def all_say(result: str, note: str = "") -> Answers:
    return lambda asked: [{**each, "result": result, "note": note} for each in asked]


def test_what_airflow_reads_is_said_and_nothing_of_it(secrets: Secrets) -> None:
    secrets.put(f"postgres://ada:{CANARY}@db", "connection", "warehouse")
    secrets.put(CANARY, "variable", "colour")
    with mwaa(secrets, answers=all_say("read", "postgres")) as asked:
        result = secrets.run("check", "-e", "gold")
        alone = secrets.run("check", "variable", "colour", "-e", "gold")
        as_json = json.loads(secrets.run("check", "-e", "gold", "--json").out)
    assert (result.status, alone.status) == (0, 0), result.said
    assert "✓ connection warehouse Airflow reads it, of type postgres" in result.said
    assert "✓ variable colour Airflow reads it" in result.said
    assert "warehouse" not in alone.said
    assert {each["from"] for each in as_json} == {"In AWS", "From inside Airflow"}
    assert CANARY not in result.said + alone.said + json.dumps(as_json) + json.dumps(asked)


WORDS = {
    "missing": "Airflow finds no",
    "refused": "does not let the environment's role read",
    "unreadable": "is no connection to Airflow (Why)",
    "untyped": "has no type",
    "failed": "could not ask for",
    "none": "has no secrets backend",
}


def test_each_way_in_which_it_goes_wrong_has_its_words(secrets: Secrets) -> None:
    """Every secret is called as Airflow's answer about it."""
    manager = secrets.client("secretsmanager")
    for result in WORDS:
        manager.create_secret(Name=f"{secrets.prefix}/connections/{result}", SecretString=CANARY)
    with mwaa(
        secrets, answers=lambda asked: [{**x, "result": x["name"], "note": "Why"} for x in asked]
    ):
        done = secrets.run("check", "-e", "gold", "--json")
    assert done.status == 1
    found = {
        each["subject"].split()[-1]: each["wrong"]
        for each in json.loads(done.out)
        if each["from"] == "From inside Airflow"
    }
    assert found.keys() == WORDS.keys()
    for result, said in WORDS.items():
        assert said in found[result]
    assert CANARY not in done.said


def test_an_airflow_without_the_dag_is_told_where_it_goes(secrets: Secrets) -> None:
    secrets.put("teal", "variable", "colour")
    with mwaa(secrets):
        result = secrets.run("check", "-e", "gold")
    assert result.status == 1
    assert f"aws s3 cp airflow_files/secrets_check/{DAG_FILE.name} s3://bucket/dags/" in result.said
    assert DAG_FILE.is_file()


def test_what_aws_has_is_compared_with_what_airflow_is_set_up_with(secrets: Secrets) -> None:
    manager = secrets.client("secretsmanager")
    for name, more in {"variables/keyed": {"KmsKeyId": KEY}, "connections/aws_default": {}}.items():
        manager.create_secret(Name=f"{secrets.prefix}/{name}", SecretString=CANARY, **more)
    with mwaa(secrets, answers=all_say("read"), **{"secrets.backend_kwargs": "{}"}) as asked:
        result = secrets.run("check", "-e", "gold")
        missing = secrets.run("check", "connection", "warehous", "-e", "gold")
        # The stand-in lists no keys.
        keyed = secrets.run("check", "variable", "keyed", "-e", "gold")
    assert result.status == 1
    assert "deployed with another backend, or other prefixes" in result.said
    assert "./mwaa-platform deploy --only Env-gold" in result.said
    assert f"encrypted with the key {KEY}" in keyed.said
    assert "Airflow does not look it up in AWS" in result.said
    [conf] = [each["Body"]["conf"] for each in asked if each["Method"] == "POST"][:1]
    assert conf["asked"] == [{"kind": "variable", "name": "keyed"}]
    assert "There is none." in missing.said
    put = f"secrets put connection warehous -e gold -c {secrets.commands.configuration}"
    assert f"./mwaa-platform {put}" in missing.out
    assert CANARY not in result.said


def test_for_an_existing_environment_its_owner_is_named_and_no_stack(secrets: Secrets) -> None:
    secrets.write_existing()
    secrets.commands.monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
    nothing = Response(404, b"{}", {"x-amzn-ErrorType": "ResourceNotFoundException"})
    with serving(Server(lambda _: nothing)) as server:
        secrets.commands.monkeypatch.setenv("AWS_ENDPOINT_URL_MWAA", server.url)
        missing = secrets.run("check", "-e", "gold")
    manager = secrets.client("secretsmanager")
    for name in ("refused", "none", "keyed"):
        key = {"KmsKeyId": KEY} if name == "keyed" else {}
        manager.create_secret(Name=f"{secrets.prefix}/variables/{name}", SecretString=CANARY, **key)

    def answers(asked: list[dict[str, str]]) -> list[dict[str, str]]:
        return [{**each, "result": each["name"], "note": ""} for each in asked]

    with mwaa(secrets, answers=answers, **{"secrets.backend_kwargs": "{}"}):
        result = secrets.run("check", "-e", "gold")
        keyed = secrets.run("check", "variable", "keyed", "-e", "gold")

    assert "Correct Existing.SecretsBackend, or have its owner" in result.said
    assert "Have its owner let its role read" in result.said
    assert "Have its owner set its options" in result.said
    assert "have its owner let its role decrypt" in keyed.said
    assert "Correct its Name" in missing.said
    assert "./mwaa-platform deploy" not in missing.said + result.said + keyed.said


def test_a_kind_without_a_name_is_no_question(secrets: Secrets) -> None:
    assert secrets.run("check", "variable", "-e", "gold").status == 2


def test_what_airflow_hands_back_has_nothing_of_a_value_or_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: str) -> str:
        raise RuntimeError(CANARY)

    class Connection:
        @staticmethod
        def from_json(_: str, conn_id: str) -> None:
            raise ValueError(CANARY + conn_id)

        def __init__(self, conn_id: str, uri: str) -> None:
            self.conn_id = conn_id
            self.conn_type = uri.partition("://")[0]

    values = {"right": f"http://{CANARY}", "wrong": f"{{{CANARY}", "no_type": f"://{CANARY}"}
    backend = SimpleNamespace(get_conn_value=values.get, get_variable=fail)
    contents: Mapping[str, Mapping[str, Any]] = {
        "airflow": {},
        "airflow.configuration": {"get_custom_secret_backend": lambda: backend},
        "airflow.models": {"Connection": Connection},
    }
    for name, content in contents.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "airflow.sdk", None)
    decorator = SimpleNamespace(
        dag=lambda **_: lambda function: function, task=lambda **_: lambda _: lambda: None
    )
    monkeypatch.setitem(sys.modules, "airflow.decorators", decorator)
    answers = runpy.run_path(str(DAG_FILE))["answers"]

    asked = [{"kind": "connection", "name": name} for name in (*values, "absent")]
    found = answers([*asked, {"kind": "variable", "name": "any"}])
    assert [(each["result"], each["note"]) for each in found] == [
        ("read", "http"),
        ("unreadable", "ValueError"),
        ("untyped", ""),
        ("missing", ""),
        ("failed", "RuntimeError"),
    ]
    assert CANARY not in json.dumps(found)
