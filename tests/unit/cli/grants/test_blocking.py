"""`grants block` and `unblock`: the table afterwards, the output, and what other commands say."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cli.grants.table_client import GrantsTableClient
from tests.unit.cli.terminal import Commands, entry

ADA, SUBJECT = "user:ada@example.com", "subject:00u1 example"
SINCE = 1_790_000_000  # 2026-09-21 14:13 UTC


def blocked(commands: Commands, principal: str) -> dict[str, Any] | None:
    """The item that blocks; None where there is none."""
    key = {"principal": {"S": principal}, "source": {"S": "block"}}
    item: dict[str, Any] | None = commands.dynamodb.get_item(TableName=commands.table, Key=key).get(
        "Item"
    )
    return item


def put_block(commands: Commands, principal: str, **attributes: Any) -> None:
    item = {"principal": {"S": principal}, "source": {"S": "block"}, **attributes}
    commands.dynamodb.put_item(TableName=commands.table, Item=item)


def test_a_block_wins_over_every_grant_until_it_is_removed(commands: Commands) -> None:
    commands.put(ADA, "configuration", every=entry("Admin"))
    commands.put("group:data", "manual", analytics=entry("Viewer"))
    question = ("ada@example.com", "-g", "data", "-e", "analytics")
    assert commands.check(*question) == 0

    done = commands.grants("block", "Ada@Example.com", "--reason", "left the company")
    assert done.status == 0
    assert "+ ada@example.com blocked: left the company" in done.said
    assert "Remove a person now" in done.said
    assert commands.check(*question) == 1
    assert commands.check("ada@example.com") == 1

    assert commands.grants("unblock", "ADA@example.com").status == 0
    assert blocked(commands, ADA) is None
    assert commands.check(*question) == 0
    assert commands.item(ADA, "configuration") == {"*": entry("Admin")}


def test_a_block_says_since_when_by_whom_and_why(commands: Commands) -> None:
    before = int(time.time())
    commands.grants("block", "ada@example.com", "--reason", "left")
    item = blocked(commands, ADA) or {}
    assert before <= int(item["since"]["N"]) <= time.time()
    assert item["by"]["S"].startswith("arn:aws:")
    assert item["reason"] == {"S": "left"}


def test_several_people_by_address_and_by_subject_at_once(commands: Commands) -> None:
    people = ("ada@example.com", "bob@example.com", "--subject", "00u1 example", "--subject", "2")
    done = commands.grants("block", *people)
    assert "subject 00u1 example blocked" in done.said
    for principal in (ADA, "user:bob@example.com", SUBJECT, "subject:2"):
        assert blocked(commands, principal)

    assert commands.grants("unblock", *people).status == 0
    for principal in (ADA, "user:bob@example.com", SUBJECT, "subject:2"):
        assert blocked(commands, principal) is None


def test_a_block_by_subject_is_found_by_the_subject(commands: Commands) -> None:
    commands.put(ADA, "manual", analytics=entry("Op"))
    commands.grants("block", "--subject", "00u1 example")
    assert commands.check("ada@example.com", "-e", "analytics") == 0
    assert commands.check("ada@example.com", "--subject", "2", "-e", "analytics") == 0
    assert commands.check("ada@example.com", "--subject", "00u1 example", "-e", "analytics") == 1


@pytest.mark.parametrize("command", ["block", "unblock"])
def test_a_dry_run_says_the_same_and_writes_nothing(command: str, commands: Commands) -> None:
    if command == "unblock":
        put_block(commands, ADA)
    before = blocked(commands, ADA)
    tried = commands.grants(command, "ada@example.com", "--dry-run")
    assert tried.status == 0
    assert "ada@example.com" in tried.said
    assert "Nothing was written" in tried.said
    assert blocked(commands, ADA) == before


def test_blocking_again_keeps_who_and_when_and_may_change_the_reason(commands: Commands) -> None:
    put_block(commands, ADA, since={"N": str(SINCE)}, by={"S": "somebody"}, reason={"S": "old"})
    again = commands.grants("block", "ada@example.com")
    assert again.status == 0
    assert "Nothing to change" in again.said
    assert (blocked(commands, ADA) or {})["reason"] == {"S": "old"}

    commands.grants("block", "ada@example.com", "--reason", "new")
    item = blocked(commands, ADA) or {}
    assert (item["since"], item["by"]) == ({"N": str(SINCE)}, {"S": "somebody"})
    assert item["reason"] == {"S": "new"}


def test_a_malformed_block_blocks_and_can_be_removed(commands: Commands) -> None:
    put_block(commands, ADA, since={"S": "yesterday"}, reason={"L": []}, grants={"S": "?"})
    assert commands.check("ada@example.com") == 1
    assert "ada@example.com" in commands.grants("list").out
    assert commands.grants("block", "ada@example.com", "--reason", "left").status == 0
    assert commands.grants("unblock", "ada@example.com").status == 0
    assert blocked(commands, ADA) is None


def test_nobody_who_is_not_blocked_is_unblocked(commands: Commands) -> None:
    put_block(commands, ADA)
    refused = commands.grants("unblock", "ada@example.com", "adda@example.com")
    assert refused.status == 1
    assert "adda@example.com is not blocked." in refused.said
    assert "Did you mean ada@example.com?" in refused.said
    assert blocked(commands, ADA)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing: who."),
        (["ada"], "ada is no plain e-mail address"),
        (["\u212aelvin@example.com"], "is no plain e-mail address"),
        (["--subject", "\u00e9"], "is no subject"),
        (["--subject", ""], "is no subject"),
        (["ada@example.com", "ada", "--subject", "x" * 256], "is no subject"),
    ],
)
@pytest.mark.parametrize("command", ["block", "unblock"])
def test_a_name_with_which_nobody_signs_in_is_refused(
    command: str, arguments: list[str], said: str, commands: Commands
) -> None:
    refused = commands.grants(command, *arguments)
    assert refused.status == 2
    assert said in refused.said
    assert blocked(commands, ADA) is None


NOT_PLAIN = [
    "bob@example.com,",
    "<bob@example.com>",
    "Bob <bob@example.com>",
    "mailto:bob@example.com",
    "MAILTO:bob@example.com",
    "bob@example.com.",
    "bob@example.com;",
    "'bob@example.com'",
    '"bob@example.com"',
    "(bob@example.com)",
]


@pytest.mark.parametrize("typed", [*NOT_PLAIN, "bob@example", "bob@@example.com"])
def test_an_address_that_is_not_plain_is_refused(typed: str, commands: Commands) -> None:
    """It would block nobody."""
    refused = commands.grants("block", typed)
    assert refused.status == 2
    assert f"{typed} is no plain e-mail address." in refused.said
    assert ("Did you mean bob@example.com?" in refused.said) == (typed in NOT_PLAIN)

    added = commands.grants("add", "-u", typed, "-e", "analytics", "-r", "Op")
    assert added.status == 2
    assert "--user This must be an e-mail address." in added.said
    assert commands.grants("list", "--json").out.strip() == "[]"


def test_whoever_may_sign_in_can_be_blocked(commands: Commands) -> None:
    """By the subject, where the sign-in takes an address that grants cannot name."""
    assert "--subject" in commands.grants("block", "ada@intranet").said
    assert commands.grants("block", "--subject", "00u1 example").status == 0
    assert commands.check("ada@intranet", "--subject", "00u1 example") == 1


def test_a_block_of_whom_no_grant_names_says_so(commands: Commands) -> None:
    """It may be a member of a group, or an address that is misspelt without being similar."""
    commands.put("group:data", "manual", analytics=entry("Op"))
    commands.put(ADA, "manual", analytics=entry("Op"))
    for _ in range(2):
        done = commands.grants("block", "zoe@example.org", "ada@example.com")
        assert done.status == 0
        assert "No grant names zoe@example.org: look at the spelling" in done.said
        assert "No grant names ada@example.com" not in done.said


@pytest.mark.parametrize(
    ("granted", "typed", "meant"),
    [
        (ADA, ["--subject", "ada@example.com"], "ada@example.com"),
        (ADA, ["--subject", "adda@example.com"], "ada@example.com"),
        ("subject:00u1AbC", ["--subject", "00U1abc"], "subject 00u1AbC"),
        ("subject:00u1AbC", ["--subject", "00u1AbD"], "subject 00u1AbC"),
        ("subject:Ada@example.com", ["ada@example.com"], "subject Ada@example.com"),
        ("group:data", ["--subject", "data"], "group data"),
    ],
)
def test_a_name_of_another_kind_or_case_is_pointed_out(
    granted: str, typed: list[str], meant: str, commands: Commands
) -> None:
    commands.put(granted, "manual", analytics=entry("Op"))
    done = commands.grants("block", *typed)
    assert done.status == 0
    assert f"Did you mean {meant}?" in done.said


def test_a_subject_that_looks_like_an_address_is_pointed_out(commands: Commands) -> None:
    """Only a warning, because that is the sub of some providers."""
    done = commands.grants("block", "--subject", "bob@example.com")
    assert done.status == 0
    assert "./mwaa-platform grants block bob@example.com" in done.said
    assert blocked(commands, "subject:bob@example.com")
    assert "looks like" not in commands.grants("block", "bob@example.com", "--subject", "7").said

    added = commands.grants("add", "--subject", "bob@example.com", "-e", "analytics", "-r", "Op")
    assert added.status == 0
    assert "By address it is: --user bob@example.com" in added.said


NOBODY = {
    "group:data": "a group cannot be blocked",
    "user:Bob@Example.com": "the address must be in lower case",
    "user:bob": "nobody signs in with this name",
    "subject:": "nobody signs in with this name",
    "subject: 7": "nobody signs in with this name",
    "bob@example.com": 'it must begin with "user:" or "subject:"',
    "User:bob@example.com": 'it must begin with "user:" or "subject:"',
}


@pytest.mark.parametrize("principal", NOBODY)
def test_a_block_that_blocks_nobody_is_marked_and_can_be_removed(
    principal: str, commands: Commands
) -> None:
    commands.put("group:data", "manual", analytics=entry("Admin"))
    commands.put(principal, "configuration", analytics=entry("Admin"))
    commands.put("user:bob@example.com", "manual", analytics=entry("Admin"))
    put_block(commands, principal)

    listed = commands.grants("list").said
    assert f"These blocks block nobody: principal why {principal} {NOBODY[principal]}" in listed
    assert "Blocked, whatever" not in listed
    assert "the block wins" not in listed
    found = json.loads(commands.grants("list", "--json").out)
    [block] = [each for each in found if each["source"] == "block"]
    assert block["problem"] == NOBODY[principal]
    assert ("principal" in block) == (
        principal.partition(":")[0] not in ("user", "subject", "group")
    )
    assert all(each["active"] for each in found if each["source"] != "block")

    assert commands.check("bob@example.com", "-e", "analytics") == 0
    added = commands.grants("add", "-g", "data", "-e", "reporting", "-r", "Op")
    assert "is blocked" not in added.said

    removed = commands.grants("unblock", principal)
    assert removed.status == 0
    assert f"- {principal}" in removed.said
    assert blocked(commands, principal) is None


def test_a_block_in_capitals_is_found_by_its_address(commands: Commands) -> None:
    put_block(commands, "user:Bob@Example.com")
    near = commands.grants("unblock", "bob@example.com")
    assert near.status == 1
    assert "Did you mean user:Bob@Example.com?" in near.said
    listed = json.loads(commands.grants("list", "-u", "bob@example.com", "--json").out)
    assert [each["user"] for each in listed] == ["Bob@Example.com"]
    assert commands.grants("unblock", "Bob@Example.com").status == 0
    assert blocked(commands, "user:Bob@Example.com") is None


def test_the_block_that_counts_is_removed_first(commands: Commands) -> None:
    put_block(commands, ADA)
    put_block(commands, "ada@example.com")
    assert commands.grants("unblock", "ada@example.com").status == 0
    assert blocked(commands, ADA) is None
    assert blocked(commands, "ada@example.com")
    assert commands.grants("unblock", "ada@example.com").status == 0
    assert blocked(commands, "ada@example.com") is None


def test_a_misspelt_address_is_pointed_out(commands: Commands) -> None:
    commands.put(ADA, "manual", analytics=entry("Op"))
    done = commands.grants("block", "adda@example.com")
    assert done.status == 0
    assert "Did you mean ada@example.com?" in done.said
    assert "Did you mean" not in commands.grants("block", "ada@example.com").said
    assert "Did you mean" not in commands.grants("block", "zoe@example.org").said


def test_the_block_comes_before_what_only_informs(commands: Commands) -> None:
    """Somebody who may not scan, or whom STS does not answer, still blocks."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="sts")

    def refused(_: GrantsTableClient) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "Scan")

    real = boto3.Session.client
    commands.monkeypatch.setattr(
        boto3.Session,
        "client",
        lambda session, service: refuse() if service == "sts" else real(session, service),
    )
    commands.monkeypatch.setattr(GrantsTableClient, "items", refused)
    assert commands.grants("block", "ada@example.com").status == 0
    assert "by" not in (blocked(commands, ADA) or {})


