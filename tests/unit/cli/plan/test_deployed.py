"""What is read of a deployed platform, and the states in which it cannot be told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from cli.deployed import DeployedPlatform
from cli.plan.deployed import DeployedApplication, read_deployed
from config.outline import Outline
from errors import PlatformError
from tests.unit.cli.plan.applications import PREFIX, Json, environment, template

NOT_THERE = ClientError(
    {"Error": {"Code": "ResourceNotFoundException", "Message": ""}}, "GetEnvironment"
)


@dataclass(kw_only=True)
class Account:
    """Stacks by name with status and template, and environments with their status."""

    stacks: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    environments: Mapping[str, str] = field(default_factory=dict)
    called: list[str] = field(default_factory=list)

    def client(self, _service: str) -> Any:
        return self

    def get_paginator(self, operation: str) -> Any:
        self.called.append(operation)
        return self

    def paginate(self) -> Iterator[Json]:
        for name, (status, _) in self.stacks.items():
            yield {
                "Stacks": [
                    {"StackName": name, "StackStatus": status, "EnableTerminationProtection": True}
                ]
            }

    def get_template(self, *, StackName: str, TemplateStage: str) -> Json:  # noqa: N803
        self.called.append(f"{StackName} {TemplateStage}")
        return {"TemplateBody": self.stacks[StackName][1]}

    def get_environment(self, *, Name: str) -> Json:  # noqa: N803
        if Name not in self.environments:
            raise NOT_THERE
        return {"Environment": {"Status": self.environments[Name]}}

    def read(self) -> DeployedApplication:
        platform = DeployedPlatform(
            configuration=cast(
                Any, SimpleNamespace(new_environments=(SimpleNamespace(name="lake"),))
            ),
            outline=Outline(app_name=PREFIX),
            place="there",
            session=cast(Any, self),
            variables={},
            ca_file="",
        )
        return read_deployed(platform)


OURS = template({"MwaaEnvironments": [{"Name": "lake"}]}, Airflow=environment())


def account(status: str = "UPDATE_COMPLETE", of_environment: str | None = "AVAILABLE") -> Account:
    return Account(
        stacks={f"{PREFIX}-Env-lake": (status, OURS)},
        environments={"lake": of_environment} if of_environment else {},
    )


def said(found: DeployedApplication) -> str:
    return "\n".join(
        f"{each.subject}: {each.message} {each.remedy} {each.commands}" for each in found.uncertain
    )


def test_each_stack_is_read_once_and_nothing_is_uncertain() -> None:
    aws = account()
    found = aws.read()
    [stack] = found.application.stacks.values()
    assert (stack.id, stack.protected) == ("Env-lake", True)
    assert found.application.written == {"MwaaEnvironments": [{"Name": "lake"}]}
    assert found.uncertain == ()
    assert aws.called == ["describe_stacks", f"{PREFIX}-Env-lake Original"]


@pytest.mark.parametrize(("in_mwaa", "listed"), [(False, []), (True, ["lake"])])
def test_an_environment_that_is_only_listed_exists_where_mwaa_has_it(
    *, in_mwaa: bool, listed: list[str]
) -> None:
    """Its stack failed, or is not made yet, or it is none of the platform's."""
    portal = template({"Oidc": {}, "MwaaEnvironments": [{"Name": "lake"}]})
    aws = Account(
        stacks={f"{PREFIX}-Sso": ("UPDATE_COMPLETE", portal)},
        environments={"lake": "AVAILABLE"} if in_mwaa else {},
    )
    written = aws.read().application.written or {}
    assert [each["Name"] for each in written["MwaaEnvironments"]] == listed


@pytest.mark.parametrize(
    ("status", "known", "next_step"),
    [
        ("ROLLBACK_COMPLETE", "it has no resources", "./mwaa-platform deploy --only Env-lake"),
        ("REVIEW_IN_PROGRESS", "never executed", "The next deployment makes it"),
    ],
)
def test_a_stack_that_holds_nothing_is_made_anew(status: str, known: str, next_step: str) -> None:
    found = account(status).read()
    assert found.application.stacks == {}
    assert known in said(found)
    assert next_step in said(found)


@pytest.mark.parametrize(
    ("status", "known", "next_step"),
    [
        ("UPDATE_ROLLBACK_FAILED", "so did going back", "continue-update-rollback"),
        ("UPDATE_FAILED", "not rolled back", "npx cdk rollback Env-lake"),
        ("DELETE_FAILED", "some of what its template names is gone", "delete-stack"),
        ("ROLLBACK_FAILED", "could not be deleted", "delete-stack"),
        ("UPDATE_IN_PROGRESS", "is going on (UPDATE_IN_PROGRESS)", "plan again"),
    ],
)
def test_a_stack_in_between_is_compared_and_uncertain(
    status: str, known: str, next_step: str
) -> None:
    found = account(status).read()
    assert len(found.application.stacks) == 1
    assert known in said(found)
    assert next_step in said(found)


@pytest.mark.parametrize(
    ("status", "known", "next_step"),
    [
        ("CREATE_FAILED", "it can only be deleted", "Remove its stack"),
        ("UPDATE_FAILED", "took it back", "LastUpdate"),
        ("PENDING", "waits for its VPC endpoints", "Make the endpoints"),
        ("MAINTENANCE", "MWAA maintains it", "Wait until it is AVAILABLE"),
        ("UPDATING", "It is UPDATING", "Wait until it is AVAILABLE"),
        (None, "deleted by hand", "deploy it again"),
    ],
)
def test_an_environment_that_takes_no_update_is_uncertain(
    status: str | None, known: str, next_step: str
) -> None:
    found = account(of_environment=status).read()
    assert known in said(found)
    assert next_step in said(found)


def test_a_stack_of_another_application_is_told_from_ours() -> None:
    aws = account()
    theirs = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    aws.stacks = {**aws.stacks, f"{PREFIX}-Sso": ("CREATE_COMPLETE", json.dumps(theirs))}
    found = aws.read()
    assert list(found.application.stacks) == [f"{PREFIX}-Env-lake"]
    assert found.foreign == {f"{PREFIX}-Sso"}
    assert "take another AppName" in said(found)


@pytest.mark.parametrize("name", ["other-Env-lake", f"{PREFIX}-tools"])
def test_stacks_of_other_names_are_not_looked_at(name: str) -> None:
    aws = Account(stacks={name: ("CREATE_COMPLETE", {})})
    assert aws.read().uncertain == ()
    assert aws.called == ["describe_stacks"]


def test_a_template_that_the_cdk_did_not_write_is_an_error_with_its_stack() -> None:
    aws = Account(stacks={f"{PREFIX}-Sso": ("CREATE_COMPLETE", "Resources: {}")})
    with pytest.raises(PlatformError, match=f"{PREFIX}-Sso is not one that the CDK writes"):
        aws.read()
