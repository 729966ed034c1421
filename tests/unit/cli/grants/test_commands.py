"""`grants add`, `remove`, `list` and `check`: the table afterwards, and the output."""

from __future__ import annotations

import json
import time

import pytest

from tests.unit.cli.terminal import Commands, entry

ADA = "user:ada@example.com"
ADD = ("add", "--user", "Ada@Example.com", "--environment", "analytics", "--role")
LATER = 4_102_444_800  # 2100-01-01, the first moment after 2099-12-31
PAST = 1_600_000_000


def test_what_is_added_opens_the_environment(commands: Commands) -> None:
    assert commands.check("ada@example.com", "-e", "analytics", "-r", "Op") == 1
    added = commands.grants(*ADD, "Op", "--role", "Viewer", "--until", "2099-12-31")

    assert added.status == 0
    assert "ada@example.com analytics Viewer, Op until 2099-12-31" in added.said
    assert commands.item(ADA) == {"analytics": entry("Op", "Viewer", expires=LATER)}
    assert commands.check("ADA@example.com", "-e", "analytics", "-r", "Op") == 0
    assert commands.check("ada@example.com", "-e", "analytics", "-r", "Admin") == 1
    assert commands.check("ada@example.com", "-e", "reporting") == 1


SUBJECT = "00uAbC2example"


def test_a_subject_is_granted_listed_checked_and_removed(commands: Commands) -> None:
    principal = f"subject:{SUBJECT}"
    added = commands.grants("add", "--subject", SUBJECT, "-e", "analytics", "-r", "Op")
    assert f"subject {SUBJECT} analytics Op" in added.said
    assert commands.item(principal) == {"analytics": entry("Op")}

    asked = ("ada@example.com", "-e", "analytics", "-r", "Op")
    assert commands.check(*asked, "--subject", SUBJECT) == 0
    assert commands.check(*asked, "--subject", SUBJECT.lower()) == 1
    assert commands.check(*asked, "-g", SUBJECT, "--subject", "other") == 1

    [listed] = json.loads(commands.grants("list", "--subject", SUBJECT, "--json").out)
    assert listed["subject"] == SUBJECT
    assert commands.grants("list", "--subject", "other", "--json").out.strip() == "[]"
    assert commands.grants("remove", "--subject", SUBJECT).status == 0
    assert commands.item(principal) is None


@pytest.mark.parametrize("subject", ["unknown", "", " 1", "\u00e9", "x" * 256])
def test_a_subject_that_nobody_has_is_no_question(subject: str, commands: Commands) -> None:
    commands.put("subject:unknown", "manual", analytics=entry("Op"))
    expected = 0 if subject == "unknown" else 2
    assert commands.check("ada@example.com", "-e", "analytics", "--subject", subject) == expected
    assert commands.check("ada@example.com", "-e", "analytics") == 2
    if subject != "unknown":
        added = commands.grants("add", "--subject", subject, "-e", "analytics", "-r", "Op")
        assert added.status == 2
        assert "printable ASCII" in added.said


def test_no_group_holds_everybody(commands: Commands) -> None:
    added = commands.grants("add", "-g", "*", "-e", "analytics", "-r", "Op")
    assert added.status == 2
    assert "--group This must be the name of a group. No group holds everybody" in added.said
    assert commands.check("ada@example.com", "-g", "*") == 2

    commands.put("group:*", "manual", analytics=entry("Op"))
    assert commands.grants("remove", "-g", "*").status == 0
    assert commands.item("group:*") is None


@pytest.mark.parametrize("named", ["data/engineers", "/data/engineers"])
def test_a_group_is_checked_by_either_name_where_groups_are_paths(
    named: str, commands: Commands
) -> None:
    commands.put("group:data/engineers", "manual", analytics=entry("Op"))
    asked = ("ada@example.com", "-e", "analytics", "-g", named)
    assert commands.check(*asked) == (0 if named[0] != "/" else 1)

    raw = json.loads(commands.configuration.read_text())
    raw["Oidc"]["GroupPaths"] = True
    commands.configuration.write_text(json.dumps(raw))
    assert commands.check(*asked) == 0


