"""Deployers: the roles as which the jobs of one repository look at the platform, and deploy it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from config.section import Matches, Section, reject, setting
from config.types import IAM_ARN, HostName, Integer
from config.update_policy import BY_KEY, UpdatePolicy

GITHUB_ISSUER = "token.actions.githubusercontent.com"
PROVIDER = "oidc-provider/"


def _wildcard_advice(value: str) -> str | None:
    if "*" in value or "?" in value:
        return "Name one: a wildcard would let others in."
    return None


def repository_advice(value: str) -> str | None:
    if "://" in value or value.startswith("git@"):
        return "Leave out the address of the host."
    if value.endswith(".git"):
        return "Leave out .git."
    return _wildcard_advice(value) or ("Add its owner." if "/" not in value else None)


def _branch_advice(value: str) -> str | None:
    return "Leave out refs/heads/." if value.startswith("refs/") else _wildcard_advice(value)


def _provider_advice(value: str) -> str | None:
    if value.startswith(("https://", "http://")):
        return "Give the ARN under which IAM has the provider."
    if re.match(r"arn:aws[a-z-]*:iam:[^:]", value):
        return "IAM has no Regions: leave it out of the ARN."
    return None


# They become parts of a subject, in which IAM would take ${ for a variable, and a colon divides.
Repository = Annotated[
    str,
    Matches(
        r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}/(?!.*\.git$)[\w.-]{1,100}",
        "a repository with its owner, such as example/platform",
        repository_advice,
    ),
]
Project = Annotated[
    str,
    Matches(
        r"\w[\w.-]*(?:/\w[\w.-]*)+(?<!\.git)",
        "the path of a project with its groups, such as example/platform",
        repository_advice,
    ),
]
Branch = Annotated[
    str,
    Matches(
        r"(?!refs/)(?!.*(?:\.\.|//|/$))\w[\w./+@#-]{0,199}", "the name of a branch", _branch_advice
    ),
]
JobEnvironment = Annotated[
    str,
    Matches(
        r"\w(?:[\w ./@#+-]{0,253}[\w.])?", "the name of one of its environments", _wildcard_advice
    ),
]
ProviderArn = Annotated[
    str,
    Matches(
        IAM_ARN.format(account=r"\d{12}", resource=PROVIDER + r"[A-Za-z0-9./_-]+"),
        f"the ARN of an OIDC provider of IAM, such as "
        f"arn:aws:iam::111122223333:{PROVIDER}{GITHUB_ISSUER}",
        _provider_advice,
    ),
]
Id = Annotated[Integer, Field(ge=1)]


def check_provider(arn: str | None, issuer: str | None) -> str | None:
    """Rejects a provider of another issuer than the host's."""
    if arn and issuer and arn.partition(PROVIDER)[2] != issuer:
        reject(
            "This is the provider of another host.", f"Its ARN must end with {PROVIDER}{issuer}."
        )
    return arn


def _branch(do: str) -> Any:
    """The key `Branch`; what its jobs `do`."""
    return setting(
        f"The branch whose jobs {do}.", update=UpdatePolicy.TRUSTS_OTHERS, default="main"
    )


def _provider_arn(whose: str) -> Any:
    """The key `OidcProviderArn`."""
    return setting(
        f"ARN of {whose} OIDC provider, if the account has one: there can be only one. "
        "Its audiences must include `sts.amazonaws.com`.",
        update=UpdatePolicy.TRUSTS_OTHERS,
        default=None,
        otherwise="the stack makes one, which stays when the stack goes",
    )


