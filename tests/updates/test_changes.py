"""Six changes of the shared platform's file, deployed by the CLI: what changes, and what stays.

Most come in one deployment: what an edit does to one environment, or to the load balancer, is seen
apart from the others. An environment that MWAA would restart is restarted with what is deployed
then. An environment that was added is taken away in a second deployment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from bs4 import BeautifulSoup

from config.lineage.atlan import Atlan
from config.model import Configuration
from config.network import CustomerVpc
from config.new_environment import NewEnvironment
from config.section import Section, update_policy
from config.update_policy import Effect, Interrupts
from tests.conftest import INSTANCE_NAME, Platform
from tests.integration.test_lineage_delivery import digest, finished, of_run, wait_for
from tests.integration.test_sign_in import PRIVATE, PUBLIC
from tests.integration.visitor import sign_in_links
from tests.updates.account import EGRESS, HOLDS_DATA, Account, Difference, Json
from tests.updates.changing import ADMIN, TOKEN_SECRET, Changing, Planned, Run, entry
from tests.updates.told import done, told

pytestmark = [pytest.mark.platform, pytest.mark.last(1), pytest.mark.xdist_group("platform")]

ADDED = "sandbox"
TOKEN = "of-the-other-catalogue"
PLUGIN = """
from airflow.plugins_manager import AirflowPlugin


class Words(AirflowPlugin):
    name = "words_of_the_team"
"""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A deployment: what `plan` said of it, what it did, and the runs of Airflow's after it."""

    changing: Changing
    planned: Planned
    difference: Difference
    runs: Mapping[str, Run]

    @property
    def before(self) -> Account:
        return self.difference.before

    @property
    def after(self) -> Account:
        return self.difference.after


@pytest.fixture(scope="module")
def changing(platform: Platform) -> Changing:
    changing = Changing(platform)
    if not changing.account().runs:  # other tests have left a history that may be lost, or none
        changing.run(PRIVATE)
    return changing


