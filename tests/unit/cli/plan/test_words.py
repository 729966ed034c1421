"""Words of a plan that a reviewer was missing, or took for something else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from cli.cost.estate import Difference, Range
from cli.plan.application import Application
from cli.plan.as_json import as_json
from cli.plan.consequences import plan
from cli.plan.describe import sections
from cli.plan.plan import BeforeRefusal, Plan
from tests.unit.cli.plan.applications import (
    PREFIX,
    Json,
    application,
    environment,
    lake,
    stack,
    written,
)
from tests.unit.cli.plan.test_consequences import LAKE, NOTHING, said

NETWORK_COST = Decimal("32.85")


def _topic(name: str) -> Json:
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}


def _refused() -> Plan:
    """An environment that is refused, another one, and what one or both rest on."""

    def side(name: str, key: str | None) -> Application:
        settings = {"KmsKey": key} if key else {}
        environments = [
            stack("Env-lake", depends_on=("Network",), Airflow=environment(**settings)),
            stack("Env-other", depends_on=("Network",), Airflow=environment(Name=f"other{name}")),
        ]
        ui = stack("Ui-lake", depends_on=("Env-lake",), Topic=_topic(name))
        return application(stack("Network", Topic=_topic(name)), *environments, ui, written={})

    made = plan(side("a", None), side("b", "other"), described="before")
    amount = Range(low=NETWORK_COST, high=NETWORK_COST)
    return replace(made, money=Difference(total=amount, stacks={"Network": amount}, unpriced=()))


def test_a_refused_plan_says_what_is_deployed_before_it_and_what_that_costs() -> None:
    made = _refused()
    assert made.before_refusal == BeforeRefusal(certain=("Network",), possible=("Env-other",))
    words = said(made)
    assert (
        "Before that, Network is deployed, and not taken back: in a month 32.85 US dollars more."
        in words
    )
    assert "Env-other may be deployed by then as well, and not taken back." in words
    assert as_json(made, NOTHING)["before_refusal"] == {
        "certain": ["Network"],
        "possible": ["Env-other"],
    }
    assert made.exit_status(NOTHING) == 3


def test_an_environment_whose_change_is_refused_is_not_called_restarting() -> None:
    made = plan(
        application(lake(), written=written(LAKE)),
        application(lake(KmsKey="other"), written=written({**LAKE, "KmsKeyArn": "other"})),
        described="before",
    )
    assert as_json(made, NOTHING)["restarts"] == []


def test_a_key_is_listed_where_it_reaches() -> None:
    def side(name: str, zones: int, hours: int) -> Application:
        sections = {"CustomerVpc": {"MaxAZs": zones}, "Alb": {"SessionTimeoutHours": hours}}
        stacks = (stack(each, Topic=_topic(name)) for each in ("Network", "Sso"))
        return application(*stacks, written=written(**sections))

    made = plan(side("a", 2, 1), side("b", 3, 2), described="before")
    keys = {each.id: [key.change.name for key in each.keys] for each in made.stacks}
    assert keys["Network"] == ["CustomerVpc.MaxAZs"]
    assert "Alb.SessionTimeoutHours" in keys["Sso"]


def _moved(*names: str, to: str = "2.11.2") -> str:
    def side(version: str) -> Application:
        own = (
            stack(f"Env-{name}", Airflow=environment(Name=name, AirflowVersion=version))
            for name in names
        )
        entries = ({"Name": name, "AirflowVersion": version} for name in names)
        return application(*own, written=written(*entries))

    former = "2.11.0" if to.startswith("3") else "2.10.3"
    return said(plan(side(former), side(to), described="before"))


def test_what_a_move_brings_is_said_of_one_environment_alone() -> None:
    words = _moved("lake", "other")
    assert words.count("Requirements are installed again") == 1
    assert words.count("What the move between versions brings is as in lake.") == 1


def test_a_move_between_majors_says_what_becomes_of_the_portals_way() -> None:
    way = "./mwaa-platform deploy --only Env-lake, then ./mwaa-platform deploy."
    assert way in _moved("lake", to="3.3.1")
    assert "login page" not in _moved("lake")


def test_an_address_that_differs_in_what_is_not_shown_says_so() -> None:
    def side(query: str) -> Application:
        catalogue = {"Provider": "DataHub", "Url": f"https://example.com/a?{query}"}
        entry = {**LAKE, "Lineage": {"Catalogues": [catalogue]}}
        return application(lake(AirflowConfigurationOptions={"a": query}), written=written(entry))

    words = said(plan(side("a=1"), side("a=2"), described="before"))
    assert "Lineage.Catalogues.DataHub.Url: https://example.com/a, in a part that is not" in words


def test_a_stack_without_a_key_of_its_own_says_why_it_changes() -> None:
    def side(text: str, *names: str) -> Any:
        sso = stack("Sso", Topic=_topic(f"{text}{names}"))
        own = (stack(f"Env-{each}", Airflow=environment(Name=each)) for each in names)
        entries = ({"Name": each, "Description": text} for each in names)
        return application(sso, *own, written=written(*entries))

    follows = said(plan(side("a", "lake"), side("a", "lake", "other"), described="before"))
    assert "It follows the environments that come and go." in follows


def test_a_teams_file_with_other_content_is_not_called_the_releases() -> None:
    def side(path: str, entry: Json) -> Application:
        return application(lake(PluginsS3Path=path), written=written({**LAKE, **entry}))

    def words(entry: Json) -> str:
        return said(plan(side("a", entry), side("b", entry), described="before"))

    assert "What this release" not in words({"Plugins": "team/plugins"})
    assert "Your own files in it have changed, or what" in words({"Plugins": "team/plugins"})
    assert "Your own files" not in words({})


def test_a_key_of_all_is_not_blamed_for_what_an_entry_has_refused() -> None:
    def side(name: str, key: Json, zones: int, entry: Json) -> Application:
        own = stack("Env-lake", Airflow=environment(**key), Topic=_topic(name))
        network = stack("Network", Topic=_topic(name))
        sections = {"CustomerVpc": {"MaxAZs": zones}}
        return application(network, own, written=written({**LAKE, **entry}, **sections))

    made = plan(
        side("a", {}, 2, {}),
        side("b", {"KmsKey": "other"}, 3, {"KmsKeyArn": "other"}),
        described="before",
    )
    words = said(made)
    assert "subnets cost nothing" not in words
    assert words.count("CustomerVpc.MaxAZs: 2 → 3") == 2
    assert "deploy the former file with CustomerVpc.MaxAZs (3) left as it is" in words
    assert "shows what changes in None" not in words


def test_what_stands_still_after_a_refusal_is_among_the_stops() -> None:
    def side(facing: bool) -> Application:
        balancer = {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"}
        scheme = {"Scheme": "internet-facing" if facing else "internal"}
        sso = stack("Sso", Balancer={**balancer, "Properties": scheme})
        return application(sso, written=written(Alb={"InternetFacing": facing}))

    stops = next(sections(plan(side(False), side(True), described="before"), frozenset()))
    assert stops.title == "Stops"
    assert "nobody can sign in until the former value is deployed again" in " ".join(stops.lines)


def test_who_loses_a_role_is_told_when_that_ends() -> None:
    grant = {"User": "ada@example.com", "Environments": ["lake"], "Roles": ["Op"]}
    before = application(lake(), written=written(LAKE, Grants=[grant]))
    after = application(lake(), written=written(LAKE))
    assert "12 hours at most" in said(plan(before, after, described="before"))
    assert "12 hours at most" not in said(plan(after, before, described="before"))


def test_a_name_that_nothing_lost_has_is_said() -> None:
    made = plan(
        application(lake(), written=written(LAKE)),
        application(lake(MaxWorkers=2), written=written({**LAKE, "MaxWorkers": 2})),
        described="before",
    )
    allowed = frozenset({"lakes"})
    assert as_json(made, allowed)["allowed_without_effect"] == ["lakes"]
    assert made.exit_status(allowed) == 0


def test_a_way_that_is_given_up_stays_until_its_stack_is_deleted() -> None:
    facts = {"VpcId": "vpc-1", "VpcCIDR": "10.40.0.0/16"}
    entries = [
        {"Name": "ledger", "Existing": facts, "Connectivity": {"Way": way}}
        for way in ("VpcPeering", "None")
    ]
    before = application(stack("Way-vpc-1"), written=written(entries[0]))
    words = said(plan(before, application(written=written(entries[1])), described="before"))
    assert "ledger: Connectivity.Way: VpcPeering → None" in words
    assert f"Nothing of it is taken away before {PREFIX}-Way-vpc-1 is deleted." in words
    assert "Without effect" not in words
    assert "lead another way" not in words


def test_a_shorter_retention_says_that_older_lines_go() -> None:
    def kept(days: int) -> Application:
        entry = {**LAKE, "LogRetentionDays": {"Task": days}}
        group = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": days}}
        own = stack("Env-lake", Airflow=environment(), TaskLogs=group)
        return application(own, written=written(entry))

    words = said(plan(kept(90), kept(7), described="before"))
    assert "With fewer days CloudWatch deletes what is older, within three days and for good." in (
        words
    )
