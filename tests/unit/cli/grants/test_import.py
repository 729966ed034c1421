"""Grants from a CSV file, in the forms that people have."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.campaign.death import dying
from tests.unit.cli.terminal import Commands, Result, entry

EVERY_ROLE = ("Admin", "Op", "Public", "User", "Viewer")
LATER = 4_102_444_800
OWN = """\
user,group,environments,roles,until
Ada@Example.com,,analytics reporting,Viewer,2099-12-31
,Data Engineers,*,"Viewer, Op",
"""
SAMPLE = """\
email,mwaa_env,rbac_roles
user1@example.com,analytics,All
user1@example.com,reporting,Viewer
user2@example.com,Billing_2,User Public op
user3@example.com,All,Viewer
"""


def import_(commands: Commands, text: str | bytes, *arguments: str) -> Result:
    file = commands.configuration.with_name("grants.csv")
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return commands.grants("import", str(file), *arguments)


def everything(commands: Commands) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(commands.grants("list", "--json").out)
    return listed


def test_our_own_form(commands: Commands) -> None:
    done = import_(commands, OWN)
    assert done.status == 0
    assert "+ ada@example.com analytics Viewer until 2099-12-31" in done.said
    assert commands.item("user:ada@example.com") == {
        "analytics": entry("Viewer", expires=LATER),
        "reporting": entry("Viewer", expires=LATER),
    }
    assert commands.item("group:Data Engineers") == {"*": entry("Op", "Viewer")}


def test_the_published_samples_form(commands: Commands) -> None:
    assert import_(commands, SAMPLE).status == 0
    assert commands.item("user:user1@example.com") == {
        "analytics": entry(*EVERY_ROLE),
        "reporting": entry("Viewer"),
    }
    assert commands.roles("user:user2@example.com", "Billing_2") == {"User", "Public", "Op"}
    assert commands.item("user:user3@example.com") == {"*": entry("Viewer")}


@pytest.mark.parametrize(
    "text",
    [
        '"email (S)","mwaa_env (S)","rbac_roles (S)"\n"a@example.com","analytics","Admin Op"\n',
        '"email","mwaa_env","rbac_roles"\n"a@example.com","analytics","[""Admin"",""Op""]"\n',
        'email,mwaa_env,rbac_roles\na@example.com,analytics,"{""SS"":[""Op"",""Admin""]}"\n',
        '"email (S)","mwaa_env (SS)","rbac_roles (L)"\n'
        '"{""S"":""a@example.com""}","{""SS"":[""analytics""]}",'
        '"{""L"":[{""S"":""Admin""},{""S"":""Op""}]}"\n',
        'email,mwaa_env,rbac_roles\na@example.com,analytics,"[Admin, Op]"\n',
    ],
    ids=["types", "list", "set", "all of it", "no JSON"],
)
def test_what_dynamodbs_console_writes(text: str, commands: Commands) -> None:
    assert import_(commands, text).status == 0
    assert commands.item("user:a@example.com") == {"analytics": entry("Admin", "Op")}


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfuser;environment;role\r\nA@Example.com;analytics;Op\r\n",
        b"user\tenvironment\trole\nA@Example.com\tanalytics\tOp",
        b"\r\n User , Environment ,ROLE,,\r\n\r\n a@example.com , analytics ,op,,\r\n,,,,\r\n",
        b'user;environment;role\n"a@example.com";"analytics";"Op;Op"\n',
    ],
    ids=["Excel", "tabs", "blanks", "semicolons in a cell"],
)
def test_what_spreadsheets_write(text: bytes, commands: Commands) -> None:
    assert import_(commands, text).status == 0
    assert commands.item("user:a@example.com") == {"analytics": entry("Op")}


def test_an_import_that_was_killed_is_finished_by_the_next(commands: Commands) -> None:
    """After the first of its changes; `python -m tests.campaign kill` does so at any moment."""
    people = ("user:a@example.com", "user:b@example.com")
    text = "user,environment,role\na@example.com,analytics,Op\nb@example.com,analytics,Op\n"
    with dying(1) as death:
        import_(commands, text)
    assert death.is_dead
    assert [commands.roles(each) for each in people] == [{"Op"}, set()]

    assert import_(commands, text).status == 0
    assert [commands.roles(each) for each in people] == [{"Op"}, {"Op"}]


def test_every_mistake_with_its_line_and_nothing_written(commands: Commands) -> None:
    wrong = import_(
        commands,
        "user,group,environments,roles,until\n"
        "ada@example.com,,analytics,Viewer,\n"
        "\n"
        "ada,,analitics,DataOp,tomorrow\n"
        "ada@example.com,data,analytics,Viewer,\n"
        ",,analytics,Viewer,\n"
        "ada@example.com,,,,\n"
        "bob@example.com,,analytics,Viewer,2020-01-01\n"
        "bob@example.com,,analytics,Viewer,Op,2020-01-01\n"
        "ada@example.com,,analytics,Op,2099-12-31\n"
        "ada@example.com,,analytics,All Op,\n",
    )
    assert wrong.status == 2
    places = [line.strip() for line in wrong.err.splitlines() if line.startswith("  line")]
    assert places == [
        "line 4, user",
        "line 4, roles",
        "line 4, until",
        "line 4, environments",
        "line 5, group",
        "line 6, group",
        "line 7, environments",
        "line 7, roles",
        "line 8, until",
        "line 9",
        "line 10, until",
        "line 11, roles",
    ]
    assert "Did you mean analytics?" in wrong.said
    assert everything(commands) == []


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("bob@example.com,analytics,Viewer", 3),
        ("bob@example.com,analytics", 2),
        ("bob@example.com,analytics,Viewer,2099-12-31,Op", 5),
        ("bob@example.com,analytics,Viewer,Op,2099-12-31", 5),
    ],
)
def test_a_row_with_another_number_of_cells_is_a_mistake(
    row: str, cells: int, commands: Commands
) -> None:
    """Without its last cell it would be granted without an end."""
    wrong = import_(
        commands,
        f"user,environments,roles,until\nada@example.com,analytics,Op,2099-12-31\n\n{row}\n",
    )
    assert wrong.status == 2
    assert f"line 4 It has {cells} cells, the header 4." in wrong.said
    assert everything(commands) == []


def test_empty_cells_at_the_end_of_a_row_are_fine(commands: Commands) -> None:
    text = "user,environments,roles,until\nada@example.com,analytics,Op,\nbob@example.com,*,Op,,,\n"
    assert import_(commands, text).status == 0
    assert commands.item("user:ada@example.com") == {"analytics": entry("Op")}
    assert commands.item("user:bob@example.com") == {"*": entry("Op")}


def test_an_address_that_is_not_plain_is_a_mistake(commands: Commands) -> None:
    wrong = import_(commands, "user,environments,roles\n<bob@example.com>,analytics,Op\n")
    assert wrong.status == 2
    assert "line 2, user This must be an e-mail address." in wrong.said
    assert "Did you mean bob@example.com?" in wrong.said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "It is empty."),
        ("a@example.com,analytics,Op\n", "The first line names the columns"),
        ("user,environment,role,untill\n", "Did you mean until?"),
        ("user,email,environment,role\n", "Two columns say user."),
        ("environment,role\n", "There is no column user, subject or group."),
        (b"user,environment,role\n\xff\xfe,x,y", "CSV UTF-8"),
        ('user,environment,role\n"a,b\n', "This is not CSV"),
    ],
    ids=["empty", "no header", "misspelt", "twice", "nobody", "not UTF-8", "open quote"],
)
def test_what_is_no_table_of_grants(text: str | bytes, said: str, commands: Commands) -> None:
    refused = import_(commands, text)
    assert refused.status == 2
    assert said in refused.said


def test_a_file_that_is_not_there(commands: Commands) -> None:
    refused = commands.grants("import", "nowhere.csv")
    assert refused.status == 1
    assert "nowhere.csv" in refused.said


def test_a_dry_run_and_again_and_again(commands: Commands) -> None:
    tried = import_(commands, OWN, "--dry-run")
    assert "+ ada@example.com" in tried.said
    assert everything(commands) == []

    import_(commands, OWN)
    before = everything(commands)
    assert "Nothing to change" in import_(commands, OWN).said
    assert everything(commands) == before


def test_duplicates_and_what_is_granted_already_add_up(commands: Commands) -> None:
    commands.put("user:ada@example.com", "manual", analytics=entry("User"))
    text = "user,environment,role\n" + "".join(
        f"{name}@example.com,analytics,{role}\n"
        for name, role in [("ADA", "Op"), ("ada", "Op"), ("Ada", "Viewer")]
    )
    done = import_(commands, text)
    assert "~ ada@example.com analytics Viewer, User, Op User" in done.said
    assert commands.roles("user:ada@example.com") == {"User", "Op", "Viewer"}


def test_an_end_that_differs_from_the_tables_names_the_line(commands: Commands) -> None:
    commands.put("user:ada@example.com", "manual", reporting=entry("User"))
    text = OWN.replace(",,analytics reporting", ",,analytics reporting Billing_2")
    refused = import_(commands, text)
    assert refused.status == 2
    assert "line 2, until" in refused.said
    assert commands.item("user:ada@example.com") == {"reporting": entry("User")}


def test_people_by_their_subject(commands: Commands) -> None:
    text = "subject,user,environments,roles\n00uAbC,,analytics,Op\n,a@example.com,analytics,Op\n"
    assert import_(commands, text).status == 0
    assert commands.item("subject:00uAbC") == {"analytics": entry("Op")}
    assert commands.item("user:a@example.com") == {"analytics": entry("Op")}

    wrong = import_(commands, text + "00uAbC,a@example.com,analytics,Op\n")
    assert wrong.status == 2
    assert "line 4, group A grant is for one principal" in wrong.said


def test_a_group_that_holds_everybody_is_a_mistake(commands: Commands) -> None:
    wrong = import_(commands, "group,environments,roles\n*,analytics,Op\n")
    assert wrong.status == 2
    assert "line 2, group This must be the name of a group." in wrong.said
    assert everything(commands) == []


def test_standard_input(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(OWN.encode())))
    assert commands.grants("import", "-").status == 0
    assert commands.item("group:Data Engineers") == {"*": entry("Op", "Viewer")}


def test_an_environment_called_all(commands: Commands) -> None:
    raw = json.loads(commands.configuration.read_text())
    raw["MwaaEnvironments"].append({"Name": "All"})
    Path(commands.configuration).write_text(json.dumps(raw))
    import_(commands, "email,mwaa_env,rbac_roles\na@example.com,All,Op\n")
    assert commands.item("user:a@example.com") == {"All": entry("Op")}