def test_check_says_that_the_block_decides(commands: Commands) -> None:
    commands.put(ADA, "manual", analytics=entry("Op"))
    put_block(commands, ADA, since={"N": str(SINCE)}, by={"S": "arn:x"}, reason={"S": "left"})
    checked = commands.grants("check", "ada@example.com", "-e", "analytics")
    assert checked.status == 1
    assert (
        "ada@example.com may not open analytics: ada@example.com is blocked since "
        "2026-09-21 14:13 UTC by arn:x (left)." in checked.said
    )
    assert "the block wins" in checked.said

    decision = json.loads(commands.grants("check", "ada@example.com", "--json").out)
    assert decision["allowed"] == []
    [block] = decision["blocked"]
    assert (block["user"], block["by"], block["reason"]) == ("ada@example.com", "arn:x", "left")
    assert block["since"] == "2026-09-21T14:13:20+00:00"


def test_a_list_shows_blocks_and_marks_the_grants_that_they_undo(commands: Commands) -> None:
    commands.put(ADA, "manual", analytics=entry("Op"))
    commands.put("user:bob@example.com", "manual", analytics=entry("Op"))
    put_block(commands, ADA, since={"N": str(SINCE)}, by={"S": "arn:x"}, reason={"S": "left"})
    put_block(commands, SUBJECT)
    listed = [" ".join(line.split()) for line in commands.grants("list").out.splitlines()]
    assert listed == [
        "who environment roles until granted",
        "ada@example.com analytics Op ignored: the block wins by hand",
        "bob@example.com analytics Op by hand",
        "",
        "Blocked, whatever the grants say:",
        "who since by reason",
        "subject 00u1 example",
        "ada@example.com 2026-09-21 14:13 UTC arn:x left",
    ]
    found = json.loads(commands.grants("list", "--json").out)
    assert [(each["source"], each["active"]) for each in found] == [
        ("manual", False),
        ("manual", True),
        ("block", False),
        ("block", False),
    ]
    of_bob = json.loads(commands.grants("list", "-u", "bob@example.com", "--json").out)
    assert [each["user"] for each in of_bob] == ["bob@example.com"]


