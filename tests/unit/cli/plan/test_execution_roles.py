"""What a plan says of execution roles that a deployment does not change."""

from __future__ import annotations

from typing import Any

from cli.plan.describe import sections
from cli.plan.execution_roles import unseen_roles
from cli.plan.plan import Plan
from cli.plan.seen_roles import seen_roles
from tests.unit.cli.given_account import Account
from tests.unit.config.configurations import parse, with_environment

ROLE = {"Arn": "arn:aws:iam::111122223333:role/team/airflow"}
BOUNDARY, OTHER_BOUNDARY = (f"arn:aws:iam::111122223333:policy/{each}" for each in "ab")
KEY = "arn:aws:kms:us-east-1:111122223333:key/11112222-3333-4444-5555-666677778888"


def lines(before: dict[str, Any] | None, after: dict[str, Any]) -> list[str]:
    """What a plan without an account says that the role must allow."""
    former = None if before is None else parse(with_environment(**before))
    notes = [*unseen_roles(former, parse(with_environment(**after)))]
    return [line.partition(":")[0] for each in notes for line in each.lines]


def test_without_an_account_a_plan_lists_what_the_role_must_allow() -> None:
    (note,) = unseen_roles(None, parse(with_environment(ExecutionRole=ROLE)))
    [section] = sections(Plan(before="", stacks=(), roles=(note,)), frozenset())

    [item] = section.items
    assert item.summary.startswith(f"plan cannot see whether {ROLE['Arn']} allows")
    assert any("sqs:ReceiveMessage" in each for each in item.lines)
    assert not any("UseKey" in each for each in item.lines)


def test_only_what_a_change_adds_is_said() -> None:
    own: dict[str, Any] = {"ExecutionRole": ROLE}

    assert lines(own, own) == []
    assert "Trust" in lines({"ExecutionRole": {"Arn": f"{ROLE['Arn']}-2"}}, own)
    assert lines(own, {**own, "MaxWorkers": 12}) == []
    assert lines(own, {**own, "SecretsBackend": {}}) == ["ReadSecrets"]
    assert lines({**own, "SecretsBackend": {}}, own) == []
    assert "UseQueue" in lines({"KmsKeyArn": KEY}, {**own, "KmsKeyArn": KEY})
    assert lines(own, {}) == []


def test_a_boundary_is_unseen_where_it_is_another_or_must_allow_more() -> None:
    def said(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
        return [
            (each.name, each.summary, [line.partition(":")[0] for line in each.lines])
            for each in unseen_roles(parse(before), parse(after))
        ]

    def file(boundary: str | None = None, **entry: Any) -> dict[str, Any]:
        roles = {"Roles": {"PermissionsBoundaryArn": boundary}} if boundary else {}
        return {**with_environment(**entry), **roles}

    own: dict[str, Any] = {"ExecutionRole": {"PermissionsBoundaryArn": OTHER_BOUNDARY}}
    role = "Execution role of analytics"
    unseen = "plan cannot see what {} allows; `./mwaa-platform doctor` looks"

    [(name, summary, _)] = said(file(BOUNDARY), file(OTHER_BOUNDARY))
    assert (name, summary) == ("Every role of the platform", unseen.format(OTHER_BOUNDARY))
    [(name, summary, actions)] = said(file(BOUNDARY), file(BOUNDARY, **own))
    assert (name, summary) == (role, unseen.format(OTHER_BOUNDARY))
    assert "UseQueue" in actions
    assert said(file(BOUNDARY), file(BOUNDARY, SecretsBackend={})) == [
        (role, unseen.format(BOUNDARY), ["ReadSecrets"])
    ]
    assert said(file(BOUNDARY), file(BOUNDARY, MaxWorkers=12)) == []
    assert said(file(BOUNDARY), file()) == []


def test_with_an_account_a_plan_says_what_the_role_lacks(account: Account) -> None:
    arn = "arn:aws:iam::000000000000:role/not-there"
    platform = account.platform(ExecutionRole={"Arn": arn})

    (note,) = seen_roles(platform, platform.configuration)

    assert note.name == "Execution role of orders"
    assert note.lines == (f"There is no role {arn}.",)
    assert not [*seen_roles(platform, account.platform().configuration)]