@pytest.fixture(scope="module")
def changed(changing: Changing, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Everything changed; restarted are the environments of which MWAA would restart."""
    plugins = tmp_path_factory.mktemp("plugins")
    (plugins / "words_of_the_team.py").write_text(PLUGIN)
    configuration = changing.configuration
    entry(configuration, PUBLIC)["Plugins"] = str(plugins)
    entry(configuration, PUBLIC)["Lineage"] = {
        "Provider": "Marquez",
        "Url": changing.platform.summary["lineage"].rstrip("/"),
        "Authentication": "Token",
    }
    assert entry(configuration, PRIVATE).pop("ConfigurationOptions") == {INSTANCE_NAME: "Reports"}
    entry(configuration, PRIVATE)["Lineage"] = False
    configuration["CustomerVpc"]["MaxAZs"] = 3
    configuration["MwaaEnvironments"].append(
        {
            "Name": ADDED,
            "AirflowVersion": "2.10.3",
            "VpcCIDR": "10.3.0.0/16",
            "WebServerAccessMode": "PRIVATE_ONLY",
            "TerminationProtection": False,
        }
    )
    planned, difference = deploy(changing, configuration)
    fill_secrets(changing, difference)
    changing.restart(difference.restarted)
    # The one that sends events runs last: its events are after those that must not come.
    runs = {name: changing.run(name) for name in (PRIVATE, PUBLIC)}
    return Deployed(changing=changing, planned=planned, difference=difference, runs=runs)


@pytest.fixture(scope="module")
def removed(changed: Deployed) -> Deployed:
    """The environment that was added is taken away, as docs/operating.md says."""
    changing = changed.changing
    configuration = changing.configuration
    assert not entry(configuration, ADDED)["TerminationProtection"]
    changing.destroy(f"Env-{ADDED}")
    configuration["MwaaEnvironments"].remove(entry(configuration, ADDED))
    planned, difference = deploy(changing, configuration)
    return Deployed(changing=changing, planned=planned, difference=difference, runs={})


def deploy(changing: Changing, configuration: Json) -> tuple[Planned, Difference]:
    before = changing.account()
    planned = changing.plan(configuration)
    changing.write(configuration)
    changing.deploy()
    return planned, Difference(before=before, after=changing.account())


def fill_secrets(changing: Changing, difference: Difference) -> None:
    """What `lineage token set` does with the secret of another catalogue."""
    secrets_manager = changing.platform.cloud.session.client("secretsmanager")
    for resource, arn in difference.after.resources.items():
        if resource.type == TOKEN_SECRET and resource not in difference.before.resources:
            secrets_manager.put_secret_value(SecretId=arn, SecretString=TOKEN)


def options(account: Account, environment: str) -> Json:
    return dict(account.environments[environment]["AirflowConfigurationOptions"])


def offered(changing: Changing) -> set[str]:
    """The environments that the portal offers to somebody who signs in."""
    with changing.platform.visitor() as visitor:
        portal = visitor.sign_in(changing.platform.portal, email=ADMIN)
        assert portal.status_code == 200
        return {name for name, _ in sign_in_links(portal)}


@pytest.mark.parametrize(
    ("section", "key", "effect", "interrupts"),
    [
        (NewEnvironment, "ConfigurationOptions", Effect.IN_PLACE, Interrupts.TASKS),
        (NewEnvironment, "Plugins", Effect.IN_PLACE, Interrupts.TASKS),
        (NewEnvironment, "Lineage", Effect.IN_PLACE, Interrupts.TASKS),
        (Atlan, "Provider", Effect.IN_PLACE, Interrupts.TASKS),
        (CustomerVpc, "MaxAZs", Effect.REFUSED, Interrupts.NOTHING),  # fewer of them
        (Configuration, "MwaaEnvironments", Effect.FREE, Interrupts.NOTHING),
    ],
)
def test_the_policies_say_what_is_seen_here(
    section: type[Section], key: str, effect: Effect, interrupts: Interrupts
) -> None:
    policy = update_policy(section, key).value
    assert (policy.effect, policy.interrupts) == (effect, interrupts)


def test_the_plans_said_what_the_deployments_then_did(changed: Deployed, removed: Deployed) -> None:
    for each in (changed, removed):
        assert told(each.planned.plan) == done(each.difference, each.planned.files)
    assert changed.planned.plan["exit_status"] == 3  # the tokens of left catalogues
    assert removed.planned.plan["exit_status"] == 0


def test_environments_restart_in_place_and_nothing_that_holds_data_is_replaced(
    changed: Deployed,
) -> None:
    assert changed.difference.restarted == {PUBLIC, PRIVATE}
    assert changed.difference.replaced(*HOLDS_DATA, *EGRESS) == set()
    assert changed.difference.removed(*HOLDS_DATA, *EGRESS) == set()


def test_grants_objects_and_runs_are_there_and_no_secret_but_those_of_left_catalogues_is_gone(
    changed: Deployed,
) -> None:
    gone = {each for each in changed.difference.removed() if each.type == TOKEN_SECRET}
    assert {each.stack.rpartition("-")[2] for each in gone} == {PUBLIC, PRIVATE}
    secrets = {("secret", changed.before.resources[each]) for each in gone}
    assert changed.difference.lost == secrets
    assert changed.before.runs


def test_an_option_that_is_taken_out_is_out_of_airflow(changed: Deployed) -> None:
    assert options(changed.before, PRIVATE)[INSTANCE_NAME] == "Reports"
    with changed.changing.platform.visitor() as visitor:
        changed.changing.enter(visitor, PRIVATE)
        page = visitor.open(f"{changed.changing.airflow(PRIVATE)}/home")
    title = BeautifulSoup(page.text, "html.parser").find("title")
    assert title is not None
    assert title.get_text(strip=True) == "DAGs - Airflow"


def test_a_plugin_is_loaded(changed: Deployed) -> None:
    with changed.changing.platform.visitor() as visitor:
        changed.changing.enter(visitor, PUBLIC)
        answer = visitor.http.get(f"{changed.changing.airflow(PUBLIC)}/api/v2/plugins")
    assert "words_of_the_team" in [each["name"] for each in answer.json()["plugins"]]


def test_lineage_goes_to_the_other_catalogue_with_its_own_token(changed: Deployed) -> None:
    run, platform = changed.runs[PUBLIC], changed.changing.platform
    wait_for(platform, lambda: finished(of_run(platform, PUBLIC, run.since)), "the run")
    received = of_run(platform, PUBLIC, run.since)
    assert {each["path"] for each in received} == {"/api/v1/lineage"}
    assert {each["bearer_sha256"] for each in received} == {digest(TOKEN)}


def test_without_a_catalogue_no_event_arrives_and_airflow_knows_no_lineage(
    changed: Deployed,
) -> None:
    platform, run, later = changed.changing.platform, changed.runs[PRIVATE], changed.runs[PUBLIC]
    wait_for(platform, lambda: finished(of_run(platform, PUBLIC, later.since)), "the later run")
    assert of_run(platform, PRIVATE, run.since) == []
    assert options(changed.after, PRIVATE).keys() == {"core.load_examples"}
    for file in ("Plugins", "Requirements"):
        for key in (f"{file}S3Path", f"{file}S3ObjectVersion"):
            before, after = (
                each.environments[PRIVATE][key] for each in (changed.before, changed.after)
            )
            assert before != after


def test_a_zone_more_is_one_of_the_load_balancers(changed: Deployed) -> None:
    assert len(changed.changing.zones_of_load_balancer()) == 3


def test_an_added_environment_is_made_and_offered_and_one_that_is_taken_away_is_gone(
    changed: Deployed, removed: Deployed
) -> None:
    assert changed.after.environments[ADDED]["Status"] == "AVAILABLE"
    assert changed.after.environments.keys() - changed.before.environments.keys() == {ADDED}
    assert removed.after.environments.keys() == {PUBLIC, PRIVATE}
    assert offered(removed.changing) == {PUBLIC, PRIVATE}


def test_taking_an_environment_away_leaves_the_others_and_its_files(
    changed: Deployed, removed: Deployed
) -> None:
    assert removed.difference.restarted == set()
    assert removed.difference.replaced(*HOLDS_DATA, *EGRESS) == set()
    assert removed.difference.lost == set()
    assert changed.after.objects <= removed.after.objects
