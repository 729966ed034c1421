"""The table as a file, and back into an empty table."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.grants.table_client import GrantsTableClient
from errors import PlatformError
from tests.unit.cli.terminal import Commands, entry

LATER = 4_102_444_799
GROUPS = ("data engineers", "a,b;c", 'say "hi"', '["json"]', "{odd}", "=1+1", "Ärzte", "#x")


def _table(commands: Commands) -> dict[Any, Any]:
    pages = commands.dynamodb.get_paginator("scan").paginate(TableName=commands.table)
    items = [item for page in pages for item in page["Items"]]
    for item in items:
        item.pop("since", None)
        item.pop("by", None)
        for granted in item.get("grants", {}).get("M", {}).values():
            granted["M"]["roles"]["SS"].sort()  # a set has no order
    return {(each["principal"]["S"], each["source"]["S"]): each for each in items}


def _empty(commands: Commands) -> None:
    for principal, source in _table(commands):
        commands.dynamodb.delete_item(
            TableName=commands.table, Key={"principal": {"S": principal}, "source": {"S": source}}
        )


@pytest.fixture
def filled(commands: Commands) -> Commands:
    commands.put("user:ada@example.com", "manual", analytics=entry("Viewer", "Op", expires=LATER))
    commands.put(
        "user:bob@example.com", "manual", **{"*": entry("Admin"), "reporting": entry("Op")}
    )
    commands.put("subject:00u1 Ab{c", "manual", Billing_2=entry("User"))
    for group in GROUPS:
        commands.put(f"group:{group}", "manual", **{"*": entry("Viewer", expires=LATER)})
    assert commands.grants("block", "eve@example.com", "--reason", "left, today").status == 0
    return commands


def test_what_is_exported_is_imported_as_it_was(filled: Commands, tmp_path: Path) -> None:
    before, file = _table(filled), tmp_path / "grants.csv"
    assert filled.grants("export", str(file)).status == 0
    _empty(filled)

    done = filled.grants("import", str(file))

    assert done.status == 0
    assert _table(filled) == before
    assert len(before) == 4 + len(GROUPS)


def test_importing_it_again_changes_nothing(filled: Commands, tmp_path: Path) -> None:
    before, file = _table(filled), tmp_path / "grants.csv"
    filled.grants("export", str(file))

    assert "Nothing to change" in filled.grants("import", str(file)).said
    assert _table(filled) == before


def test_a_declared_grant_is_written_and_left_to_the_deployment(
    commands: Commands, tmp_path: Path
) -> None:
    """As one by hand it would outlive its declaration."""
    commands.put("group:staff", "configuration", **{"*": entry("Viewer")})
    commands.put("group:staff", "manual", analytics=entry("Op"))
    file = tmp_path / "grants.csv"
    commands.grants("export", str(file))
    assert ",,staff,*,Viewer,,configuration," in file.read_text()
    _empty(commands)

    done = commands.grants("import", str(file))

    assert "1 declared in cdk.context.json left out" in done.said
    # A deployment that changes none of them writes none.
    assert "when `Grants` changes" in done.said
    assert set(_table(commands)) == {("group:staff", "manual")}


def test_what_ends_in_between_keeps_nothing_else_out(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "grants.csv"
    file.write_text(
        "user,environments,roles,until,source\n"
        "ada@example.com,analytics,Viewer,2020-01-01T00:00:00+00:00,manual\n"
        "bob@example.com,analytics,Viewer,,manual\n"
    )

    done = commands.grants("import", str(file))

    assert done.status == 0
    assert "1 left out that have ended" in done.said
    assert commands.item("user:bob@example.com") == {"analytics": entry("Viewer")}
    assert ("user:ada@example.com", "manual") not in _table(commands)


def test_what_is_of_an_environment_that_is_gone_keeps_nothing_else_out(
    commands: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "grants.csv"
    file.write_text(
        "user,environments,roles,source\n"
        "ada@example.com,former,Viewer,manual\n"
        "bob@example.com,analytics,Viewer,manual\n"
    )

    done = commands.grants("import", str(file))

    assert done.status == 0
    assert "1 left out, of environments that cdk.context.json does not have: former." in done.said
    assert commands.item("user:bob@example.com") == {"analytics": entry("Viewer")}
    assert ("user:ada@example.com", "manual") not in _table(commands)


def test_what_a_person_wrote_of_an_unknown_environment_is_a_mistake(
    commands: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "grants.csv"
    file.write_text("user,environments,roles,source\nada@example.com,former,Viewer,\n")

    done = commands.grants("import", str(file))

    assert done.status == 2
    assert "line 2, environments" in done.said


def test_nothing_is_granted_before_the_blocks_stand(
    filled: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "grants.csv"
    filled.grants("export", str(file))
    _empty(filled)

    def fail(*_arguments: object, **_keywords: object) -> None:
        raise PlatformError("Somebody cut the wire.", place="here", remedy="Again.")

    monkeypatch.setattr(GrantsTableClient, "block", fail)

    assert filled.grants("import", str(file)).status != 0
    assert _table(filled) == {}


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (",,", "line 2 A block is for one person."),
        ("Ada <ada@example.com>,,", "line 2, user Ada <ada@example.com> is no plain e-mail"),
        ("<ada@example.com>,,", "Did you mean ada@example.com?"),
        ("ada@example.com,00u1,", "line 2 A block is for one person."),
        (",Ä,", "line 2, subject Ä is no subject"),
        (",,staff", "line 2, group A group cannot be blocked."),
    ],
    ids=["nobody", "name", "brackets", "two", "subject", "group"],
)
def test_a_block_that_blocks_nobody_is_a_mistake(
    who: str, said: str, commands: Commands, tmp_path: Path
) -> None:
    file = tmp_path / "grants.csv"
    file.write_text(
        f"user,subject,group,environments,roles,source\n{who},*,,block\n"
        "bob@example.com,,,analytics,Viewer,manual\n"
    )

    done = commands.grants("import", str(file))

    assert done.status == 2
    assert said in done.said
    assert _table(commands) == {}


def test_a_block_that_blocks_nobody_is_not_exported(commands: Commands) -> None:
    for principal in ("group:staff", "eve@example.com", "user:eve@example.com"):
        commands.put(principal, "block")

    done = commands.grants("export")

    assert done.out.splitlines()[1:] == ["eve@example.com,,,*,,,block,"]
    assert "The block of group:staff is left out: a group cannot be blocked." in done.said


def test_what_gives_no_access_is_left_out_and_said(commands: Commands) -> None:
    commands.put(
        "user:ada@example.com", "manual", analytics=entry("Viewer", expires=int(time.time()))
    )

    done = commands.grants("export")

    assert "ada" not in done.out
    assert done.out.splitlines() == ["user,subject,group,environments,roles,until,source,reason"]
    assert "1 left out" in done.said


def test_a_source_that_nobody_reads_is_refused(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "grants.csv"
    file.write_text("user,environments,roles,source\nada@example.com,analytics,Op,by hand\n")

    done = commands.grants("import", str(file))

    assert done.status != 0
    assert "line 2, source" in done.said


def test_a_folder_that_is_not_there_is_one_plain_message(commands: Commands) -> None:
    done = commands.grants("export", "/no/such/folder/grants.csv")

    assert done.status != 0
    assert "cannot be written" in done.said
    assert "Traceback" not in done.said


@pytest.fixture
def copy(commands: Commands) -> Iterator[str]:
    """The name of an empty copy of the table."""
    name = f"restored-{commands.table}"
    table = commands.dynamodb.describe_table(TableName=commands.table)["Table"]
    commands.dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        **{key: table[key] for key in ("KeySchema", "AttributeDefinitions")},
    )
    yield name
    commands.dynamodb.delete_table(TableName=name)


def test_a_restored_copy_brings_back_what_was_lost_since(
    filled: Commands, copy: str, tmp_path: Path
) -> None:
    before, file = _table(filled), tmp_path / "grants.csv"
    for item in before.values():
        filled.dynamodb.put_item(TableName=copy, Item=item)
    _empty(filled)
    filled.put("user:new@example.com", "manual", analytics=entry("Op"))

    assert filled.grants("export", str(file), "--table", copy).status == 0
    assert filled.grants("import", str(file)).status == 0

    after = _table(filled)
    assert after.pop(("user:new@example.com", "manual"))
    assert after == before


def test_a_copy_is_read_when_the_stack_of_grants_is_gone(commands: Commands, copy: str) -> None:
    commands.dynamodb.put_item(
        TableName=copy,
        Item={
            "principal": {"S": "user:ada@example.com"},
            "source": {"S": "manual"},
            "grants": {"M": {"analytics": entry("Op"), "reporting": entry("Op", expires=1)}},
        },
    )
    raw = json.loads(commands.configuration.read_text())
    commands.configuration.write_text(json.dumps({**raw, "AppName": "elsewhere"}))

    done = commands.grants("export", "--table", copy)

    assert done.out.splitlines()[1:] == ["ada@example.com,,,analytics,Op,,manual,"]
    assert "1 left out that give no access" in done.said
    assert "grants list" not in done.said


@pytest.mark.parametrize(
    ("key", "said"),
    [("", "There is no such table."), ("id", "It is no table of grants.")],
    ids=["not there", "of something else"],
)
def test_a_table_that_holds_no_grants_is_one_plain_message(
    key: str, said: str, commands: Commands, tmp_path: Path
) -> None:
    name, file = f"other-{commands.table}", tmp_path / "grants.csv"
    if key:
        commands.dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        )

    done = commands.grants("export", str(file), "--table", name)

    assert done.status != 0
    assert said in done.said
    assert "aws dynamodb list-tables" in done.said
    assert not file.exists()


@pytest.fixture
def published(commands: Commands) -> Iterator[str]:
    """The table of AWS's published sample, as its stack makes it."""
    name = f"MwaaSSO-MwaaAuthxLambda-AirflowPermissions-{commands.table[-12:]}"
    keys = (("email", "HASH"), ("mwaa_env", "RANGE"))
    commands.dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each, _ in keys],
        KeySchema=[{"AttributeName": each, "KeyType": kind} for each, kind in keys],
    )
    yield name
    commands.dynamodb.delete_table(TableName=name)


