"""`secrets put` and `list`, against a stand-in of AWS."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from local.layout import ROOT
from tests.loopback import Response, Server, serving
from tests.unit.cli.secrets.conftest import KEY, Secrets

CANARY = "canary-put-81fa"
URI = f"postgres://ada:{CANARY}@db/main"
CONNECTION, VARIABLE = ("connection", "warehouse"), ("variable", "colour")


def test_a_connection_and_a_variable_are_put_where_airflow_looks_for_them(
    secrets: Secrets,
) -> None:
    connection = secrets.put(f" {URI}\n", *CONNECTION)
    variable = secrets.put(f"  {CANARY} \n", *VARIABLE)
    assert (connection.status, variable.status) == (0, 0), connection.said + variable.said
    assert secrets.secret("connections/warehouse") == URI
    assert secrets.secret("variables/colour") == f"  {CANARY} "
    assert f"The connection warehouse (postgres) is in the secret {secrets.prefix}/connections" in (
        connection.said
    )
    options = f"-e gold -c {secrets.commands.configuration}"
    check = f"./mwaa-platform secrets check connection warehouse {options}"
    assert check in [line.strip() for line in connection.out.splitlines()]

    listed = secrets.run("list", "-e", "gold")
    as_json = json.loads(secrets.run("list", "-e", "gold", "--json").out)
    rows = [line.split() for line in listed.out.splitlines()]
    assert [row[:2] for row in rows[1:]] == [[*CONNECTION], [*VARIABLE]]
    assert [(each["kind"], each["name"]) for each in as_json] == [CONNECTION, VARIABLE]
    assert as_json[0]["in_aws"] == f"{secrets.prefix}/connections/warehouse"
    assert CANARY not in connection.said + variable.said + listed.said + json.dumps(as_json)


def test_parameters_are_encrypted_with_the_key_that_the_role_may_use(secrets: Secrets) -> None:
    secrets.configure(Service="ParameterStore", KmsKeyArn=KEY)
    done = secrets.put(URI, *CONNECTION)
    assert done.status == 0, done.said
    stored = secrets.parameter("connections/warehouse")
    assert (stored["Value"], stored["Type"], stored["KeyId"]) == (URI, "SecureString", KEY)
    assert stored["Tier"] == "Standard"

    longer = secrets.put("x" * 4_097, *CONNECTION[:1], "warehouse", "--replace")
    assert longer.status == 1  # no connection
    longer = secrets.put("x" * 4_097, *VARIABLE)
    assert longer.status == 0, longer.said
    assert "charges for an advanced parameter" in longer.said
    assert secrets.parameter("variables/colour")["Tier"] == "Advanced"
    assert "longer than Parameter Store takes (8192 bytes)" in (
        secrets.put("x" * 8_193, *VARIABLE, "--replace").said
    )
    # A tier never goes back.
    assert secrets.put("short", *VARIABLE, "--replace").status == 0
    assert secrets.parameter("variables/colour")["Tier"] == "Advanced"


def test_a_secret_gets_the_configured_key_and_another_one_is_warned_of(secrets: Secrets) -> None:
    def key() -> Any:
        name = f"{secrets.prefix}/connections/warehouse"
        return secrets.client("secretsmanager").describe_secret(SecretId=name).get("KmsKeyId")

    secrets.put(URI, *CONNECTION)
    assert key() is None
    secrets.configure(KmsKeyArn=KEY)
    assert "still encrypted" not in secrets.put(URI, *CONNECTION, "--replace").said
    assert key() == KEY
    secrets.configure()
    said = secrets.put(URI, *CONNECTION, "--replace").said
    assert f"still encrypted with the key {KEY}" in said


@pytest.mark.parametrize("service", ["SecretsManager", "ParameterStore"])
def test_a_value_that_is_there_is_replaced_only_where_that_is_said(
    service: str, secrets: Secrets
) -> None:
    secrets.configure(Service=service)
    read = (
        secrets.secret if service == "SecretsManager" else lambda n: secrets.parameter(n)["Value"]
    )
    assert secrets.put("first", *VARIABLE).status == 0
    refused = secrets.put("second", *VARIABLE)
    assert refused.status == 1
    assert "is there already, last changed 20" in refused.said
    assert "--replace" in refused.said
    assert read("variables/colour") == "first"
    assert secrets.put("second", *VARIABLE, "--replace").status == 0
    assert read("variables/colour") == "second"


def test_a_name_that_airflow_never_finds_is_refused(secrets: Secrets) -> None:
    result = secrets.put(URI, "connection", "ware house")
    assert result.status == 1
    assert "cannot be the id of a connection" in result.said
    assert "There are none" in secrets.run("list", "-e", "gold").said


def test_nothing_is_not_put_in(secrets: Secrets) -> None:
    for text, secret in (("", CONNECTION), ("  \n", VARIABLE)):
        result = secrets.put(text, *secret)
        assert result.status == 1
        assert "There is nothing to put in." in result.said


@pytest.mark.parametrize("form", ["{canary}\xe9", "\xe9{canary}\n"])
def test_what_is_no_text_is_not_put_in(form: str, secrets: Secrets) -> None:
    """Whatever the locale is: that of C reads other bytes as half characters."""
    result = secrets.put(form.format(canary=CANARY).encode("latin-1"), *VARIABLE)

    assert result.status == 1
    assert "That is no text in UTF-8." in result.said
    assert CANARY not in result.said
    assert "There are none" in secrets.run("list", "-e", "gold").said


def test_one_that_is_too_long_is_told_so_wherever_it_is_cut(secrets: Secrets) -> None:
    for start in ("", "a", "aa"):
        assert (
            "longer than Secrets Manager takes" in secrets.put(start + "€" * 30_000, *VARIABLE).said
        )


def test_an_environment_without_a_backend_is_told_the_key(secrets: Secrets) -> None:
    secrets.write(None)
    assert '"SecretsBackend": {}' in secrets.put(URI, *CONNECTION).said
    for command in (("list",), ("check",), ("put", *VARIABLE)):
        existing = secrets.run(*command, "-e", "plain")
        assert existing.status == 1
        assert "was not made by the platform" in existing.said


def test_a_secret_that_is_being_deleted_is_taken_back_first(secrets: Secrets) -> None:
    secrets.put("first", *VARIABLE)
    name = f"{secrets.prefix}/variables/colour"
    secrets.client("secretsmanager").delete_secret(SecretId=name, RecoveryWindowInDays=7)
    refused = secrets.put(CANARY, *VARIABLE, "--replace")
    assert refused.status == 1
    assert f"aws secretsmanager restore-secret --secret-id {name}" in refused.said
    assert "being deleted" in secrets.run("list", "-e", "gold").said
    assert CANARY not in refused.said


def test_a_parameter_in_plain_text_is_not_taken_over(secrets: Secrets) -> None:
    secrets.configure(Service="ParameterStore")
    name = f"/{secrets.prefix}/variables/colour"
    secrets.client("ssm").put_parameter(Name=name, Value="plain", Type="String")
    refused = secrets.put(CANARY, *VARIABLE, "--replace")
    assert refused.status == 1
    assert f"aws ssm delete-parameter --name {name}" in refused.said
    assert secrets.parameter("variables/colour")["Value"] == "plain"


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException"])
def test_what_aws_answers_repeats_no_value(
    code: str, secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message about a permission names the permission; others may name what was sent."""
    why = CANARY if code == "ValidationException" else "not authorized to CreateSecret"

    def answer(request: Any) -> Response:
        is_write = "CreateSecret" in request.headers["X-Amz-Target"]
        refusal = {"__type": code if is_write else "ResourceNotFoundException", "Message": why}
        return Response(400, json.dumps(refusal).encode())

    with serving(Server(answer)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", server.url)
        result = secrets.put(URI, *CONNECTION)
    assert result.status == 1
    assert "CreateSecret" in result.said
    assert ("not authorized" in result.said) == (code == "AccessDeniedException")
    assert CANARY not in result.said


def test_nothing_of_a_value_is_seen_on_the_terminal_and_replacing_is_asked(
    secrets: Secrets,
) -> None:
    secrets.put("first", *VARIABLE)
    command = ("secrets", "put", *VARIABLE, "-e", "gold", "-c", str(secrets.commands.configuration))
    in_a_terminal = "import pty, sys; pty.spawn(sys.argv[1:])"
    with subprocess.Popen(
        [sys.executable, "-c", in_a_terminal, sys.executable, "-m", "cli", *command],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as terminal:
        assert terminal.stdin
        assert terminal.stdout
        screen = b""
        for prompt, answer in ((b"Replace it? [y/N]: ", "y"), (b"(not shown): ", CANARY)):
            while not screen.endswith(prompt) and (seen := terminal.stdout.read(1)):
                screen += seen
            terminal.stdin.write(f"{answer}\n".encode())
            terminal.stdin.flush()
        screen += terminal.stdout.read()
    assert b"is in the secret" in b" ".join(screen.split()), screen
    assert CANARY.encode() not in screen
    assert secrets.secret("variables/colour") == CANARY
