"""The commands of the pipeline's steps, in a shell, in a checkout of a team's repository."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest

from tests.loopback import Request, Response, Server, aws_settings, serving
from tests.templates.synthesis import Json, raw_sample, sample
from tests.unit.cli.doctor.fake_aws import FakeAws
from tests.waits import DEADLINE_SECONDS
from tests.workflows.fork import Fork
from tests.workflows.github import GitHub

pytestmark = pytest.mark.xdist_group("workflows")

SAMPLE = "deployed-by-codepipeline"
STACKS = ("Network", "Grants", "Sso", "Env-canary")
OWN_TEST = "def test_own() -> None:\n    import app\n    assert app.platform\n"
XML = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


@dataclass
class Account:
    """The account after CodePipeline deployed the first wave."""

    aws: FakeAws = field(
        default_factory=lambda: FakeAws(
            stacks={f"rolled-out-{each}": {"EnvironmentName": "canary"} for each in STACKS},
            environments={"canary"},
            page=9,
        )
    )
    protected: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        match form.get("Action"), form.get("StackName"):
            case "DescribeStacks", None:
                members = "".join(
                    f"<member><StackName>{each}</StackName><StackId>{each}</StackId>"
                    "<CreationTime>2026-01-01T00:00:00Z</CreationTime>"
                    "<StackStatus>CREATE_COMPLETE</StackStatus></member>"
                    for each in self.aws.stacks
                )
                return _xml("DescribeStacks", f"<Stacks>{members}</Stacks>")
            case "UpdateTerminationProtection", str(name):
                self.protected.append(name)
                return _xml("UpdateTerminationProtection", f"<StackId>{name}</StackId>")
        return self.aws.answer(request)


def _xml(action: str, content: str) -> Response:
    result = f"<{action}Result>{content}</{action}Result>"
    return Response(200, f'<{action}Response xmlns="{XML}">{result}</{action}Response>'.encode())


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> Fork:
    """A repository in which the launcher is no program, as in an archive of CodePipeline's."""
    made = Fork(folder=tmp_path_factory.mktemp("fork"), github=GitHub())
    raw = raw_sample(SAMPLE)
    raw["MwaaEnvironments"][1]["WebServerAccessMode"] = "PUBLIC_ONLY"
    del raw["MwaaEnvironments"][1]["UiHost"]
    made.create(raw)
    (made.root / "mwaa-platform").chmod(0o644)
    (made.root / "tests").mkdir()
    (made.root / "tests" / "test_own.py").write_text(OWN_TEST)
    (made.root / "tests" / "test_broken.py").write_text("def test_own():\n    assert False\n")
    return made


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def aws(account: Account) -> Iterator[Mapping[str, str]]:
    """The variables of a step in that account."""
    with serving(Server(account.answer)) as server:
        settings = aws_settings(server.url)
        yield {**settings, "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}


def project(name: str) -> Json:
    """The build project of a step."""
    [found] = [
        each["Properties"]
        for each in sample(SAMPLE).resources("Pipeline", "AWS::CodeBuild::Project").values()
        if each["Properties"]["Description"].endswith(name)
    ]
    properties: Json = found
    return properties


def run(fork: Fork, step: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The commands of a step until one fails, with its own variables and others in their place."""
    properties = project(step)
    own = properties["Environment"].get("EnvironmentVariables", ())
    commands = json.loads(properties["Source"]["BuildSpec"])["phases"]["build"]["commands"]
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CDK_"))}
    return subprocess.run(
        ["sh", "-e", "-c", "\n".join(commands)],
        cwd=fork.root,
        env={
            **outside,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_HOME": str(fork.folder / "cdk"),
            "HOME": str(fork.folder),
            "PYTHONPATH": str(fork.folder / "site"),
            "GITHUB_WORKSPACE": str(fork.root),
            **{each["Name"]: each["Value"] for each in own},
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )


def test_synth_tests_and_leaves_the_assembly_of_the_whole_file(fork: Fork) -> None:
    done = run(fork, "/Synth", TESTS="tests/test_own.py")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    artifacts = json.loads((fork.root / "cdk.out" / "manifest.json").read_text())["artifacts"]
    assert {"Sso", "Env-canary", "Env-reporting", "Pipeline"} <= artifacts.keys()
    [buildspec] = (fork.root / "cdk.out").glob("buildspec-*.yaml")
    assert "Env-canary.assets.json" in buildspec.read_text()


def test_synth_stops_where_a_test_fails(fork: Fork) -> None:
    done = run(fork, "/Synth", TESTS="tests/test_broken.py")

    assert done.returncode != 0
    assert "1 failed" in done.stdout


def test_a_wave_is_protected_and_passes_where_it_is_healthy(
    fork: Fork, account: Account, aws: Mapping[str, str]
) -> None:
    done = run(fork, "Check_wave_1", **aws)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "canary" in done.stdout
    assert account.protected == [f"rolled-out-{each}" for each in ("Grants", "Sso", "Env-canary")]


def test_a_wave_stops_the_pipeline_where_it_does_not_become_healthy(
    fork: Fork, account: Account, aws: Mapping[str, str]
) -> None:
    account.aws.described = {"Status": "UPDATE_FAILED"}
    account.aws.heartbeats = {"scheduler": "unhealthy"}

    done = run(fork, "Check_wave_1", **aws, SETTLE="1s")

    assert done.returncode == 124, done.stdout + done.stderr