def permit(commands: Commands, table: str, email: str, environment: str, roles: Any) -> None:
    """A record as people make it by hand."""
    item = {"email": {"S": email}, "mwaa_env": {"S": environment}, "rbac_roles": roles}
    commands.dynamodb.put_item(TableName=table, Item=item)


def test_the_published_samples_table_is_moved_by_a_file(
    commands: Commands, published: str, tmp_path: Path
) -> None:
    permit(commands, published, "Ada@example.com", "analytics", {"S": "All"})
    permit(commands, published, "bob@example.com", "analytics", {"S": "user viewer"})
    permit(commands, published, "bob@example.com", "reporting", {"S": "Op"})
    permit(commands, published, "carol@example.com", "Billing_2", {"SS": ["Op", "Viewer"]})
    file = tmp_path / "people.csv"

    assert commands.grants("export", str(file), "--table", published).status == 0
    done = commands.grants("import", str(file))

    assert done.status == 0, done.said
    assert commands.roles("user:ada@example.com") == {"Public", "Viewer", "User", "Op", "Admin"}
    assert commands.roles("user:bob@example.com") == {"User", "Viewer"}
    assert commands.roles("user:bob@example.com", "reporting") == {"Op"}
    assert commands.roles("user:carol@example.com", "Billing_2") == {"Op", "Viewer"}
    assert "Nothing to change" in commands.grants("import", str(file)).said


def test_what_the_published_sample_granted_by_accident_is_a_mistake_with_its_line(
    commands: Commands, published: str, tmp_path: Path
) -> None:
    """There a role counts where its name occurs anywhere in the text."""
    permit(commands, published, "ada@example.com", "analytics", {"S": "DataOp"})
    permit(commands, published, "bob@example.com", "former", {"S": "Viewer"})
    file = tmp_path / "people.csv"
    commands.grants("export", str(file), "--table", published)

    done = commands.grants("import", str(file))

    assert done.status == 2
    assert "line 2, roles" in done.said
    assert "line 3, environments There is no environment former" in done.said
    assert not commands.roles("user:ada@example.com")


def test_the_published_samples_table_is_left_as_it_is(
    commands: Commands, published: str, tmp_path: Path
) -> None:
    permit(commands, published, "ada@example.com", "analytics", {"S": "Op"})
    commands.grants("export", str(tmp_path / "people.csv"), "--table", published)
    assert commands.dynamodb.scan(TableName=published)["Count"] == 1
