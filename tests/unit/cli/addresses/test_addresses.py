"""`urls` and `open`: what the file knows, what AWS is asked for, and wrong use."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.summary import write_summary
from tests import loopback
from tests.loopback import Request, Response
from tests.summaries import summary_of
from tests.unit.cli.doctor.fake_aws import FakeAws
from tests.unit.cli.terminal import Result, Terminal
from tests.unit.config.configurations import QUICK_START, SMALLEST

ALB = {**SMALLEST["Alb"], "DomainName": "airflow.example.com"}
HOSTED = {"Name": "old_one", "UiHost": "old-one.example.com"}
OTHER = {"Name": "other"}
WEB_SERVER = "0a1b.c2.us-east-1.airflow.amazonaws.com"


class Counting(FakeAws):
    """An AWS that knows of what it was asked."""

    asked: list[str]
    url: str

    def answer(self, request: Request) -> Response:
        self.asked.append(request.path)
        return super().answer(request)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    aws = Counting(
        environments={"old_one", "other", "reporting"}, described={"WebserverUrl": WEB_SERVER}
    )
    aws.asked = []
    with loopback.serving(loopback.Server(aws.answer)) as server:
        aws.url = server.url
        settings = loopback.aws_settings(server.url)
        for name, value in {**settings, "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        yield aws


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a browser was given."""
    seen: list[str] = []

    def remember(url: str) -> bool:
        seen.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", remember)
    return seen


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cdk.context.json"
    path.write_text(json.dumps({**SMALLEST, "Alb": ALB, "MwaaEnvironments": [HOSTED, OTHER]}))
    return path


def change(file: Path, **sections: Any) -> None:
    raw = {**json.loads(file.read_text()), **sections}
    file.write_text(json.dumps({key: each for key, each in raw.items() if each is not None}))


def listed(terminal: Terminal, file: Path) -> dict[tuple[str, str], dict[str, Any]]:
    said = terminal.type("urls", "--json", "-c", str(file))
    found = json.loads(said.out)
    assert (said.status == 1) == any(each["finding"] for each in found)
    return {(each["of"], each["what"]): each for each in found}


def test_the_file_knows_the_hosts_and_aws_the_web_servers(
    aws: Counting, terminal: Terminal, file: Path
) -> None:
    found = listed(terminal, file)
    assert found["portal", "portal"]["url"] == "https://airflow.example.com/"
    assert found["portal", "sign-out"]["url"] == "https://airflow.example.com/logout"
    link = "https://airflow.example.com/aws_mwaa/aws-console-sso?mwaa_env=old_one"
    assert found["old_one", "sign-in"]["url"] == link
    assert found["old_one", "host"]["url"] == "https://old-one.example.com/"
    assert ("other", "host") not in found
    web_server = found["other", "web-server"]
    assert (web_server["host"], web_server["port"]) == (WEB_SERVER, 443)
    assert sorted(aws.asked) == ["/environments/old_one", "/environments/other"]


def test_what_aws_does_not_say_is_said_in_its_line(
    aws: Counting, terminal: Terminal, file: Path
) -> None:
    aws.environments.remove("other")
    said = terminal.type("urls", "-c", str(file))
    assert said.status == 1
    lines = said.out.splitlines()
    [wrong] = [each for each in lines if each.startswith("other") and "web server" in each]
    assert "? What GetEnvironment asks for is not there." in wrong
    assert any(each.startswith("old_one") and WEB_SERVER in each for each in lines)


def test_a_permission_that_is_missing(
    aws: Counting, terminal: Terminal, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> Response:
        headers = {"x-amzn-ErrorType": "AccessDeniedException"}
        return Response(403, f'{{"message": "not {name}"}}'.encode(), headers)

    monkeypatch.setattr(aws, "_get_environment", refuse)
    found = listed(terminal, file)
    assert found["portal", "portal"]["finding"] is None
    for name in ("old_one", "other"):
        assert found[name, "web-server"]["url"] is None
        wrong = found[name, "web-server"]["finding"]["wrong"]
        assert wrong == "AWS does not let you do GetEnvironment."


def test_a_host_that_the_file_does_not_name(
    aws: Counting, terminal: Terminal, file: Path, opened: list[str]
) -> None:
    change(file, Alb=SMALLEST["Alb"], MwaaEnvironments=[OTHER])
    aws.stacks["mwaa-platform-Sso"] = {"LoadBalancerDnsName": "internal-a.example.com"}
    found = listed(terminal, file)
    assert found["portal", "portal"]["url"] == "https://<your host>/"
    assert found["portal", "balancer"]["host"] == "internal-a.example.com"
    said = terminal.type("open", "portal", "-c", str(file))
    assert said.status == 1
    assert "Alb.DomainName" in said.said
    assert not opened


@pytest.mark.usefixtures("aws")
def test_quick_start_alone_has_the_host_and_no_portal(
    terminal: Terminal, file: Path, opened: list[str]
) -> None:
    change(file, MwaaEnvironments=None, QuickStart=QUICK_START)
    found = listed(terminal, file)
    assert found.keys() == {("reporting", "host"), ("reporting", "web-server")}
    assert terminal.type("open", "reporting", "-c", str(file)).status == 0
    assert opened == ["https://airflow.example.com/"]
    said = terminal.type("open", "portal", "-c", str(file))
    assert "./mwaa-platform open reporting" in said.said


def test_quick_start_beside_a_portal_has_a_host_in_no_key(
    aws: Counting, terminal: Terminal, file: Path
) -> None:
    own = {"ClientId": "b", "ClientSecretArn": SMALLEST["Oidc"]["ClientSecretArn"] + "2"}
    alb = {**ALB, "AllowedCidrs": ["10.0.0.0/8"]}
    change(file, QuickStart={**QUICK_START, **own}, Alb=alb)
    aws.stacks["mwaa-platform-QuickStart"] = {"LoadBalancerDnsName": "internal-b.example.com"}
    found = listed(terminal, file)
    assert found["reporting", "host"]["url"] == "https://<your host>/"
    assert found["reporting", "balancer"]["host"] == "internal-b.example.com"
    said = terminal.type("open", "reporting", "-c", str(file))
    assert said.status == 1
    assert "in no key" in said.said


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("portal", ""),
        ("other", "aws_mwaa/aws-console-sso?mwaa_env=other"),
        ("other --role Op", "aws_mwaa/aws-console-sso?mwaa_env=other&rbac_role=Op"),
    ],
)
def test_opening_asks_nothing_of_aws(
    typed: str, url: str, request: pytest.FixtureRequest, terminal: Terminal, file: Path
) -> None:
    aws: Counting = request.getfixturevalue("aws")
    opened: list[str] = request.getfixturevalue("opened")
    said = terminal.type("open", *typed.split(), "-c", str(file))
    assert said.status == 0
    assert said.out == f"https://airflow.example.com/{url}\n"
    assert opened == [said.out.strip()]
    assert not aws.asked