def test_a_list_of_blocks_alone(commands: Commands) -> None:
    put_block(commands, ADA)
    listed = commands.grants("list").out
    assert "ada@example.com" in listed
    assert "environment" not in listed


def test_adding_and_importing_say_that_the_block_wins_and_leave_it(commands: Commands) -> None:
    put_block(commands, ADA)
    added = commands.grants("add", "-u", "ada@example.com", "-e", "analytics", "-r", "Op")
    assert "ada@example.com is blocked" in added.said
    file = commands.configuration.with_name("grants.csv")
    file.write_text("user,environments,roles\nada@example.com,reporting,Op\n")
    assert "ada@example.com is blocked" in commands.grants("import", str(file)).said
    commands.grants("remove", "-u", "ada@example.com")
    assert commands.item(ADA) is None
    assert blocked(commands, ADA)


def test_unknown_attributes_are_marked_and_give_nothing(commands: Commands) -> None:
    misspelt = entry("Admin")
    misspelt["M"]["Expires"] = {"N": "1"}
    commands.put(ADA, "manual", analytics=misspelt, reporting=entry("Viewer"))
    key = {"principal": {"S": "user:bob@example.com"}, "source": {"S": "manual"}}
    item = {**key, "grants": {"M": {"analytics": entry("Op")}}, "Expires": {"N": "1"}}
    commands.dynamodb.put_item(TableName=commands.table, Item=item)

    listed = commands.grants("list").said
    assert "ignored: the entry has unknown attributes: ['Expires']" in listed
    assert "ignored: the item has unknown attributes: ['Expires']" in listed
    assert commands.check("ada@example.com", "-e", "analytics") == 1
    assert commands.check("ada@example.com", "-e", "reporting") == 0
    assert commands.check("bob@example.com", "-e", "analytics") == 1

    refused = commands.grants("add", "-u", "bob@example.com", "-e", "reporting", "-r", "Op")
    assert refused.status == 1
    assert "malformed: the item has unknown attributes: ['Expires']" in refused.said


