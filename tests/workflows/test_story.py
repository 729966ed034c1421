"""The whole story of an edit: a fork, its pull request, main that deploys, a stop, and back.

The workflows run in act, and really deploy to the AWS stand-in, as the role that the stack
Deployers has made.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.aws.trouble import Failure
from tests.integration.deploying import (
    APP,
    CANARY,
    CLIENT_SECRET,
    SECOND,
    Deploying,
    configuration,
    deploying,
)
from tests.workflows import github as github_stand_in
from tests.workflows.fork import CERTIFICATES, NUMBER, Fork, Run
from tests.workflows.github import GitHub, running_github

pytestmark = [pytest.mark.xdist_group("story"), pytest.mark.long]

Json = dict[str, Any]

TOKEN = "canary-catalogue-token"
LINEAGE = {
    "Provider": "OpenLineage",
    "Url": "https://lineage.example.com",
    "TokenSecretArn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:token-AbCdEf",
}
RAW = {
    **configuration(Lineage=LINEAGE),
    "Deployers": {"GitHub": {"Repository": github_stand_in.REPOSITORY}},
}
CANARIES = (CLIENT_SECRET, TOKEN, *github_stand_in.CANARIES)
REASON = f"The catalogue answered 401 to Authorization: Bearer {TOKEN}."
BROKEN = Failure(
    stack=f"{APP}-Env-{CANARY}", logical_id="Airflow", operation="update", reason=REASON, done=True
)


@dataclass(frozen=True, kw_only=True)
class Story:
    """The account, and the team's repository."""

    account: Deploying
    fork: Fork
    raw: Json

    def edited(self, **entry: Any) -> Json:
        """The file with other values in each environment's entry."""
        raw = copy.deepcopy(self.raw)
        raw["MwaaEnvironments"] = [{**each, **entry} for each in raw["MwaaEnvironments"]]
        return raw

    def pull_request(self, raw: Json) -> Run:
        self.fork.open_pull_request(raw)
        content = {"number": NUMBER, "head": {"ref": "change"}, "base": {"ref": "main"}}
        return self._run("pull-request", "pull_request", number=NUMBER, pull_request=content)

    def merge(self, raw: Json) -> Run:
        self.fork.push(raw)
        return self._run("deploy", "push", ref="refs/heads/main")

    def classes(self) -> list[str]:
        """The classes of canary and second wave."""
        client = self.account.cloud.session.client("mwaa")
        found = (client.get_environment(Name=each)["Environment"] for each in (CANARY, SECOND))
        return [str(each["EnvironmentClass"]) for each in found]

    def updated(self, stack: str) -> Any:
        """When a stack was updated last."""
        [found] = self.account.cloudformation.describe_stacks(StackName=f"{APP}-{stack}")["Stacks"]
        return found["LastUpdatedTime"]

    def _run(self, workflow: str, event: str, **content: Any) -> Run:
        """A run, which gives no secret away to anything that it writes."""
        run = self.fork.run(workflow, event, **content)
        github = self.fork.github
        left = "".join(
            each.read_text(errors="replace")
            for each in (self.fork.folder / "cache").rglob("*")
            if each.suffix in {".log", ".md", ".txt"}
        )
        written = f"{run.log}{run.summary}{github.comments}{github.issues}{left}"
        assert [each for each in (*CANARIES, *github.tokens) if each in written] == []
        assert not re.search(r"\bASIA[A-Z0-9]{12,}", written), "the id of a role's access key"
        return run


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deploying]:
    with deploying(tmp_path_factory.mktemp("account"), raw=RAW, lineage_token=TOKEN) as made:
        yield made


@pytest.fixture
def github() -> Iterator[GitHub]:
    with running_github() as made:
        yield made


@pytest.fixture
def story(account: Deploying, github: GitHub, tmp_path: Path) -> Story:
    roles = {"DEPLOY_ROLE": account.output("Deployers", "DeployRoleArn")}
    fork = Fork(folder=tmp_path, github=github, roles=roles)
    (tmp_path / CERTIFICATES).symlink_to(account.layout.state / CERTIFICATES)
    sdk = account.cloud.sdk_variables
    fork.variables.update({name: sdk[name] for name in ("AWS_ENDPOINT_URL", "NO_PROXY")})
    fork.variables["AWS_DISABLE_HOST_PREFIX_INJECTION"] = "true"
    raw = account.fitted(RAW)
    fork.create(raw)
    return Story(account=account, fork=fork, raw=raw)


def test_an_edit_rolls_itself_out_stops_at_a_broken_canary_and_goes_back(
    story: Story, github: GitHub
) -> None:
    medium = {"EnvironmentClass": "mw1.medium"}
    planned = story.pull_request(story.edited(**medium))
    assert planned.status == 0, planned.log
    [comment] = github.bodies(NUMBER)
    assert "EnvironmentClass: mw1.small → mw1.medium" in comment
    assert "What environments will get" in comment

    refused = story.pull_request(story.edited(**medium, VpcCIDR="10.9.0.0/16"))
    assert refused.status != 0
    assert refused.results == {**refused.results, "Plan": "failure", "Comment": "success"}
    [comment] = github.bodies(NUMBER)
    assert "10.9.0.0/16" in comment
    assert "10.9.0.0/16" in refused.summary

    github.may_write = False
    foreign = story.pull_request(story.edited(EnvironmentClass="mw1.giant"))
    assert foreign.status != 0
    assert "EnvironmentClass" in foreign.summary
    assert github.bodies(NUMBER) == [comment]
    assert github.tokens == []
    github.may_write = True
    assert story.classes() == ["mw1.small"] * 2

    merged = story.merge(story.edited(**medium))
    assert merged.status == 0, merged.log
    assert story.classes() == ["mw1.medium"] * 2
    assert story.updated(f"Env-{CANARY}") < story.updated(f"Env-{SECOND}")
    assert github.issues == []

    story.account.fail(BROKEN)
    granted = story.edited(**medium, MaxWorkers=12)
    granted["Grants"] = [
        *granted["Grants"],
        {"User": "a@example.com", "Environments": ["*"], "Roles": ["Viewer"]},
    ]
    stopped = story.merge(granted)
    assert stopped.status != 0
    assert stopped.results == {**stopped.results, "AWS": "success", "Deploy": "failure"}
    assert (story.account.workers(CANARY), story.account.workers(SECOND)) == (10, 10)
    [issue] = github.open_issues
    assert "The catalogue answered 401" in issue["body"]
    assert f"Env-{SECOND}  not begun" in issue["body"]
    assert not story.account.is_locked()

    story.account.fail()
    back = story.merge(story.edited(**medium))
    assert back.status == 0, back.log
    assert github.open_issues == []
    assert len(github.issues) == 1