def test_several_people_and_groups_and_environments_at_once(commands: Commands) -> None:
    arguments = ("-u", "a@example.com", "-u", "b@example.com", "-g", "Data Engineers")
    commands.grants("add", *arguments, "-e", "analytics", "-e", "Billing_2", "-r", "Viewer")

    for principal in ("user:a@example.com", "user:b@example.com", "group:Data Engineers"):
        assert commands.item(principal) == {
            "analytics": entry("Viewer"),
            "Billing_2": entry("Viewer"),
        }


@pytest.mark.parametrize("every", [["-e", "*"], ["--all-environments"]])
def test_every_environment(every: list[str], commands: Commands) -> None:
    commands.grants("add", "-u", "ada@example.com", "-r", "Viewer", *every)
    assert commands.item(ADA) == {"*": entry("Viewer")}
    assert commands.check("ada@example.com", "-e", "reporting") == 0


def test_roles_add_up_and_adding_again_changes_nothing(commands: Commands) -> None:
    commands.grants(*ADD, "Viewer")
    commands.grants(*ADD, "Op")
    again = commands.grants(*ADD, "Op")
    assert commands.roles(ADA) == {"Viewer", "Op"}
    assert "Nothing to change" in again.said


def test_a_dry_run_says_the_same_and_writes_nothing(commands: Commands) -> None:
    tried = commands.grants(*ADD, "Op", "--dry-run")
    assert "ada@example.com analytics Op" in tried.said
    assert commands.item(ADA) is None


def test_every_mistake_at_once_with_the_nearest_name_and_nothing_written(
    commands: Commands,
) -> None:
    wrong = commands.grants(
        *("add", "-u", "ada.example.com", "-u", "bob@example.com", "-e", "analitics"),
        *("-r", "Veiwer", "--until", "31.1.2027"),
    )
    assert wrong.status == 2
    for part in (
        "This must be an e-mail address.",
        "There is no environment analitics",
        "Did you mean analytics?",
        "Veiwer is none of: Admin, Op, User, Viewer, Public. Did you mean Viewer?",
        "--until This must be a day",
    ):
        assert part in wrong.said
    assert commands.grants("list", "--json").out.strip() == "[]"


@pytest.mark.parametrize("email", ["\u0430da@example.com", "\u212aelvin@example.com"])
def test_an_address_that_only_looks_right_is_refused(email: str, commands: Commands) -> None:
    refused = commands.grants("add", "-u", email, "-e", "analytics", "-r", "Op")
    assert refused.status == 2
    assert "other alphabets" in refused.said
    assert commands.grants("list", "--json").out.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-e", "analytics", "-r", "Op"], "--user viewer@example.com"),
        (["-u", "ada@example.com", "-r", "Op"], "--all-environments"),
        (["-u", "ada@example.com", "-e", "*", "-e", "analytics", "-r", "Op"], "adds nothing"),
        (
            ["-u", "ada@example.com", "-e", "analytics", "-r", "Op", "--until", "2020-01-01"],
            "passed",
        ),
    ],
    ids=["nobody", "nowhere", "everywhere and somewhere", "in the past"],
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str], said: str, commands: Commands
) -> None:
    refused = commands.grants("add", *arguments)
    assert refused.status == 2
    assert said in refused.said
    assert commands.item(ADA) is None


def test_a_role_does_not_get_anothers_end_by_accident(commands: Commands) -> None:
    commands.grants(*ADD, "Viewer")
    refused = commands.grants(*ADD, "Admin", "--until", "2099-12-31")
    assert refused.status == 2
    assert "without an end" in refused.said
    assert commands.item(ADA) == {"analytics": entry("Viewer")}

    commands.grants(*ADD, "Viewer", "-r", "Admin", "--until", "2099-12-31")
    assert commands.item(ADA) == {"analytics": entry("Admin", "Viewer", expires=LATER)}


def test_what_has_ended_is_not_revived(commands: Commands) -> None:
    commands.put(ADA, "manual", analytics=entry("Admin", expires=PAST))
    commands.grants(*ADD, "Viewer")
    assert commands.item(ADA) == {"analytics": entry("Viewer")}


