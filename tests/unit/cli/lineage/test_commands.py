"""`lineage token set`, `check` and `build`, against a stand-in of AWS."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from artifacts.conflict import ConflictError
from cli.lineage.commands import SetToken
from cli.rerun import rerun_options
from local.layout import ROOT
from mwaa_platform_preflight.findings import Finding as PreflightFinding
from mwaa_platform_preflight.targets import Target
from tests.loopback import Request, Response, Server, serving
from tests.unit.cli.terminal import Commands, Result, piped

CANARY = "canary-set-0c44"
TARGET = Target(id="marquez", provider="Marquez")


@pytest.fixture
def secret(stand_in: Any) -> Iterator[Any]:
    """A secret without a value, as a stack makes it; gives its ARN and reads it."""
    client = stand_in.session.client("secretsmanager")
    arn = client.create_secret(Name="catalogue-token")["ARN"]

    class Secret:
        def __init__(self) -> None:
            self.arn = arn

        def put(self, text: str) -> None:
            client.put_secret_value(SecretId=arn, SecretString=text)

        def text(self) -> str:
            return str(client.get_secret_value(SecretId=arn)["SecretString"])

    yield Secret()
    client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def lineage(commands: Commands) -> Callable[..., Any]:
    """Gives the configuration's environment `gold` catalogues."""

    def configure(
        *catalogues: Mapping[str, Any], entry: Mapping[str, Any] | None = None, **others: Any
    ) -> None:
        gold = {
            "Name": "gold",
            "AirflowVersion": "2.11.2",
            "Lineage": {"Catalogues": list(catalogues), **others},
            **(entry or {}),
        }
        document = json.loads(commands.configuration.read_text())
        document["MwaaEnvironments"] = [gold, {"Name": "plain"}]
        commands.configuration.write_text(json.dumps(document))

    return configure


def typed(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, text: str | bytes, *arguments: str
) -> Result:
    monkeypatch.setattr("sys.stdin", piped(text))
    return run(commands, "token", "set", "-e", "gold", *arguments)


def run(commands: Commands, *arguments: str) -> Result:
    return commands.type("lineage", *arguments, "-c", str(commands.configuration))


def marquez(secret: Any, url: str = "https://marquez.example.com/", **more: Any) -> dict[str, Any]:
    entry = {"Provider": "Marquez", "Url": url, "Authentication": "Token"}
    return {**entry, "TokenSecretArn": secret.arn, **more}


def test_a_token_is_put_in_without_its_white_space_and_never_shown(
    commands: Commands, lineage: Any, secret: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage(marquez(secret))
    result = typed(commands, monkeypatch, f"  {CANARY}\n")
    assert result.status == 0, result.said
    assert secret.text() == CANARY
    assert CANARY not in result.said
    assert "Airflow of gold shows it to Marquez within 300 seconds" in result.said
    check = f"./mwaa-platform lineage check -e gold -c {commands.configuration}"
    assert check in [line.strip() for line in result.out.splitlines()]


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({}, "-e gold"),
        ({"configuration": Path("my platform.json")}, "-e gold -c 'my platform.json'"),
        ({"local": True}, "-e gold --local"),
        ({"local": True, "state": Path("b")}, "-e gold --local --state b"),
    ],
)
def test_the_next_command_is_about_the_same_platform(given: dict[str, Any], options: str) -> None:
    assert rerun_options(SetToken(environment="gold", **given)) == options


