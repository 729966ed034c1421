"""The roles of Deployers, as jobs of a repository act as them: the stand-in enforces what they may.

A deployment includes its plan.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from local.aws_stand_in import AwsStandIn
from local.deployment import Deployment
from local.layout import ACCOUNT, REGION, Layout
from local.ports import choose
from local.tls import make_certificates
from tests.integration.deploying import synthesise_file, synthesised_here
from tests.running_stand_in import running_stand_in
from tests.templates.synthesis import raw_sample
from tests.unit.cli.conftest import terminal
from tests.unit.cli.terminal import Terminal

__all__ = ["synthesised_here", "terminal"]

pytestmark = [pytest.mark.xdist_group("deployers"), pytest.mark.usefixtures("synthesised_here")]

HOST = "token.actions.githubusercontent.com"
REPOSITORY = "repo:example@1234/platform@5678"
DEPLOYING, READING = f"{REPOSITORY}:environment:production", f"{REPOSITORY}:ref:refs/heads/main"
REFUSALS = ("does not let you", "not authorized", "AccessDenied")


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account in which somebody has deployed the stack Deployers from a laptop."""

    cloud: AwsStandIn
    file: Path
    roles: Mapping[str, str]

    def credentials(self, role: str, subject: str) -> Mapping[str, str]:
        """Those of a job by a token about `subject`, as variables."""
        claims = {"iss": f"https://{HOST}", "aud": "sts.amazonaws.com", "sub": subject}
        token = jwt.encode({**claims, "exp": time.time() + 300}, "k" * 32, algorithm="HS256")
        sts = boto3.client(
            "sts",
            endpoint_url=self.cloud.endpoint,
            region_name=REGION,
            config=Config(signature_version=UNSIGNED),
        )
        made = sts.assume_role_with_web_identity(
            RoleArn=self.roles[role], RoleSessionName="job", WebIdentityToken=token
        )["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
            "AWS_SESSION_TOKEN": made["SessionToken"],
        }


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    state = tmp_path_factory.mktemp("deployers")
    layout = Layout(state=state, ports=choose({"aws": 14690, "lineage": 14691}))
    ca = make_certificates(state / "certificates", ["localhost"]).ca
    with running_stand_in(layout, webservers={}, ca=ca) as processes:
        cloud = AwsStandIn(endpoint=layout.aws)
        deployment = Deployment(
            folder=state / "cdk",
            stand_in=cloud,
            processes=processes,
            log=layout.log("cdk"),
            assembly=state / "first",
        )
        raw: Any = json.dumps(raw_sample("deployed-from-github")).replace("111122223333", ACCOUNT)
        deployment.write(json.loads(raw))
        deployment.bootstrap()
        file = deployment.folder / "cdk.context.json"
        synthesise_file(file, state / "first")
        deployment.deploy("Deployers")
        yield Account(
            cloud=cloud,
            file=file,
            roles=deployment.outputs["mwaa-platform-Deployers"],
        )


@pytest.fixture
def job(account: Account, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Somebody without credentials, who types commands."""
    for name, value in account.cloud.sdk_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return terminal


def act(account: Account, role: str, subject: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in account.credentials(role, subject).items():
        monkeypatch.setenv(name, value)


def deploy(account: Account, stack: str) -> tuple[str, ...]:
    return ("deploy", "--configuration", str(account.file), "--yes", "--only", stack)


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        ("DeployRoleArn", f"{REPOSITORY}:pull_request"),
        ("ReadRoleArn", f"{REPOSITORY}:pull_request"),
        ("DeployRoleArn", READING),
        ("ReadRoleArn", DEPLOYING),
        ("DeployRoleArn", "repo:example@1234/other@1:environment:production"),
        ("ReadRoleArn", f"{REPOSITORY}:ref:refs/heads/other"),
    ],
)
def test_other_jobs_get_no_credentials(account: Account, role: str, subject: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        account.credentials(role, subject)


def test_a_job_deploys_by_the_bootstraps_roles(
    account: Account, job: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(account, "DeployRoleArn", DEPLOYING, monkeypatch)
    told = job.type(*deploy(account, "Grants"))
    assert told.status == 0, told.said
    stacks: Any = account.cloud.session.client("cloudformation")
    [grants] = stacks.describe_stacks(StackName="mwaa-platform-Grants")["Stacks"]
    assert grants["StackStatus"] == "CREATE_COMPLETE"
    parameters = account.cloud.session.client("ssm").describe_parameters()["Parameters"]
    assert [each["Name"] for each in parameters] == ["/cdk-bootstrap/hnb659fds/version"]


@pytest.mark.parametrize("command", ["doctor", "status", "explain"])
def test_what_a_job_looks_at_is_not_refused(
    account: Account, job: Terminal, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    act(account, "ReadRoleArn", READING, monkeypatch)
    told = job.type(command, "--configuration", str(account.file))
    assert "mwaa-platform" in told.said
    assert [each for each in REFUSALS if each in told.said] == []


def test_a_job_that_looks_cannot_deploy(
    account: Account, job: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(account, "ReadRoleArn", READING, monkeypatch)
    told = job.type(*deploy(account, "Sso"))
    assert told.status == 1
    assert "AWS does not let you do PutParameter" in told.said