class GitHub(Section):
    """A repository on GitHub, whose workflows are in `.github/workflows`.

    Its settings must have the environment, with the branch as the only one that deploys.
    """

    repository: Repository = setting(
        "The repository with its owner, as GitHub writes it: capital letters count.",
        update=UpdatePolicy.TRUSTS_OTHERS,
    )
    owner_id: Id | None = setting(
        "Number of the owner. Give it, and the repository's, where GitHub has numbers in the "
        "subject: so for repositories that were made or renamed since July 15, 2026. "
        "`gh api repos/<owner>/<name> --jq '.owner.id, .id'` prints the two.",
        update=UpdatePolicy.TRUSTS_OTHERS,
        default=None,
        otherwise="a subject without numbers",
    )
    repository_id: Id | None = setting(
        "Number of the repository.",
        update=UpdatePolicy.TRUSTS_OTHERS,
        default=None,
        otherwise="a subject without numbers; **required** with `OwnerId`",
    )
    environment: JobEnvironment = setting(
        "The environment of the repository whose jobs deploy.",
        update=UpdatePolicy.TRUSTS_OTHERS,
        default="production",
    )
    branch: Branch = _branch("look at what is deployed")
    oidc_provider_arn: ProviderArn | None = _provider_arn("GitHub's")

    @field_validator("repository_id")
    @classmethod
    def _check_ids(cls, repository_id: int | None, info: ValidationInfo) -> int | None:
        if "owner_id" in info.data and (info.data["owner_id"] is None) != (repository_id is None):
            reject("OwnerId and RepositoryId stand together in the subject.", "Give both, or none.")
        return repository_id

    @field_validator("oidc_provider_arn")
    @classmethod
    def _check_provider(cls, arn: str | None) -> str | None:
        return check_provider(arn, GITHUB_ISSUER)

    @property
    def issuer(self) -> str:
        """The host of the tokens, without https://."""
        return GITHUB_ISSUER

    @property
    def deploying_subject(self) -> str:
        """The subject of the jobs that deploy."""
        return f"{self._repository}:environment:{self.environment}"

    @property
    def reading_subject(self) -> str:
        """The subject of the jobs that look at what is deployed."""
        return f"{self._repository}:ref:refs/heads/{self.branch}"

    @property
    def _repository(self) -> str:
        """https://docs.github.com/en/actions/reference/security/oidc ."""
        if self.owner_id is None:
            return f"repo:{self.repository}"
        owner, name = self.repository.split("/")
        return f"repo:{owner}@{self.owner_id}/{name}@{self.repository_id}"


class GitLab(Section):
    """A project on GitLab, whose branch must be protected: its jobs may deploy."""

    host: HostName = setting(
        "The host of the GitLab instance. IAM reads its keys from the internet.",
        update=UpdatePolicy.TRUSTS_OTHERS,
        default="gitlab.com",
    )
    project: Project = setting(
        "Path of the project with its groups, as GitLab writes it: capital letters count.",
        update=UpdatePolicy.TRUSTS_OTHERS,
    )
    branch: Branch = _branch("look at what is deployed, and deploy")
    oidc_provider_arn: ProviderArn | None = _provider_arn("the instance's")

    @field_validator("oidc_provider_arn")
    @classmethod
    def _check_provider(cls, arn: str | None, info: ValidationInfo) -> str | None:
        return check_provider(arn, info.data.get("host"))

    @property
    def issuer(self) -> str:
        """The host of the tokens, without https://."""
        return self.host

    @property
    def deploying_subject(self) -> str:
        """The subject of the jobs of the branch: GitLab's has no environment.

        https://docs.gitlab.com/ci/secrets/id_token_authentication/
        """
        return f"project_path:{self.project}:ref_type:branch:ref:{self.branch}"

    @property
    def reading_subject(self) -> str:
        """The same subject."""
        return self.deploying_subject


class Deployers(Section):
    """Two roles for the jobs of one repository: one reads what is deployed, one deploys.

    Only its jobs can assume them, with a token from `GitHub` or `GitLab`, and no key is
    stored. The stack `Deployers` has the ARNs as its outputs.
    """

    git_hub: GitHub | None = setting(
        "The repository, if it is on GitHub.",
        update=BY_KEY,
        default=None,
        otherwise="**required** without `GitLab`",
    )
    git_lab: GitLab | None = setting(
        "The project, if it is on GitLab.",
        update=BY_KEY,
        default=None,
        otherwise="**required** without `GitHub`",
    )

    @field_validator("git_lab")
    @classmethod
    def _check_one(cls, git_lab: GitLab | None, info: ValidationInfo) -> GitLab | None:
        if "git_hub" in info.data and (info.data["git_hub"] is None) == (git_lab is None):
            reject(
                "Deployers is about one repository: on GitHub or on GitLab.",
                "Give one of the two.",
                missing=git_lab is None,
            )
        return git_lab

    @property
    def source(self) -> GitHub | GitLab:
        """The repository."""
        found = self.git_hub or self.git_lab
        if found is None:
            raise ValueError("Deployers has neither GitHub nor GitLab")
        return found
