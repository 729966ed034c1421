"""The workflows, run by act in a team's repository against stand-ins of GitHub and AWS."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.github.release import notes
from cli.version import version
from local.tls import make_certificates
from tests.loopback import Request, Response, Server, aws_settings, serving
from tests.templates.synthesis import raw_sample
from tests.unit.cli.doctor.fake_account import Difference
from tests.unit.cli.doctor.fake_aws import FakeAws
from tests.unit.config.configurations import NAMES
from tests.workflows import aws as aws_stand_in
from tests.workflows import github as github_stand_in
from tests.workflows.aws import Role
from tests.workflows.fork import CERTIFICATES, NUMBER, Fork, Run
from tests.workflows.github import REPOSITORY, GitHub, running_github

pytestmark = pytest.mark.xdist_group("workflows")

CANARIES = (*aws_stand_in.CANARIES, *github_stand_in.CANARIES)
STACKS = ("Sso", "Grants", "Network", "Env-analytics")
OUTPUTS = {"LoadBalancerArn": "x", "TableName": "x", "EnvironmentName": "analytics"}


@pytest.fixture
def github() -> Iterator[GitHub]:
    with running_github() as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fork")


@pytest.fixture(scope="module")
def identity_provider(folder: Path) -> Iterator[str]:
    """A provider's address."""
    certificates = make_certificates(folder / CERTIFICATES, ["localhost"])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.certificate, certificates.key)
    with serving(Server(_discovery, tls)) as server:
        yield server.url


def _discovery(request: Request) -> Response:
    issuer = f"https://{request.headers['Host']}"
    members = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
    }
    return Response(200, json.dumps(members).encode())


@pytest.fixture(scope="module")
def repository(folder: Path, identity_provider: str) -> Path:
    """The team's repository, whose main is deployed."""
    Fork(folder=folder, github=GitHub()).create(configuration(identity_provider))
    return folder


@pytest.fixture
def fork(repository: Path, github: GitHub) -> Fork:
    return Fork(folder=repository, github=github)


@pytest.fixture
def role(fork: Fork, github: GitHub) -> Iterator[Role]:
    """The account, in which all is well."""
    aws = FakeAws(
        stacks={f"mwaa-platform-{each}": OUTPUTS for each in STACKS},
        environments={"analytics"},
        hosted_zones={NAMES["HostedZoneId"]: "example.com"},
        page=9,
    )
    made = Role(github=github, aws=aws)
    with serving(Server(made.answer)) as server:
        settings = aws_settings(server.url)
        for name in ("AWS_ENDPOINT_URL", "AWS_MAX_ATTEMPTS", "NO_PROXY"):
            fork.variables[name] = settings[name]
        fork.variables["AWS_DISABLE_HOST_PREFIX_INJECTION"] = "true"
        yield made


def configuration(provider: str = "", **entry: Any) -> dict[str, Any]:
    """A portal and one environment, with further keys of its entry."""
    raw = raw_sample("one-new")
    if provider:
        endpoints = {
            "Issuer": provider,
            "AuthorizationEndpoint": f"{provider}/authorize",
            "TokenEndpoint": f"{provider}/token",
            "UserInfoEndpoint": f"{provider}/userinfo",
        }
        raw["Oidc"] = {**raw["Oidc"], **endpoints}
        raw["Oidc"].pop("EndSessionEndpoint", None)
    raw["MwaaEnvironments"] = [{**raw["MwaaEnvironments"][0], **entry}]
    return raw


def pull_request(fork: Fork) -> Run:
    content = {"number": NUMBER, "head": {"ref": "change"}, "base": {"ref": "main"}}
    return without_secrets(
        fork, fork.run("pull-request", "pull_request", number=NUMBER, pull_request=content)
    )


def without_secrets(fork: Fork, run: Run) -> Run:
    """The run, whose log, summary and writings on GitHub give nothing away."""
    written = f"{run.log}{run.summary}{fork.github.comments}{fork.github.issues}"
    assert [each for each in (*CANARIES, *fork.github.tokens) if each in written] == []
    return run