def test_a_malformed_entry_is_replaced_and_a_malformed_item_named(commands: Commands) -> None:
    commands.put(ADA, "manual", analytics={"S": "Admin"})
    assert commands.grants(*ADD, "Viewer").status == 0
    assert commands.roles(ADA) == {"Viewer"}

    key = {"principal": {"S": "user:bob@example.com"}, "source": {"S": "manual"}}
    commands.dynamodb.put_item(TableName=commands.table, Item={**key, "grants": {"S": "Admin"}})
    refused = commands.grants("add", "-u", "bob@example.com", "-e", "analytics", "-r", "Op")
    assert refused.status == 1
    assert "malformed" in refused.said


def test_the_configurations_grants_are_told_and_never_touched(commands: Commands) -> None:
    commands.put(ADA, "configuration", analytics=entry("Viewer"))
    added = commands.grants(*ADD, "Op")
    assert (
        "cdk.context.json also declares ada@example.com may open analytics as Viewer" in added.said
    )

    removed = commands.grants("remove", "-u", "ada@example.com")
    assert removed.status == 0
    assert "still declares" in removed.said
    refused = commands.grants("remove", "-u", "ada@example.com", "-e", "analytics")
    assert refused.status == 1
    assert "It is declared in cdk.context.json" in refused.said
    assert "deploy" in refused.said
    assert commands.item(ADA, "configuration") == {"analytics": entry("Viewer")}


def test_removing_everything_environments_or_roles(commands: Commands) -> None:
    commands.grants(*ADD, "Op", "-r", "Viewer", "-e", "reporting", "-e", "Billing_2")
    commands.grants("remove", "-u", "ADA@example.com", "-e", "reporting")
    commands.grants("remove", "-u", "ada@example.com", "-e", "analytics", "-r", "Op")
    assert commands.item(ADA) == {"analytics": entry("Viewer"), "Billing_2": entry("Op", "Viewer")}

    commands.grants("remove", "-u", "ada@example.com")
    assert commands.item(ADA) is None


def test_a_grant_for_an_environment_that_is_gone_can_be_removed(commands: Commands) -> None:
    commands.put(ADA, "manual", gone=entry("Op"))
    assert commands.grants("remove", "-u", "ada@example.com", "-e", "gone").status == 0
    assert commands.item(ADA) is None


def test_removing_what_is_not_there_says_what_is(commands: Commands) -> None:
    commands.grants("add", "-u", "ada@example.com", "--all-environments", "-r", "Op")
    typed_wrong = commands.grants("remove", "-u", "adda@example.com")
    assert typed_wrong.status == 1
    assert "Did you mean ada@example.com?" in typed_wrong.said

    opened_by_another = commands.grants("remove", "-u", "ada@example.com", "-e", "analytics")
    assert opened_by_another.status == 1
    assert "may open every environment as Op" in opened_by_another.said
    assert commands.item(ADA) == {"*": entry("Op")}


@pytest.mark.parametrize("source", ["manual", "configuration"])
@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_removing_says_what_still_opens_it(
    dry_run: list[str], source: str, commands: Commands
) -> None:
    commands.put(ADA, source, every=entry("Admin"))
    commands.put(ADA, "manual", analytics=entry("Op"), reporting=entry("Op"))
    if source == "manual":
        commands.put(ADA, source, every=entry("Admin"), analytics=entry("Op"))
    declared = source == "configuration"

    removed = commands.grants("remove", "-u", "ada@example.com", "-e", "analytics", *dry_run)
    assert removed.status == 0
    assert "ada@example.com may open every environment as Admin" in removed.said
    assert ("cdk.context.json still declares" in removed.said) == declared
    assert ("By hand still" in removed.said) == (not declared)
    assert "reporting" not in removed.said


def test_removing_says_nothing_of_what_opens_something_else(commands: Commands) -> None:
    commands.put(ADA, "configuration", every=entry("Viewer", expires=PAST), reporting=entry("Op"))
    commands.put(ADA, "manual", analytics=entry("Op", "Viewer"), Billing_2=entry("Admin"))
    for arguments in (("-e", "analytics", "-r", "Op"), ("-e", "analytics"), ("-r", "Admin")):
        assert commands.grants("remove", "-u", "ada@example.com", *arguments).err == ""


