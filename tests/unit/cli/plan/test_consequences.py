"""What a deployment does to stacks, why, and whether it stops."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cli.plan.application import StackState
from cli.plan.as_json import as_json
from cli.plan.consequences import plan
from cli.plan.describe import sections, verdict
from cli.plan.plan import Action, Cause, Plan
from config.update_policy import Effect, Interrupts, Minutes
from tests.unit.cli.plan.applications import (
    PREFIX,
    TOKEN,
    Json,
    application,
    environment,
    lake,
    stack,
    written,
)

LAKE: Json = {"Name": "lake", "VpcCIDR": "10.0.0.0/16"}
NOTHING: frozenset[str] = frozenset()


def planned(properties: Json, entry: Json | None = None) -> Plan:
    """The plan where the environment has these properties, and its entry other keys as well."""
    before = application(lake(), written=written(LAKE))
    after = application(lake(**properties), written=written({**LAKE, **(entry or {})}))
    return plan(before, after, described="before")


def said(made: Plan) -> str:
    lines = [
        line
        for section in sections(made, NOTHING)
        for line in (
            *section.lines,
            *(each for item in section.items for each in (item.name, item.summary, *item.lines)),
        )
    ]
    return "\n".join([verdict(made, NOTHING), *lines])


def test_nothing_changes() -> None:
    made = planned({})
    assert (made.stacks, made.exit_status(NOTHING)) == ((), 0)
    assert verdict(made, NOTHING) == "Nothing changes."


def test_a_release_that_is_not_seen_is_in_the_first_words() -> None:
    nothing, restarts = (
        replace(planned(each), is_release_seen=False)
        for each in ({}, {"EnvironmentClass": "mw1.medium"})
    )
    unseen = "What the release of the platform changes was not seen."
    assert verdict(nothing, NOTHING) == f"The file changes nothing. {unseen}"
    assert verdict(restarts, NOTHING) == f"Nothing is lost. lake restarts. {unseen}"


@pytest.mark.parametrize(
    ("strategy", "minutes", "words"),
    [
        ("FORCED", Minutes(20, 30), "running tasks are ended"),
        ("GRACEFUL", Minutes(20, 720), "running tasks are waited for"),
    ],
)
def test_a_restart_says_how_long_and_whether_tasks_end(
    strategy: str, minutes: Minutes, words: str
) -> None:
    properties = {"MaxWorkers": 12, "WorkerReplacementStrategy": strategy}
    made = planned(properties, {"MaxWorkers": 12})
    [lake_stack] = made.stacks
    assert (lake_stack.effect, lake_stack.minutes) == (Effect.IN_PLACE, minutes)
    assert made.exit_status(NOTHING) == 0
    assert words in said(made)
    assert "MaxWorkers: not given → 12" in said(made)


def test_a_change_without_a_change_of_the_file_is_the_releases() -> None:
    made = planned({"MaxWorkers": 12})
    assert [each.cause for each in made.stacks] == [Cause.RELEASE]
    titles = [each.title for each in sections(made, NOTHING)]
    assert "What this release of the platform changes by itself" in titles
    assert "Environments" not in titles


def test_a_key_does_no_more_than_its_stack_shows() -> None:
    made = planned({}, {"MaxWorkers": 12})
    assert made.stacks == ()
    assert "Without effect on what is deployed: lake: MaxWorkers." in said(made)


def test_a_key_is_as_free_as_what_its_stack_shows() -> None:
    def side(archive: str) -> Any:
        dags = {"Type": "Custom::DagSync", "Properties": {"Archive": archive}}
        own = stack("Env-lake", Airflow=environment(), Dags=dags)
        return application(own, written=written({**LAKE, "Plugins": archive}))

    [found] = plan(side("a"), side("b"), described="before").stacks
    assert found.effect is Effect.FREE
    assert [each.effect for each in found.keys] == [Effect.FREE]
    assert found.strategy is None


def test_a_replaced_environment_is_refused_for_its_name() -> None:
    made = planned({"KmsKey": "other"}, {"KmsKeyArn": "other"})
    assert made.effect is Effect.REFUSED
    assert made.exit_status(frozenset({"lake"})) == 3
    assert "Instead: Add an environment of another name" in said(made)


def test_a_move_that_mwaa_does_not_make_is_refused_with_the_way_round() -> None:
    made = planned({"AirflowVersion": "3.3.1"}, {"AirflowVersion": "3.3.1"})
    assert made.exit_status(NOTHING) == 3
    assert "First deploy 2.11.2, then 3.3.1" in said(made)


def test_a_move_that_mwaa_makes_takes_up_to_two_hours() -> None:
    made = planned({"AirflowVersion": "2.11.2"}, {"AirflowVersion": "2.11.2"})
    assert (made.exit_status(NOTHING), made.minutes.at_once) == (0, Minutes(20, 120))
    assert "Python 3.11 becomes 3.12" in said(made)


def _with_token(*, there: bool) -> Any:
    token = {"Token": TOKEN} if there else {}
    own = stack("Env-lake", depends_on=(), Airflow=environment(), **token)
    return application(own, written=written(LAKE))


def test_a_loss_stops_unless_its_name_is_allowed() -> None:
    made = plan(_with_token(there=True), _with_token(there=False), described="before")
    assert made.stopped_by(NOTHING) == ["Env-lake/Token"]
    assert made.exit_status(frozenset({"Env-lake/Other"})) == 3
    assert made.exit_status(frozenset({"Env-lake/Token"})) == 0
    assert "The secret Env-lake/Token is deleted." in said(made)


def test_what_is_kept_in_the_account_is_no_loss() -> None:
    before = application(lake(), written=written(LAKE))
    after = application(stack("Env-lake", Airflow=environment()), written=written(LAKE))
    made = plan(before, after, described="before")
    assert made.exit_status(NOTHING) == 0
    assert "Its bucket leaves the stack, and stays in the account" in said(made)


def test_stacks_come_and_are_left() -> None:
    sso = stack("Sso", Function={"Type": "AWS::Lambda::Function"})
    other = stack("Env-other", depends_on=("Sso",), Airflow=environment(Name="other"))
    before = application(sso, lake(), written=written(LAKE))
    after = application(sso, other, written=written({"Name": "other"}))
    made = plan(before, after, described="before")
    assert {each.id: each.action for each in made.stacks} == {
        "Env-other": Action.MADE,
        "Env-lake": Action.LEFT,
    }
    assert made.exit_status(NOTHING) == 0
    assert "new: 20 to 40 minutes" in said(made)
    assert "it still runs its environment, which costs what it did" in said(made)
    assert "If one was renamed: Another environment is made" in said(made)


def test_a_name_that_a_stack_goes_on_to_hold_is_refused() -> None:
    other = stack("Env-other", Airflow=environment())
    before, after = (
        application(lake(), written=written(LAKE)),
        application(other, written=written()),
    )
    made = plan(before, after, described="before")
    assert made.exit_status(NOTHING) == 3
    assert f"The stack {PREFIX}-Env-lake goes on to hold lake." in said(made)


def test_the_run_is_as_long_as_its_longest_chain() -> None:
    function = {"Type": "AWS::Lambda::Function"}
    environments = [
        stack(f"Env-{name}", depends_on=("Sso",), Airflow=environment(Name=name))
        for name in ("a", "b")
    ]
    after = application(stack("Sso", Function=function), *environments, written=written())
    made = plan(application(written={}), after, described="nothing")
    assert made.minutes == (Minutes(44, 88), Minutes(24, 48), Minutes(24, 48))

    entries: list[Json] = [{"Name": "a", "Wave": 2}, {"Name": "b"}]
    after = replace(after, written=written(*entries))
    made = plan(application(written={}), after, described="nothing")
    assert made.minutes.by_waves == Minutes(44, 88)
    assert "44 to 88 minutes in 2 waves: ./mwaa-platform deploy" in said(made)


def test_a_moved_sign_in_is_told() -> None:
    def rule(host: str) -> Json:
        condition = {"Field": "host-header", "HostHeaderConfig": {"Values": [host]}}
        properties = {"Conditions": [condition], "Priority": 1}
        return {"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": properties}

    before, after = (
        application(stack("Ui-lake", Rule=rule(host)), written=written({**LAKE, "UiHost": host}))
        for host in ("a.example.com", "b.example.com")
    )
    made = plan(before, after, described="before")
    assert [each.interrupts for each in made.stacks] == [Interrupts.SIGN_IN]
    assert "People may have to sign in again." in said(made)


def test_without_the_former_configuration_the_cause_is_not_claimed() -> None:
    before, after = application(lake()), application(lake(MaxWorkers=12), written=written(LAKE))
    made = plan(before, after, described="before")
    assert [each.cause for each in made.stacks] == [Cause.UNKNOWN]
    assert "Resources of Env-lake that change: 1 AWS::MWAA::Environment." in said(made)


def test_json_has_every_field_that_is_documented() -> None:
    found = as_json(planned({"MaxWorkers": 12}, {"MaxWorkers": 12}), NOTHING)
    [found_stack] = found["stacks"]
    assert (found["exit_status"], found["restarts"]) == (0, ["lake"])
    assert found_stack["keys"][0] == {
        "environment": "lake",
        "key": "MaxWorkers",
        "before": None,
        "after": 12,
        "effect": "in place",
        "policy": "RESTARTS",
        "way_round": None,
    }


def _host(name: str, *, priority: int, host: str) -> StackState:
    listener = {"Fn::ImportValue": "listener"}
    rule = {"ListenerArn": listener, "Priority": priority}
    record = {"HostedZoneId": "Z1", "Name": f"{host}.", "Type": "A"}
    return stack(
        f"Ui-{name}",
        Rule={"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": rule},
        Record={"Type": "AWS::Route53::RecordSet", "Properties": record},
    )


def test_two_that_trade_their_numbers_are_refused() -> None:
    hosts = {"one": "a.example.com", "other": "b.example.com"}

    def side(**priorities: int) -> Any:
        stacks = (_host(each, priority=priorities[each], host=hosts[each]) for each in hosts)
        return application(*stacks, written=written())

    before, after = side(one=7, other=8), side(one=8, other=7)

    made = plan(before, after, described="before")

    assert made.exit_status(NOTHING) == 3
    assert f"The priority 8 of a rule is that of the stack {PREFIX}-Ui-other" in said(made)
    assert plan(before, before, described="before").exit_status(NOTHING) == 0


def test_a_host_that_a_left_stack_still_has_is_refused() -> None:
    former = application(_host("one", priority=7, host="a.example.com"), written=written())
    renamed = application(_host("other", priority=9, host="a.example.com"), written=written())
    moved = application(_host("other", priority=9, host="b.example.com"), written=written())

    refused = plan(former, renamed, described="before")

    assert refused.exit_status(NOTHING) == 3
    assert f"The record of a.example.com is that of the stack {PREFIX}-Ui-one" in said(refused)
    assert plan(former, moved, described="before").exit_status(NOTHING) == 0


def test_a_free_key_beside_one_that_restarts_says_so() -> None:
    entry = {"EnvironmentClass": "mw1.medium", "Description": "another"}
    made = planned({"EnvironmentClass": "mw1.medium"}, entry)
    [line] = [each for each in said(made).splitlines() if "Description" in each]
    assert line.endswith("(no interruption)")
    [other] = [each for each in said(made).splitlines() if "EnvironmentClass" in each]
    assert "(no interruption)" not in other


def test_an_entry_that_is_said_to_exist_does_not_leave_its_stack_behind() -> None:
    before = application(lake(), written=written(LAKE))
    made = plan(before, application(written=written({"Name": "lake"})), described="before")
    words = said(made)
    assert made.exit_status(NOTHING) == 3
    assert words.startswith("Stop: lake would be left to a stack that nothing lists.")
    assert "Put the keys of a new environment back." in words
    assert "has the commands that remove it" not in words
    assert "AWS" not in words


def test_an_entry_that_exists_does_not_become_a_new_one() -> None:
    before = application(stack("Sso"), written=written({"Name": "lake"}))
    made = plan(before, application(stack("Sso"), lake(), written=written(LAKE)), described="b")
    assert made.exit_status(NOTHING) == 3
    assert "MWAA has lake already" in said(made)


@pytest.mark.parametrize("section", ["QuickStart", "Deployers"])
def test_a_section_with_a_stack_of_its_own_is_not_without_effect(section: str) -> None:
    without = application(lake(), written=written(LAKE))
    with_it = application(
        lake(),
        stack(section, Role={"Type": "AWS::IAM::Role", "Properties": {}}),
        written=written(LAKE, **{section: {"Any": "thing"}}),
    )
    made, left = (
        plan(before, after, described="before")
        for before, after in ((without, with_it), (with_it, without))
    )
    assert [each.action for each in (*made.stacks, *left.stacks)] == [Action.MADE, Action.LEFT]
    assert (made.unused_keys, left.unused_keys) == ((), ())


@pytest.mark.parametrize("shows", ["Sso", "Pipeline"])
def test_what_shows_or_deploys_an_environments_alarms_changes_with_its_entry(shows: str) -> None:
    ledger = {"Name": "ledger"}
    before, after = (
        application(
            stack(shows, Shown={"Type": "AWS::CloudWatch::Dashboard", "Properties": {"Of": count}}),
            *(stack(f"Alarms-{name}") for name in (["ledger"] if count else [])),
            written=written({**ledger, "Alarms": {"Enabled": bool(count)}}),
        )
        for count in range(2)
    )
    [changed] = [
        each
        for each in plan(before, after, described="before").stacks
        if each.action is Action.CHANGED
    ]
    assert (changed.id, changed.cause) == (shows, Cause.CONFIGURATION)