def test_names_from_the_table_cannot_steer_the_terminal(commands: Commands) -> None:
    put_block(commands, ADA, by={"S": "\x1b[2J"}, reason={"S": "\x1b[2J"})
    for command in (["list"], ["check", "ada@example.com"]):
        said = commands.grants(*command)
        assert "\x1b" not in said.out + said.err
        assert r"\x1b[2J" in said.out


def quick_start(commands: Commands, *, alone: bool) -> None:
    raw = json.loads(commands.configuration.read_text())
    if alone:
        raw["MwaaEnvironments"] = []
    raw["Alb"]["AllowedCidrs"] = ["10.0.0.0/8"]
    raw["QuickStart"] = {
        "VpcId": "vpc-0123456789abcdef0",
        "SubnetIds": ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"],
        "MwaaEnvironmentName": "warehouse",
    }
    commands.configuration.write_text(json.dumps(raw))


@pytest.mark.parametrize("command", ["block", "unblock"])
def test_quick_start_alone_has_no_blocks(command: str, commands: Commands) -> None:
    quick_start(commands, alone=True)
    refused = commands.grants(command, "ada@example.com")
    assert refused.status == 1
    assert "QuickStart alone" in refused.said
    assert "at the identity provider" in refused.said


def test_quick_start_beside_the_portal_stays_open_and_is_named(commands: Commands) -> None:
    quick_start(commands, alone=False)
    done = commands.grants("block", "ada@example.com")
    assert done.status == 0
    assert "warehouse stays open" in done.said
    assert blocked(commands, ADA)


