"""`github aws` and `github aws-credentials`: a job's OIDC token for credentials of a role."""

from __future__ import annotations

import json
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

from local.layout import ROOT
from tests.loopback import Response, Server, serving
from tests.unit.cli.doctor.fake_aws import FakeAws
from tests.unit.cli.terminal import Result, Terminal
from tests.workflows import aws as aws_stand_in
from tests.workflows import github as github_stand_in
from tests.workflows.aws import ACCESS_KEY, SECRET_KEY, SESSION, Role
from tests.workflows.github import SUBJECT, GitHub

ROLE = "arn:aws:iam::111122223333:role/team/deploy"
CHOSEN = ("--role", ROLE, "--region", "us-east-1")


@pytest.fixture
def role(github: GitHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Role]:
    made = Role(github=github, aws=FakeAws())
    with serving(Server(made.answer)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        yield made


def type_(terminal: Terminal, command: str, *arguments: str) -> Result:
    """What a command said, which gives no secret away, but for credentials where it is to."""
    done = terminal.type("github", command, *arguments)
    secrets = [*github_stand_in.CANARIES]
    if command == "aws":
        secrets += aws_stand_in.CANARIES
    assert [each for each in secrets if each in done.out + done.err] == []
    return done


def test_the_profile_asks_for_credentials_and_holds_none(
    role: Role, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
    monkeypatch.setenv("GITHUB_ENV", str(tmp_path / "variables"))
    assert type_(terminal, "aws", *CHOSEN).status == 0
    name, _, path = (tmp_path / "variables").read_text().strip().partition("=")
    assert name == "AWS_CONFIG_FILE"
    profile = ConfigParser()
    profile.read(path)
    assert dict(profile["default"]) == {
        "credential_process": f'"{ROOT}/mwaa-platform" github aws-credentials --role {ROLE} '
        "--region us-east-1",
        "region": "us-east-1",
    }
    text = Path(path).read_text()
    assert [each for each in (*aws_stand_in.CANARIES, *role.github.tokens) if each in text] == []


def test_credentials_are_as_sdks_read_them_even_where_their_profile_asks_here(
    role: Role, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    (profile := tmp_path / "profile").write_text(
        f"[default]\ncredential_process = touch {tmp_path}/asked\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profile))
    made = json.loads(type_(terminal, "aws-credentials", *CHOSEN).out)
    assert made == {
        "Version": 1,
        "AccessKeyId": ACCESS_KEY,
        "SecretAccessKey": SECRET_KEY,
        "SessionToken": SESSION,
        "Expiration": "2999-01-01T00:00:00+00:00",
    }
    assert not (tmp_path / "asked").exists()
    assert len(role.assumed) == 1


def test_a_role_that_does_not_trust_the_job_is_told_its_subject(
    role: Role, terminal: Terminal
) -> None:
    role.trusts = False
    done = type_(terminal, "aws-credentials", *CHOSEN)
    assert done.status == 1
    assert f"trust this subject: {SUBJECT}." in done.said
    assert done.out == ""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response(403, b"canary-oidc-permission"), "GitHub gave no OIDC token (403)."),
        (Response(200, b"[]"), "GitHub gave no OIDC token (TypeError)."),
        (Response(200, b'{"value": "x.y.z"}'), "trust this subject: unknown."),
    ],
    ids=["refused", "another answer", "no token"],
)
def test_no_token_of_github(
    answer: Response, said: str, role: Role, terminal: Terminal, github: GitHub
) -> None:
    role.trusts = False
    github.answers = [answer]
    github.tokens = ["x.y.z"]
    done = type_(terminal, "aws-credentials", *CHOSEN)
    assert done.status == 1
    assert said in done.said


def test_a_job_without_the_permission_is_told_which(
    role: Role, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    done = type_(terminal, "aws-credentials", *CHOSEN)
    assert done.status == 1
    assert "id-token: write" in done.said
    assert role.assumed == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--role", ""),
        ("--role", "arn:aws:iam::111122223333:role/a; id"),
        ("--role", "arn:aws:iam::111122223333:user/a"),
        ("--region", "us-east-1\nendpoint_url = https://evil.example"),
        ("--region", ""),
    ],
)
def test_what_would_end_up_in_a_shell_is_refused(
    option: str, value: str, terminal: Terminal, github: GitHub
) -> None:
    chosen = [*CHOSEN, option, value]
    done = type_(terminal, "aws", *chosen)
    assert done.status == 2
    assert option in done.said
    assert github.tokens == []