def test_a_fork_without_any_permission_gets_its_checks_all_the_same(
    fork: Fork, github: GitHub, identity_provider: str
) -> None:
    github.may_write = False
    mention = "mw1.@everyone"
    fork.open_pull_request(configuration(identity_provider, EnvironmentClass=mention))
    wrong = pull_request(fork)
    assert wrong.status != 0
    assert wrong.results == {**wrong.results, "Plan": "failure", "Comment": "success"}
    assert "MwaaEnvironments[0].EnvironmentClass" in wrong.log
    assert "EnvironmentClass" in wrong.summary
    assert "@everyone" not in wrong.summary
    assert "No comment was written." in wrong.log
    assert github.comments == {}


def test_the_nightly_check_has_one_issue_as_long_as_something_is_wrong(
    fork: Fork, github: GitHub, role: Role, identity_provider: str
) -> None:
    fork.push(configuration(identity_provider))

    def nightly() -> Run:
        return without_secrets(fork, fork.run("nightly", "schedule"))

    role.aws.states["mwaa-platform-Env-analytics"] = "UPDATE_ROLLBACK_FAILED"
    found = nightly()
    assert found.status != 0
    [issue] = github.open_issues
    assert "UPDATE\\_ROLLBACK\\_FAILED" in issue["body"]
    assert role.assumed[0] == ("read", f"{REPOSITORY.replace('/', '-')}-1")

    role.aws.states.clear()
    role.aws.broken_dags = ["dags/broken.py"]
    role.aws.drift = {"mwaa-platform-Sso": {"Group": [Difference("/SecurityGroupEgress/0")]}}
    assert nightly().status != 0
    [issue] = github.open_issues
    assert "ROLLBACK" not in issue["body"]
    assert "dags/broken.py" in issue["body"]
    assert "/SecurityGroupEgress/0 differs" in issue["body"]
    assert Difference("").actual not in issue["body"]

    role.aws.broken_dags, role.aws.drift = [], {}
    well = nightly()
    assert well.status == 0, well.summary
    assert "All is well." in well.summary
    assert github.open_issues == []
    assert len(github.issues) == 1


def test_main_is_deployed_as_a_role_and_an_issue_says_where_that_stopped(
    fork: Fork, github: GitHub, role: Role, identity_provider: str
) -> None:
    fork.push(configuration(identity_provider, EnvironmentClass="mw1.medium"))
    stopped = without_secrets(fork, fork.run("deploy", "push", ref="refs/heads/main"))
    assert stopped.results == {**stopped.results, "AWS": "success", "Deploy": "failure"}
    assert {name for name, _ in role.assumed} == {"deploy"}
    assert role.callers == {"Boto3", "aws-sdk-js"}
    [issue] = github.open_issues
    assert issue["title"] == "A deployment stopped"
    assert "AWS does not let you do PutParameter." in issue["body"]
    assert "PutParameter" in stopped.summary


PASSING = """\
import os

SECRETS = ("GITHUB_TOKEN", "AWS_ACCESS_KEY_ID")


def test_that_there_is_nothing_to_steal():
    given = {name for name in SECRETS if name in os.environ}
    assert not given, given
"""


def test_the_tests_of_a_pull_request_run_without_credentials_and_can_fail(
    fork: Fork, identity_provider: str
) -> None:
    def tested(content: str) -> Run:
        (fork.root / "tests").mkdir(exist_ok=True)
        (fork.root / "tests" / "test_one.py").write_text(content)
        return without_secrets(fork, fork.run("tests", "pull_request", number=NUMBER))

    fork.push(configuration(identity_provider))
    passed = tested(PASSING)
    assert passed.status == 0, passed.log
    assert passed.results["Tests"] == "success"
    assert "1 passed" in passed.log
    failed = tested(PASSING.replace("assert not given", "assert given"))
    assert failed.status != 0
    assert failed.results["Tests"] == "failure"


def test_a_release_has_its_part_of_the_changelog_and_another_tag_is_refused(
    fork: Fork, github: GitHub
) -> None:
    def tagged(tag: str) -> Run:
        return without_secrets(fork, fork.run("release", "push", ref=f"refs/tags/{tag}"))

    refused = tagged("v99.0.0")
    assert refused.status != 0
    assert "The tag is v99.0.0, and the version is" in refused.log
    assert github.releases == []
    done = tagged(f"v{version()}")
    assert done.status == 0, done.log
    [made] = github.releases
    assert (made["tag_name"], made["body"]) == (f"v{version()}", notes(f"v{version()}"))