def spoil(commands: Commands, **keys: Any) -> dict[str, Any]:
    """A change of the configuration that somebody has not finished."""
    raw: dict[str, Any] = json.loads(commands.configuration.read_text())
    raw["MwaaEnvironments"].append({"Name": "1st", "VpcCidr": "?"})
    raw["Oidc"]["Issuer"] = "..."
    raw |= keys
    commands.configuration.write_text(json.dumps(raw))
    return raw


def test_a_mistake_elsewhere_in_the_configuration_prevents_no_block(commands: Commands) -> None:
    raw = spoil(commands)
    done = commands.grants("block", "ada@example.com")
    assert done.status == 0
    assert blocked(commands, ADA)
    assert "! The configuration has 3 mistakes." in done.said
    assert f"reads AppName alone, {raw['AppName']}." in done.said
    assert commands.grants("unblock", "ada@example.com").status == 0
    assert blocked(commands, ADA) is None
    assert commands.grants("list").status == 2


def test_a_half_filled_quick_start_is_said_to_stay_open(commands: Commands) -> None:
    spoil(commands, QuickStart={"MwaaEnvironmentName": "open-house"})
    assert "open-house stays open" in commands.grants("block", "ada@example.com").said
    spoil(commands, QuickStart={"VpcId": "vpc-1"})
    assert "the environment of QuickStart stays" in commands.grants("block", "a@example.com").said


@pytest.mark.parametrize("name", ["", "...", "1st", None, 5])
def test_nobody_is_blocked_in_an_application_whose_name_is_wrong(
    name: Any, commands: Commands
) -> None:
    spoil(commands, AppName=name)
    refused = commands.grants("block", "ada@example.com")
    assert refused.status == 2
    assert "AppName" in refused.said
    assert blocked(commands, ADA) is None


def test_nobody_is_blocked_in_an_application_whose_name_may_be_misspelt(
    commands: Commands,
) -> None:
    raw = spoil(commands)
    raw["AppNam"] = raw.pop("AppName")
    commands.configuration.write_text(json.dumps(raw))
    refused = commands.grants("block", "ada@example.com")
    assert refused.status == 2
    assert "Did you mean AppName?" in refused.said
    del raw["AppNam"]
    commands.configuration.write_text(json.dumps(raw))
    assert "mwaa-platform-Grants is not deployed" in commands.grants("block", "a@example.com").said
    twice = json.dumps({**raw, "AppName": "one"}).replace("{", '{"AppName": "two", ', 1)
    commands.configuration.write_text(twice)
    assert "This key stands here twice." in commands.grants("block", "ada@example.com").said


def test_people_may_be_named_as_by_the_other_commands(commands: Commands) -> None:
    people = ("ada@example.com", "-u", "bob@example.com", "--user", "eve@example.com")
    assert commands.grants("block", *people).status == 0
    assert blocked(commands, ADA)
    assert blocked(commands, "user:bob@example.com")
    assert blocked(commands, "user:eve@example.com")
    assert "is blocked" in commands.grants("check", "--user", "eve@example.com").said
    assert commands.grants("unblock", *people).status == 0
    assert blocked(commands, "user:bob@example.com") is None


def test_a_check_is_about_one_person(commands: Commands) -> None:
    nobody = commands.grants("check")
    assert (nobody.status, "Missing: who." in nobody.said) == (2, True)
    two = commands.grants("check", "ada@example.com", "-u", "bob@example.com")
    assert (two.status, "Two people" in two.said) == (2, True)
