"""Messages for AWS errors: no traceback, no secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.summary import write_summary
from tests import loopback
from tests.loopback import Request, Response
from tests.summaries import summary_of
from tests.unit.cli.terminal import Commands, Result, Terminal
from tests.unit.config.configurations import SMALLEST

CANARY = "canary-session-token"
TABLE = (
    "<DescribeStacksResponse xmlns='http://cloudformation.amazonaws.com/doc/2010-05-15/'>"
    "<DescribeStacksResult><Stacks><member><StackName>s</StackName><StackStatus>{status}"
    "</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>{outputs}</member></Stacks>"
    "</DescribeStacksResult></DescribeStacksResponse>"
)
OUTPUTS = (
    "<Outputs><member><OutputKey>TableName</OutputKey><OutputValue>grants</OutputValue></member>"
    "</Outputs>"
)


class Aws(loopback.Server):
    """CloudFormation that knows the table, and a DynamoDB that answers as told."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.stack = TABLE.format(status="CREATE_COMPLETE", outputs=OUTPUTS)
        self.refusal = ("InternalFailure", "")

    def _answer(self, request: Request) -> Response:
        if b"DescribeStacks" in request.body:
            return Response(200, self.stack.encode())
        code, message = self.refusal
        return Response(400, json.dumps({"__type": f"x#{code}", "message": message}).encode())


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with loopback.serving(Aws()) as server:
        settings = {**loopback.aws_settings(server.url), "AWS_SESSION_TOKEN": CANARY}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        yield server


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "cdk.context.json"
    path.write_text(json.dumps(SMALLEST))
    return str(path)


def listed(terminal: Terminal, file: str) -> Result:
    result = terminal.type("grants", "list", "-c", file)
    assert "Traceback" not in result.said
    assert CANARY not in result.said
    assert result.status == 1
    return result


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (("AccessDeniedException", "User: x is not authorized"), "does not let you do Scan"),
        (("ExpiredTokenException", CANARY), "have expired"),
        (("UnrecognizedClientException", CANARY), "does not accept your credentials"),
        (
            ("InvalidSignatureException", f"The String should be x-amz-security-token:{CANARY}"),
            "does not accept your credentials",
        ),
        (("ThrottlingException", ""), "AWS is throttling"),
        (("ProvisionedThroughputExceededException", ""), "AWS is throttling"),
        (("ResourceNotFoundException", ""), "is not there"),
        (("ValidationException", "a reason of AWS"), "a reason of AWS"),
    ],
)
def test_a_refusal_says_what_to_do(
    refusal: tuple[str, str], said: str, aws: Aws, terminal: Terminal, file: str
) -> None:
    aws.refusal = refusal
    result = listed(terminal, file)
    assert said in result.said
    assert "us-east-1" in result.said
    assert " do " in result.said


def test_a_stack_that_is_not_deployed(commands: Commands) -> None:
    raw = json.loads(commands.configuration.read_text())
    commands.configuration.write_text(json.dumps({**raw, "AppName": "elsewhere"}))
    result = commands.grants("list")
    assert result.status == 1
    assert "elsewhere-Grants is not deployed" in result.said
    assert "./mwaa-platform deploy" in result.said


def test_a_stack_that_failed(aws: Aws, terminal: Terminal, file: str) -> None:
    aws.stack = TABLE.format(status="ROLLBACK_COMPLETE", outputs="")
    assert "ROLLBACK_COMPLETE" in listed(terminal, file).said


@pytest.mark.usefixtures("aws")
def test_no_network(terminal: Terminal, file: str) -> None:
    terminal.monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert "cannot be reached" in listed(terminal, file).said


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("taken", "said"),
    [
        (["AWS_DEFAULT_REGION"], "No AWS Region is set."),
        (["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], "no usable AWS credentials"),
    ],
)
def test_what_people_forget_to_set(
    taken: list[str], said: str, terminal: Terminal, file: str, tmp_path: Path
) -> None:
    for name in (*taken, "AWS_REGION", "AWS_SESSION_TOKEN"):
        terminal.monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        terminal.monkeypatch.setenv(name, str(tmp_path / "none"))
    terminal.monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert said in listed(terminal, file).said


@pytest.mark.usefixtures("aws")
def test_the_region_is_the_one_that_awss_own_commands_take(terminal: Terminal, file: str) -> None:
    terminal.monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    terminal.monkeypatch.setenv("AWS_REGION", "eu-central-1")
    terminal.monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    path = Path(file)
    path.write_text(path.read_text().replace("us-east-1", "eu-central-1"))
    assert "eu-central-1" in listed(terminal, file).said


@pytest.mark.usefixtures("aws")
def test_a_file_of_another_region_is_refused_before_anything_is_asked(
    terminal: Terminal, file: str
) -> None:
    terminal.monkeypatch.setenv("AWS_REGION", "eu-central-1")
    terminal.monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    result = terminal.type("grants", "list", "-c", file)

    assert result.status == 2
    assert "This is in us-east-1, and the deployment in region eu-central-1" in result.said


@pytest.mark.usefixtures("aws")
def test_a_profile_that_is_not_there(terminal: Terminal, file: str) -> None:
    terminal.monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "nobody" in listed(terminal, file).said


def test_the_platform_on_this_machine_does_not_run(terminal: Terminal, tmp_path: Path) -> None:
    for summary in (None, summary_of(aws="http://127.0.0.1:1")):
        if summary:
            write_summary(summary, tmp_path)
        result = terminal.type("grants", "list", "--local", "--state", str(tmp_path))
        assert result.status == 1
        assert "./mwaa-platform up" in result.said


def test_the_platform_on_this_machine(commands: Commands, tmp_path: Path) -> None:
    """A folder as a run leaves it: where the stand-in answers, and what was deployed."""
    endpoint = commands.dynamodb.meta.endpoint_url
    write_summary(summary_of(aws=endpoint), tmp_path)
    (tmp_path / "cdk").mkdir()
    commands.configuration.rename(tmp_path / "cdk" / "cdk.context.json")
    commands.monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    where = ("--local", "--state", str(tmp_path))
    arguments = ("-u", "ada@example.com", "-e", "analytics", "-r", "Op")
    assert commands.type("grants", "add", *arguments, *where).status == 0
    assert commands.roles("user:ada@example.com") == {"Op"}
