"""Deployers: whom the roles trust, and what is no repository, branch or provider."""

from __future__ import annotations

from typing import Any

import pytest

from mwaa.regions import Target
from tests.unit.config.configurations import draft, mistakes_in, parse, words

GITHUB = {"Repository": "Example/platform"}
GITLAB = {"Project": "example/data/platform"}
PROVIDER = "arn:aws:iam::111122223333:oidc-provider/{}"
OF_GITHUB = PROVIDER.format("token.actions.githubusercontent.com")


def github(**keys: Any) -> dict[str, Any]:
    return draft(Deployers={"GitHub": {**GITHUB, **keys}})


def gitlab(**keys: Any) -> dict[str, Any]:
    return draft(Deployers={"GitLab": {**GITLAB, **keys}})


@pytest.mark.parametrize(
    ("raw", "deploying", "reading"),
    [
        pytest.param(
            github(),
            "repo:Example/platform:environment:production",
            "repo:Example/platform:ref:refs/heads/main",
            id="names",
        ),
        pytest.param(
            github(OwnerId=1234, RepositoryId=5678, Environment="live", Branch="release/1"),
            "repo:Example@1234/platform@5678:environment:live",
            "repo:Example@1234/platform@5678:ref:refs/heads/release/1",
            id="numbers",
        ),
        pytest.param(
            gitlab(Branch="live"),
            "project_path:example/data/platform:ref_type:branch:ref:live",
            "project_path:example/data/platform:ref_type:branch:ref:live",
            id="gitlab",
        ),
    ],
)
def test_subjects_are_those_of_the_host(raw: Any, deploying: str, reading: str) -> None:
    deployers = parse(raw).deployers
    assert deployers is not None
    assert deployers.source.deploying_subject == deploying
    assert deployers.source.reading_subject == reading


@pytest.mark.parametrize(
    ("raw", "place", "reason", "hint"),
    [
        (github(Repository="platform"), "GitHub.Repository", "a repository with", "Add its owner"),
        (github(Repository="example/*"), "GitHub.Repository", "a repository", "a wildcard"),
        (github(Repository="example/a:b"), "GitHub.Repository", "a repository", ""),
        (github(Repository="example/${a}"), "GitHub.Repository", "a repository", ""),
        (github(Repository="..."), "GitHub.Repository", "", ""),
        (
            github(Repository="https://github.com/example/platform"),
            "GitHub.Repository",
            "a repository with its owner",
            "Leave out the address of the host.",
        ),
        (github(Repository="example/a.git"), "GitHub.Repository", "a repo", "Leave out .git."),
        (github(Branch="*"), "GitHub.Branch", "the name of a branch", "a wildcard"),
        (github(Branch="refs/heads/main"), "GitHub.Branch", "", "Leave out refs/heads/."),
        (github(Environment="prod*"), "GitHub.Environment", "one of its env", "a wildcard"),
        (github(Environment="a:ref:b"), "GitHub.Environment", "one of its environments", ""),
        (github(OwnerId=1), "GitHub.RepositoryId", "stand together", "Give both, or none."),
        (github(RepositoryId=1), "GitHub.RepositoryId", "stand together", "Give both, or none."),
        (github(OwnerId=0, RepositoryId=1), "GitHub.OwnerId", "", ""),
        (
            github(OidcProviderArn=PROVIDER.format("gitlab.com")),
            "GitHub.OidcProviderArn",
            "the provider of another host",
            "end with oidc-provider/token.actions.githubusercontent.com",
        ),
        (
            github(OidcProviderArn="https://token.actions.githubusercontent.com"),
            "GitHub.OidcProviderArn",
            "the ARN of an OIDC provider",
            "Give the ARN",
        ),
        (
            github(OidcProviderArn=OF_GITHUB.replace("iam::", "iam:us-east-1:")),
            "GitHub.OidcProviderArn",
            "the ARN of an OIDC provider",
            "IAM has no Regions",
        ),
        (gitlab(Project="platform"), "GitLab.Project", "the path of a project", "Add its owner"),
        (gitlab(Host="https://gitlab.com"), "GitLab.Host", "the name of a host", "https://"),
        (
            gitlab(Host="git.example.com", OidcProviderArn=PROVIDER.format("gitlab.com")),
            "GitLab.OidcProviderArn",
            "the provider of another host",
            "oidc-provider/git.example.com",
        ),
        (draft(Deployers={}), "GitLab", "on GitHub or on GitLab", "one of the two"),
        (
            draft(Deployers={"GitHub": GITHUB, "GitLab": GITLAB}),
            "GitLab",
            "on GitHub or on GitLab",
            "one of the two",
        ),
    ],
)
def test_a_mistake_is_found_at_its_place(raw: Any, place: str, reason: str, hint: str) -> None:
    assert list(mistakes_in(raw)) == [f"Deployers.{place}"]
    said, remedy = words(raw, f"Deployers.{place}")
    assert reason in said
    assert hint in (remedy or "")


@pytest.mark.parametrize(
    ("target", "wrong"),
    [
        (Target(account="111122223333", region="eu-west-1"), []),
        (Target(account="444455556666", region="us-east-1"), ["account 444455556666"]),
    ],
)
def test_a_provider_is_of_the_account_that_is_deployed_to(target: Target, wrong: list[str]) -> None:
    raw = github(OidcProviderArn=OF_GITHUB)
    found = mistakes_in(raw, target=target)
    said = [each for place, each in found.items() if place == "Deployers.GitHub.OidcProviderArn"]
    assert len(said) == len(wrong)
    assert all(part in str(said) for part in wrong)