def test_removing_everything_says_what_the_configuration_still_opens(commands: Commands) -> None:
    commands.put(ADA, "configuration", every=entry("Viewer"), reporting=entry("Op"))
    commands.put(ADA, "manual", every=entry("User"), analytics=entry("Op"))
    removed = commands.grants("remove", "-u", "ada@example.com", "--all-environments")
    assert "By hand still: ada@example.com may open analytics as Op" in removed.said
    for _ in range(2):
        assert "may open every environment as Viewer" in removed.said
        assert "may open reporting as Op" in removed.said
        removed = commands.grants("remove", "-u", "ada@example.com")
    assert removed.status == 1


def test_a_list_shows_every_grant_and_marks_those_that_count_for_nothing(
    commands: Commands,
) -> None:
    commands.put(ADA, "configuration", every=entry("Admin"))
    commands.put(ADA, "manual", analytics=entry("Viewer", "Op", expires=LATER))
    commands.put("group:old", "manual", reporting=entry("User", expires=PAST), analytics={"M": {}})
    listed = [" ".join(line.split()) for line in commands.grants("list").out.splitlines()]
    assert listed == [
        "who environment roles until granted",
        "ada@example.com every environment Admin cdk.context.json",
        "ada@example.com analytics Viewer, Op 2099-12-31 by hand",
        "group old analytics ignored: its roles are not a set of strings by hand",
        "group old reporting User ended 2020-09-13 12:26 UTC by hand",
    ]


def test_a_list_for_somebody_or_for_an_environment(commands: Commands) -> None:
    commands.put(ADA, "configuration", every=entry("Admin"))
    commands.put("user:bob@example.com", "manual", analytics=entry("Op"), reporting=entry("Op"))
    commands.put("group:data", "manual", reporting=entry("User"))

    def listed(*arguments: str) -> list[tuple[str, str]]:
        found = json.loads(commands.grants("list", "--json", *arguments).out)
        return [(each.get("user") or each["group"], each["environment"]) for each in found]

    assert listed("--user", "BOB@example.com") == [
        ("bob@example.com", "analytics"),
        ("bob@example.com", "reporting"),
    ]
    assert listed("--group", "data") == [("data", "reporting")]
    # A grant for every environment opens this one as well.
    assert listed("--environment", "analytics") == [
        ("ada@example.com", "*"),
        ("bob@example.com", "analytics"),
    ]
    assert listed("--user", "nobody@example.com") == []


def test_a_name_from_the_table_cannot_steer_the_terminal(commands: Commands) -> None:
    commands.put("group:\x1b[2J\x07", "manual", analytics=entry("Op"))
    for command in (["list"], ["remove", "--group", "\x1b[2J\x07"]):
        said = commands.grants(*command)
        assert "\x1b" not in said.out + said.err
        assert r"\x1b[2J\x07" in said.out


def test_check_names_the_grant_that_decides_and_those_that_do_not(commands: Commands) -> None:
    commands.put(ADA, "configuration", analytics=entry("Viewer", expires=PAST))
    commands.put("group:data", "manual", every=entry("Viewer", expires=LATER))
    commands.put("group:other", "manual", analytics=entry("Admin"))
    checked = commands.grants("check", "ada@example.com", "-g", "data", "-e", "analytics")
    assert checked.status == 0
    assert (
        "analytics Viewer 2099-12-31 grant to group data for every environment, by hand"
        in checked.said
    )
    assert "it has ended" in checked.said
    assert "Admin" not in checked.said


def test_of_several_grants_the_one_that_ends_last_decides(commands: Commands) -> None:
    commands.put(ADA, "manual", analytics=entry("Viewer", expires=LATER - 86_400))
    commands.put("group:data", "manual", analytics=entry("Viewer", expires=LATER))
    checked = commands.grants("check", "ada@example.com", "-g", "data", "--json")
    [allowed] = json.loads(checked.out)["allowed"]
    assert allowed["until"] == "2100-01-01T00:00:00+00:00"
    assert [each.get("group") for each in allowed["because"]] == ["data"]


def test_check_for_programs(commands: Commands) -> None:
    commands.put(ADA, "manual", analytics=entry("Op", expires=LATER), gone=entry("Admin"))
    decision = json.loads(commands.grants("check", "ada@example.com", "--json").out)
    assert decision["principals"] == [ADA]
    [allowed] = decision["allowed"]
    assert (allowed["environment"], allowed["role"]) == ("analytics", "Op")
    assert allowed["until"] == "2100-01-01T00:00:00+00:00"
    assert [each["user"] for each in allowed["because"]] == ["ada@example.com"]
    assert [each["environment"] for each in decision["ignored"]] == ["gone"]