def test_other_fields_of_a_json_secret_stay(
    commands: Commands, lineage: Any, secret: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret.put(json.dumps({"owner": "platform", "key": "old"}))
    lineage(marquez(secret, TokenField="key"))
    assert typed(commands, monkeypatch, CANARY).status == 0
    assert json.loads(secret.text()) == {"owner": "platform", "key": CANARY}


@pytest.mark.parametrize(
    "held", [{"SecretString": "another's"}, {"SecretString": '["a"]'}, {"SecretBinary": b"{}"}]
)
def test_a_shared_secret_that_has_no_fields_is_not_made_into_one_that_has(
    *,
    held: dict[str, Any],
    commands: Commands,
    lineage: Any,
    secret: Any,
    stand_in: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secrets = stand_in.session.client("secretsmanager")
    secrets.put_secret_value(SecretId=secret.arn, **held)
    lineage(marquez(secret, TokenField="key"))
    result = typed(commands, monkeypatch, CANARY)
    assert result.status == 1
    assert "TokenField" in result.said
    assert secret.arn in result.said
    assert CANARY not in result.said
    assert "another's" not in result.said
    assert held.items() <= secrets.get_secret_value(SecretId=secret.arn).items()


@pytest.mark.parametrize("text", ["", "\n", "...", f"two {CANARY}", f"{CANARY}\n{CANARY}", "ü"])
def test_what_is_no_token_is_not_put_in(
    text: str, commands: Commands, lineage: Any, secret: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret.put("as it was")
    lineage(marquez(secret))
    result = typed(commands, monkeypatch, text)
    assert result.status == 1
    assert "That is no token" in result.said
    assert CANARY not in result.said
    assert secret.text() == "as it was"


def test_what_is_no_text_is_not_put_in(
    commands: Commands, lineage: Any, secret: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret.put("as it was")
    lineage(marquez(secret))
    result = typed(commands, monkeypatch, f"{CANARY}é".encode("latin-1"))
    assert result.status == 1
    assert "That is no text in UTF-8." in result.said
    assert CANARY not in result.said
    assert secret.text() == "as it was"


def test_of_several_catalogues_one_must_be_named(
    commands: Commands, lineage: Any, secret: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret.put("{}")
    lineage(marquez(secret), marquez(secret, "https://second.example.com/", TokenField="second"))
    result = typed(commands, monkeypatch, CANARY)
    assert result.status == 1
    assert "--catalogue marquez" in result.said
    second = typed(commands, monkeypatch, CANARY, "--catalogue", "marquez_2")
    assert second.status == 0
    assert second.out.splitlines()[-1].endswith(" --catalogue marquez_2")
    assert (
        "Did you mean marquez?" in typed(commands, monkeypatch, "x", "--catalogue", "marqez").said
    )


@pytest.mark.parametrize("denied", ["GetSecretValue", "PutSecretValue"])
def test_a_permission_that_is_missing_is_named(
    denied: str, commands: Commands, lineage: Any, secret: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = f"ada is not authorized to perform: secretsmanager:{denied}"

    def answer(request: Request) -> Response:
        operation = request.headers["X-Amz-Target"].partition(".")[2]
        refusal = {"__type": "AccessDeniedException", "Message": why}
        if operation == denied:
            return Response(400, json.dumps(refusal).encode())
        return Response(200, json.dumps({"SecretString": "old"}).encode())

    lineage(marquez(secret))
    with serving(Server(answer)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", server.url)
        result = typed(commands, monkeypatch, CANARY)
    assert result.status == 1
    assert f"AWS does not let you do {denied}." in result.said
    assert why in result.said
    assert "Ask for that permission" in result.said
    assert CANARY not in result.said


def test_nothing_of_a_token_is_seen_on_the_terminal_that_it_is_typed_at(
    commands: Commands, lineage: Any, secret: Any
) -> None:
    lineage(marquez(secret))
    command = ("lineage", "token", "set", "-e", "gold", "-c", str(commands.configuration))
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
        while not screen.endswith(b"(not shown): ") and (seen := terminal.stdout.read(1)):
            screen += seen
        terminal.stdin.write(f"{CANARY}\n".encode())
        terminal.stdin.flush()
        screen += terminal.stdout.read()
    assert b"The new token is in." in screen, screen
    assert CANARY.encode() not in screen
    assert secret.text() == CANARY


def test_an_environment_without_lineage_is_told_so(
    commands: Commands, lineage: Any, secret: Any
) -> None:
    lineage(marquez(secret))
    named = run(commands, "check", "-e", "plain").said
    assert "sends no lineage" in named
    assert "nothing is deployed to it" in named
    assert "Did you mean gold?" in run(commands, "check", "-e", "glod").said


@pytest.mark.parametrize(("status", "ends", "said"), [(422, 0, "All is well"), (401, 1, "expired")])
def test_a_check_from_here_shows_what_the_catalogue_says(
    *, status: int, ends: int, said: str, commands: Commands, lineage: Any, secret: Any
) -> None:
    def answer(request: Request) -> Response:
        assert request.headers["Authorization"] == f"Bearer {CANARY}"
        return Response(status)

    secret.put(CANARY)
    with serving(Server(answer)) as server:
        lineage(marquez(secret, f"{server.url}/"))
        result = run(commands, "check", "-e", "gold")
        as_json = run(commands, "check", "-e", "gold", "--json")
    assert result.status == as_json.status == ends
    assert said in result.said
    assert "What Airflow itself sees was not asked" in result.said
    assert CANARY not in result.said + as_json.said
    assert {each["catalogue"] for each in json.loads(as_json.out)} == {"marquez"}


def test_the_token_that_is_missing_is_put_in_by_a_command_that_can_be_run(
    commands: Commands, lineage: Any, secret: Any
) -> None:
    secret.put("...")
    with serving(Server(lambda _: Response(422))) as server:
        lineage(marquez(secret, f"{server.url}/"))
        result = run(commands, "check", "-e", "gold")
    given = f"-e gold -c {commands.configuration} --catalogue marquez"
    lines = [line.strip() for line in result.out.splitlines()]
    assert f"./mwaa-platform lineage token set {given}" in lines
    assert "do Put it in:" in lines


def test_a_secret_of_another_region_is_asked_for_there(
    commands: Commands, lineage: Any, secret: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scopes = []

    def answer(request: Request) -> Response:
        scopes.append(request.headers["Authorization"].split("/")[2])
        return Response(200, json.dumps({"SecretString": CANARY}).encode())

    secret.arn = "arn:aws:secretsmanager:ap-south-2:111122223333:secret:marquez-abcdef"
    with serving(Server(answer)) as secrets, serving(Server(lambda _: Response(422))) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url)
        lineage(marquez(secret, f"{server.url}/"))
        assert run(commands, "check", "-e", "gold").status == 0
        assert typed(commands, monkeypatch, CANARY).status == 0
    assert len(scopes) >= 2
    assert set(scopes) == {"ap-south-2"}


def test_somebody_without_credentials_is_told_how_to_have_some(
    commands: Commands, lineage: Any, secret: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    with serving(Server(lambda _: Response(422))) as server:
        lineage(marquez(secret, f"{server.url}/"))
        result = run(commands, "check", "-e", "gold")
    assert result.status == 1
    assert "✗ marquez: Token There are no usable AWS credentials." in result.said
    assert "Set AWS_PROFILE" in result.said
    assert "NAT" not in result.said
    assert "✓ marquez: Port" in result.said


def test_what_was_not_tried_is_not_well(commands: Commands, lineage: Any, secret: Any) -> None:
    domain = {"Provider": "DataZone", "DomainId": "dzd_4abc"}
    lineage(domain)
    alone = run(commands, "check", "-e", "gold")
    secret.put(CANARY)
    with serving(Server(lambda _: Response(422))) as server:
        lineage(domain, marquez(secret, f"{server.url}/"))
        beside = run(commands, "check", "-e", "gold")
        as_json = run(commands, "check", "-e", "gold", "--json")
    assert alone.status == beside.status == 0
    for result in (alone, beside):
        assert "- datazone: Domain dzd_4abc not tried: " in result.said
        assert "✓ datazone" not in result.said
        assert "All is well" not in result.said
        assert "Not tried: datazone: Domain dzd_4abc." in result.said
    assert "Nothing that was checked is wrong." not in alone.said
    assert "Nothing that was checked is wrong." in beside.said
    untried = [each["subject"] for each in json.loads(as_json.out) if each["not_tried"]]
    assert untried == ["Domain dzd_4abc"]


def test_a_way_that_is_closed_from_here_is_left_to_airflow(
    commands: Commands, lineage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [PreflightFinding("Token", "None.", f"Put it in: {TARGET.set_token}")]
    monkeypatch.setattr("cli.lineage.checks.run_preflight", lambda *_, **__: found)
    lineage({"Provider": "Marquez", "Url": "https://catalogue.invalid"}, Preflight=True)
    result = run(commands, "check", "-e", "gold")
    assert result.status == 1
    assert "- marquez: Name not from this machine. The name catalogue.invalid" in result.said
    assert "Airflow's own check below decides." in result.said
    assert f"token set -e gold -c {commands.configuration} --catalogue marquez" in result.said
    found[:] = [PreflightFinding("Answer", note="it is there", catalogue="marquez")]
    assert run(commands, "check", "-e", "gold").said.endswith(
        "✓ marquez: Answer it is there All is well."
    )
    found[:] = [PreflightFinding("Answer", note="not tried", not_tried=True)]
    assert run(commands, "check", "-e", "gold").said.endswith("Not tried: Answer.")


def test_a_token_reaches_no_address_that_its_secret_is_not_deployed_for(
    commands: Commands,
    lineage: Any,
    secret: Any,
    clients: Mapping[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[str] = []

    def answer(request: Request) -> Response:
        shown.append(request.headers["Authorization"])
        return Response(422)

    def template(address: str) -> str:
        outputs = {"LineageTokenSecretArn": secret.arn, "LineageAddress": address}
        return json.dumps(
            {
                "Resources": {"Wait": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
                "Outputs": {name: {"Value": value} for name, value in outputs.items()},
            }
        )

    secret.put(as_it_was := "as-it-was")
    stack = f"{json.loads(commands.configuration.read_text())['AppName']}-Env-gold"
    other = template("https://other.example.com/api/v1/lineage")
    clients["cloudformation"].create_stack(StackName=stack, TemplateBody=other)
    with serving(Server(answer)) as server:
        entry = {"Provider": "Marquez", "Url": server.url, "Authentication": "Token"}
        lineage(entry, entry={"VpcCIDR": "10.3.0.0/16"})
        refused = [run(commands, "check", "-e", "gold"), typed(commands, monkeypatch, CANARY)]
        assert shown == []
        assert secret.text() == as_it_was

        same = template(f"{server.url}/api/v1/lineage")
        clients["cloudformation"].update_stack(StackName=stack, TemplateBody=same)
        assert run(commands, "check", "-e", "gold").status == 0
        assert shown == [f"Bearer {as_it_was}"]
        assert typed(commands, monkeypatch, CANARY).status == 0
        assert secret.text() == CANARY
    for result in refused:
        assert result.status == 1
        assert "deployed with https://other.example.com/api/v1/lineage for" in result.said
        assert "./mwaa-platform deploy --only Env-gold" in result.said


@pytest.mark.parametrize("preflight", [False, True])
def test_what_aws_does_not_allow_is_said_in_its_own_words(
    *, preflight: bool, commands: Commands, lineage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secret is one of a stack, whose outputs nobody may read; nor may Airflow be asked."""
    why = "ada is not authorized to perform this on it"
    refusal = json.dumps({"__type": "AccessDeniedException", "message": why}).encode()
    of_stacks = f"<E><Error><Code>AccessDenied</Code><Message>{why}</Message></Error></E>".encode()
    with (
        serving(Server(lambda _: Response(403, of_stacks))) as stacks,
        serving(Server(lambda _: Response(403, refusal))) as airflow,
        serving(Server(lambda _: Response(422))) as catalogue,
    ):
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", stacks.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_MWAA", airflow.url)
        monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
        entry = {"Provider": "Marquez", "Url": f"{catalogue.url}/", "Authentication": "Token"}
        lineage(entry, entry={"VpcCIDR": "10.3.0.0/16"}, Preflight=preflight)
        result = run(commands, "check", "-e", "gold")
        as_json = run(commands, "check", "-e", "gold", "--json")
    refused = [each for each in json.loads(as_json.out) if each["wrong"]]
    assert [each["subject"].split()[0] for each in refused] == ["Token", *["DAG"] * preflight]
    assert all(why in each["where"] for each in refused)
    assert result.said.count(f"where {why} do Ask for that permission") == len(refused)
    assert "✓ marquez: Port" in result.said


def test_build_writes_once_and_never_over_something_else(
    commands: Commands, lineage: Any, secret: Any, tmp_path: Path
) -> None:
    lineage(marquez(secret), Preflight=True)
    folder = tmp_path / "out"

    first = run(commands, "build", "-e", "gold", "-o", str(folder))
    assert first.status == 0, first.said
    with zipfile.ZipFile(folder / "plugins.zip") as archive:
        settings = json.loads(archive.read("mwaa_platform_lineage.json"))
    assert settings["secrets"] == {"marquez": secret.arn}
    assert "apache-airflow-providers-openlineage" in (folder / "requirements.txt").read_text()
    assert (folder / "dags" / "mwaa_platform_lineage_preflight.py").is_file()
    assert secret.arn in first.said
    assert "secretsmanager:GetSecretValue" in first.said

    assert "the same already" in run(commands, "build", "-e", "gold", "-o", str(folder)).said
    (folder / "plugins.zip").write_text("a team's own")
    (folder / "requirements.txt").unlink()
    refused = run(commands, "build", "-e", "gold", "-o", str(folder))
    assert refused.status == 1
    assert "with other content" in refused.said
    assert (folder / "plugins.zip").read_text() == "a team's own"
    assert not (folder / "requirements.txt").exists()


def test_a_file_that_stops_fitting_while_it_is_built_is_one_plain_message(
    commands: Commands, lineage: Any, secret: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conflict(*_: object) -> None:
        raise ConflictError("plugins.zip cannot be read: it ends.", remedy="Create the file again.")

    monkeypatch.setattr("cli.lineage.build.build_artifacts", conflict)
    lineage(marquez(secret))
    result = run(commands, "build", "-e", "gold", "-o", str(tmp_path / "out"))
    assert result.status == 1
    assert result.said == "✗ plugins.zip cannot be read: it ends. do Create the file again."


def test_what_an_upload_would_replace_is_said_before_it_is_done(
    commands: Commands, lineage: Any, secret: Any, tmp_path: Path
) -> None:
    def warning(name: str, **entry: str) -> str:
        lineage(marquez(secret), entry=entry)
        result = run(commands, "build", "-e", "gold", "-o", str(tmp_path / name))
        assert result.status == 0, result.said
        return " ".join(result.err.split())

    assert "these replace what the environment has" in warning("nothing")
    assert "(Plugins, Requirements)" in warning("nothing")
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "plugins").mkdir()
    assert "(Plugins)" in warning("one", Requirements="requirements.txt")
    assert warning("both", Requirements="requirements.txt", Plugins="plugins") == ""


def test_a_domains_arn_has_what_is_known_of_it_and_says_what_is_not(
    commands: Commands, lineage: Any, secret: Any, tmp_path: Path
) -> None:
    def said(name: str, *catalogues: Mapping[str, Any]) -> str:
        lineage(*catalogues)
        return run(commands, "build", "-e", "gold", "-o", str(tmp_path / name)).said

    domain = {"Provider": "DataZone", "DomainId": "dzd_4abc"}
    alone = said("alone", domain)
    assert '"Action": "datazone:PostLineageEvent"' in alone
    assert '"aws:RequestedRegion": "<region>"' in alone
    assert "the environment's Region in place of <region>" in alone
    assert "kms" not in alone
    key = "arn:aws:kms:eu-west-1:999999999999:key/1111-2222"
    beside = said("beside", marquez(secret), {**domain, "Region": "eu-west-1", "KmsKeyArn": key})
    assert '"aws:RequestedRegion": "eu-west-1"' in beside
    assert f'"Resource": "{key}"' in beside
    assert '"kms:EncryptionContext:aws:datazone:domainId": "dzd_4abc"' in beside
    assert "<region>" not in beside
