"""The section Pipeline, and its connection in the account that is deployed to."""

from __future__ import annotations

from typing import Any

import pytest

from config.checks.rules import warnings
from mwaa.regions import Target
from tests.unit.config.configurations import draft, mistakes_in, parse, words

ID = "11112222-3333-4444-5555-666677778888"
CONNECTION = f"arn:aws:codeconnections:us-east-1:111122223333:connection/{ID}"
FORMER = CONNECTION.replace("codeconnections", "codestar-connections")
HERE = Target(account="111122223333", region="us-east-1")
PLACE = "Pipeline.ConnectionArn"


def pipeline(**keys: Any) -> dict[str, Any]:
    return draft(Pipeline={"ConnectionArn": CONNECTION, "Repository": "example/platform", **keys})


def warned(raw: dict[str, Any], target: Target) -> list[str]:
    found = warnings(parse(raw, target), deployed_to=target)
    return [each.message for each in found if "Pipeline" in each.place]


def test_main_is_deployed_and_people_are_asked_unless_the_file_says_otherwise() -> None:
    settings = parse(pipeline()).pipeline

    assert settings
    assert (settings.branch, settings.approval) == ("main", True)


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("ConnectionArn", ID, ""),
        ("ConnectionArn", CONNECTION.replace("111122223333", "1111"), ""),
        ("ConnectionArn", CONNECTION.replace("codeconnections", "codebuild"), ""),
        ("ConnectionArn", f"{CONNECTION[:-36]}*", ""),
        ("ConnectionArn", CONNECTION.replace("connection/", "host/example-"), "That is a host"),
        ("Repository", "platform", "Add its owner."),
        ("Repository", "https://github.com/example/platform", "Leave out the address"),
        ("Repository", "git@github.com:example/platform", "Leave out the address"),
        ("Repository", "example/platform.git", "Leave out .git."),
        ("Repository", "example//platform", ""),
        ("Branch", "refs/heads/main", "Leave out refs/heads/."),
        ("Branch", "release/*", "Name one"),
        ("Branch", "", ""),
        ("Approval", "yes", ""),
    ],
)
def test_a_wrong_value_is_refused(key: str, value: str, hint: str) -> None:
    reason, remedy = words(pipeline(**{key: value}), f"Pipeline.{key}")

    assert reason
    assert hint in (remedy or "")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ConnectionArn", FORMER),
        ("ConnectionArn", CONNECTION.replace("us-east-1", "eu-west-1")),
        ("Repository", "example/data/platform.files"),
        ("Branch", "release/2026"),
    ],
)
def test_what_codepipeline_takes_is_taken(key: str, value: str) -> None:
    assert mistakes_in(pipeline(**{key: value}), HERE) == {}
    assert warned(pipeline(**{key: value}), HERE) == []


def test_connection_and_repository_are_required() -> None:
    assert set(mistakes_in(draft(Pipeline={}))) == {PLACE, "Pipeline.Repository"}


def test_a_connection_of_another_partition_is_refused() -> None:
    raw = pipeline(ConnectionArn=CONNECTION.replace("arn:aws:", "arn:aws-cn:"))

    assert "partition" in mistakes_in(raw, HERE)[PLACE].message


def test_a_connection_of_another_account_must_be_shared() -> None:
    theirs, former = (each.replace("111122223333", "444455556666") for each in (CONNECTION, FORMER))

    assert mistakes_in(pipeline(ConnectionArn=theirs), HERE) == {}
    assert warned(pipeline(ConnectionArn=theirs), HERE) == [
        "The connection is in account 444455556666. It works here once it is shared with "
        "111122223333."
    ]
    refused = mistakes_in(pipeline(ConnectionArn=former), HERE)
    assert "cannot be shared" in refused[PLACE].message
    assert mistakes_in(pipeline(ConnectionArn=former), Target(region="us-east-1")) == {}