@pytest.mark.parametrize(
    ("email", "arguments"),
    [
        ("ada", []),
        ("\u212aelvin@example.com", []),
        ("ada@example.com", ["-e", "analitics"]),
        ("ada@example.com", ["-r", "admin"]),
    ],
)
def test_check_that_cannot_tell_is_neither_yes_nor_no(
    email: str, arguments: list[str], commands: Commands
) -> None:
    assert commands.check(email, *arguments) == 2


QUESTION = ("ada@example.com", "-e", "analytics", "-r", "Op")


@pytest.mark.parametrize(
    ("principal", "names"),
    [("group:data", ["--group", ""]), ("subject:00u1", ["--subject", "other"])],
)
@pytest.mark.parametrize("environment", ["analytics", "every"])
def test_check_cannot_tell_where_a_name_that_was_not_given_may_open_it(
    environment: str, principal: str, names: list[str], commands: Commands
) -> None:
    commands.put(principal, "manual", **{environment: entry("Op")})
    checked = commands.grants("check", *QUESTION)
    assert checked.status == 2
    assert "It is unknown whether ada@example.com may open analytics as Op." in checked.said
    assert f"These may: {principal.replace(':', ' ')}." in checked.said
    assert "Not looked at: groups (--group) and the sub (--subject)." in checked.said
    assert "\u2717" not in checked.out

    answer = json.loads(commands.grants("check", *QUESTION, "--json").out)
    assert answer["not_looked_at"] == ["group", "subject"]
    assert answer["could_open"] == [principal]

    named = commands.grants("check", *QUESTION, *names)
    assert named.status == 1
    assert "no grant says so" in named.said


def test_check_says_no_where_no_name_would_change_it(commands: Commands) -> None:
    commands.put("group:data", "manual", analytics=entry("Viewer"), reporting=entry("Op"))
    commands.put("group:old", "manual", analytics=entry("Op", expires=PAST))
    commands.put("subject:7", "manual", analytics=entry("Op"))
    commands.put("user:bob@example.com", "manual", analytics=entry("Op"))
    block = {"principal": {"S": "subject:7"}, "source": {"S": "block"}}
    commands.dynamodb.put_item(TableName=commands.table, Item=block)

    checked = commands.grants("check", *QUESTION)
    assert checked.status == 1
    assert "Not looked at: groups (--group) and the sub (--subject)." in checked.said
    assert json.loads(commands.grants("check", *QUESTION, "--json").out)["could_open"] == []


def test_check_says_what_it_did_not_look_at_beside_a_yes(commands: Commands) -> None:
    commands.put(ADA, "manual", analytics=entry("Op"))
    checked = commands.grants("check", *QUESTION, "-g", "data")
    assert checked.status == 0
    assert "Not looked at: the sub (--subject)." in checked.said
    assert (
        "Not looked at" not in commands.grants("check", *QUESTION, "-g", "a", "--subject", "7").said
    )


def test_check_without_an_answer_of_aws_is_neither_yes_nor_no(commands: Commands) -> None:
    commands.monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert commands.check("ada@example.com", "-e", "analytics") == 2


def test_a_grant_ends_while_it_stands_in_the_table(commands: Commands) -> None:
    commands.put(ADA, "manual", analytics=entry("Op", expires=int(time.time()) + 3600))
    assert commands.check("ada@example.com", "-e", "analytics") == 0
    commands.put(ADA, "manual", analytics=entry("Op", expires=int(time.time())))
    assert commands.check("ada@example.com", "-e", "analytics") == 1


def test_a_platform_without_a_portal_has_no_grants(commands: Commands) -> None:
    raw = json.loads(commands.configuration.read_text())
    raw["MwaaEnvironments"] = []
    raw["Alb"]["AllowedCidrs"] = ["10.0.0.0/8"]
    raw["QuickStart"] = {
        "VpcId": "vpc-0123456789abcdef0",
        "SubnetIds": ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"],
        "MwaaEnvironmentName": "reporting",
    }
    commands.configuration.write_text(json.dumps(raw))
    refused = commands.grants("list")
    assert refused.status == 1
    assert "RbacRoleName" in refused.said