@pytest.mark.usefixtures("aws")
def test_a_machine_without_a_browser(
    terminal: Terminal, file: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert terminal.type("open", "portal", "--no-browser", "-c", str(file)).status == 0
    assert not opened
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    said = terminal.type("open", "portal", "-c", str(file))
    assert said.status == 0
    assert said.out == "https://airflow.example.com/\n"
    assert "No browser" in said.err


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("othr",), "Did you mean other?"),
        (("poratl",), "Did you mean portal?"),
        (("\x1b[2J",), "It has: old_one, other. Or name: portal."),
        (("other", "--role", "Boss"), "It is one of Public, Viewer, User, Op, Admin."),
        (("portal", "--role", "Op"), "Name the environment."),
    ],
)
def test_wrong_use(
    arguments: tuple[str, ...], words: str, terminal: Terminal, file: Path, opened: list[str]
) -> None:
    said: Result = terminal.type("open", *arguments, "-c", str(file))
    assert said.status == 2
    assert words in said.said
    assert "\x1b" not in said.out + said.err
    assert not opened


def test_the_local_run_knows_all_of_it(
    terminal: Terminal, file: Path, tmp_path: Path, opened: list[str], aws: Counting
) -> None:
    write_summary(
        summary_of(
            aws=aws.url,
            portal="https://localhost:8443/",
            environments={name: f"https://{name}.localhost:8446/" for name in ("old_one", "other")},
            ui_hosts={"old_one": "https://ui-old-one.localhost:8443/"},
        ),
        tmp_path,
    )
    (tmp_path / "cdk").mkdir()
    file.rename(tmp_path / "cdk" / "cdk.context.json")
    where = ("--local", "--state", str(tmp_path))
    found = {
        (each["of"], each["what"]): each["url"]
        for each in json.loads(terminal.type("urls", "--json", *where).out)
    }
    assert found["portal", "portal"] == "https://localhost:8443/"
    assert found["old_one", "host"] == "https://ui-old-one.localhost:8443/"
    assert found["other", "web-server"] == "https://other.localhost:8446/"
    assert found["lineage", "lineage"] == "https://localhost:8445/"
    assert not [each for each in aws.asked if each.startswith("/environments")]
    assert terminal.type("open", "other", *where).status == 0
    assert opened == ["https://localhost:8443/aws_mwaa/aws-console-sso?mwaa_env=other"]


@pytest.mark.parametrize(
    "url",
    [
        "https://airflow.example.com/",
        "https://localhost.example.com/",
        "https://example.com\\@localhost/",
        "https://localhost@example.com/",
        "https://localhost:8443/#@example.com",
        "file:///etc/passwd",
        "javascript://localhost/%0aalert(1)",
        "http://127.0.0.1.example.com/",
    ],
)
def test_a_summary_with_an_address_elsewhere_is_not_believed(
    url: str, aws: Counting, terminal: Terminal, file: Path, opened: list[str]
) -> None:
    state = file.parent
    (state / "cdk").mkdir()
    file.rename(state / "cdk" / "cdk.context.json")
    for member in ("portal", "aws", "lineage", "ui_hosts", "environments"):
        value = {"other": url} if member in {"ui_hosts", "environments"} else url
        given = {"aws": aws.url, "portal": "https://localhost:8443/", member: value}
        write_summary(summary_of(**given), state)
        said = terminal.type("open", "portal", "--local", "--state", str(state))
        assert said.status == 1
        assert "is not an address of this machine." in said.said
    assert not opened
    assert not aws.asked
