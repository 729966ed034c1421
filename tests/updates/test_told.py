"""Plans of many changes beside what the AWS stand-in then did with each.

The changes of the long run, and some more, are deployed one after another into the stand-in alone,
without Airflow, sign-in and the CDK CLI. What is deployed is read before each of them, as `plan`
reads it. Who may open what is what the grants table holds.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
import pytest

from app import platform
from cli.deployed import DeployedPlatform
from cli.plan.application import Application, from_assembly
from cli.plan.as_json import as_json
from cli.plan.consequences import changes_between, plan_of
from cli.plan.deployed import read_deployed
from config.document import Document
from config.loader import parse_configuration, written
from config.model import Configuration
from config.oidc import Oidc
from config.outline import outline_of
from config.roles import Roles
from local.layout import ACCOUNT, REGION
from local.local_configuration import CLIENT_ID, local_configuration
from local.prerequisites import Prerequisites, create_prerequisites
from tests.integration.test_sign_in import PRIVATE, PUBLIC
from tests.templates.synthesis import WITHOUT_BUNDLING
from tests.updates.account import Account, Difference, Json
from tests.updates.bare_account import BareAccount, stand_in
from tests.updates.changing import entry
from tests.updates.long_changes import (
    ADDED,
    CHANGES,
    ENTRY,
    RENAMED,
    Change,
    of_entry,
    of_file,
    of_section,
    start_configuration,
)
from tests.updates.supplies import Supplies
from tests.updates.told import done, refusals, told

pytestmark = pytest.mark.xdist_group("told")

SERVICES = ("aws", "alb", "idp", "lineage")
AIRFLOWS = (PUBLIC, PRIVATE, ADDED, RENAMED)
FIRST_PORT = 14686
PORTS = {
    **{name: FIRST_PORT + number for number, name in enumerate(SERVICES)},
    **{f"airflow {name}": FIRST_PORT + 10 + number for number, name in enumerate(AIRFLOWS)},
}


def _other_grants(raw: Json, _: Supplies) -> None:
    """A principal with other roles, and one with another end."""
    for grant in raw["Grants"]:
        if grant.get("User") == "viewer@example.com":
            grant["Roles"] = ["User"]
    raw["Grants"].append({"Group": "guests", "Environments": ["*"], "Roles": ["Viewer"]})


def _without_added(raw: Json, _: Supplies) -> None:
    raw["MwaaEnvironments"].remove(entry(raw, ADDED))


def _nothing(_raw: Json, _supplies: Supplies) -> None:
    pass


FURTHER = (
    Change(words="nothing", of=(ENTRY, "Name"), edit=_nothing),
    Change(
        words="`Description`",
        of=(ENTRY, "Description"),
        edit=of_entry("Description", "Reports of the day"),
    ),
    Change(words="`Plugins`: a folder", of=(ENTRY, "Plugins"), edit=of_file("Plugins", "plugins")),
    Change(
        words="`WorkerReplacementStrategy`: GRACEFUL",
        of=(ENTRY, "WorkerReplacementStrategy"),
        edit=of_entry("WorkerReplacementStrategy", "GRACEFUL"),
    ),
    Change(
        words="`Lineage.Url`: another catalogue",
        of=(ENTRY, "Lineage"),
        edit=of_section("Lineage", "Url", "https://catalogue.example.com"),
    ),
    Change(words="`Lineage`: off", of=(ENTRY, "Lineage"), edit=of_entry("Lineage", False)),
    Change(
        words="`AirflowVersion`: 2.11.2 to 3.3.1",
        of=(ENTRY, "AirflowVersion"),
        edit=of_entry("AirflowVersion", "3.3.1"),
    ),
    Change(
        words="`AirflowVersion`: 3.3.1 to 2.10.3",
        of=(ENTRY, "AirflowVersion"),
        edit=of_entry("AirflowVersion", "2.10.3"),
        fails=True,
    ),
    Change(words="`Grants`: other roles", of=(Configuration, "Grants"), edit=_other_grants),
    Change(
        words="`Oidc.ClientId`: another client",
        of=(Oidc, "ClientId"),
        edit=of_section("Oidc", "ClientId", "another"),
    ),
    Change(
        words="`Roles.NamePrefix`: given",
        of=(Roles, "NamePrefix"),
        edit=lambda raw, _: raw.__setitem__("Roles", {"NamePrefix": "team-"}),
    ),
    Change(
        words="`TerminationProtection`: on again",
        of=(Configuration, "TerminationProtection"),
        edit=lambda raw, _: raw.__setitem__("TerminationProtection", True),
    ),
    Change(
        words="`MwaaEnvironments`: one less",
        of=(Configuration, "MwaaEnvironments"),
        edit=_without_added,
    ),
)
"""Kinds of changes that the long run does not make; `--long` alone tells of them."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One deployment: the files and applications before and after it, and what it did."""

    files: tuple[Json, Json]
    applications: tuple[Application, Application]
    did: Difference


class Bench:
    """An account with the platform, and the deployments that are made there."""

    def __init__(self, account: BareAccount, folder: Path, configuration: Json) -> None:
        self._account, self._folder = account, folder
        self.configuration = configuration
        self._assembly = self._synthesised(configuration)
        assert account.deploy(self._assembly)
        self._state = self._read()

    def deploy(self, configuration: Json) -> Deployment:
        """Deploys another file; where that fails, the former one again."""
        files = (self.configuration, configuration)
        assembly = self._synthesised(configuration)
        deployed = self._deployed()
        succeeded = self._account.deploy(assembly)
        did = Difference(before=self._state, after=self._read())
        self._state = did.after
        if succeeded:
            self.configuration, self._assembly = configuration, assembly
        else:
            assert self._account.deploy(self._assembly)
            self._state = self._read()
        after = self._application(configuration, assembly)
        return Deployment(files=files, applications=(deployed, after), did=did)

    def _read(self) -> Account:
        return Account.read(self._account.session, airflows=self._folder)

    def _deployed(self) -> Application:
        configuration = parse_configuration(copy.deepcopy(self.configuration), source=self._file)
        found = read_deployed(
            DeployedPlatform(
                configuration=configuration,
                outline=outline_of(configuration),
                place="",
                session=self._account.session,
                variables={},
                ca_file="",
            )
        )
        assert not found.uncertain
        return found.application

    def _synthesised(self, raw: Json) -> Path:
        folder = self._folder / f"assembly-{len(list(self._folder.glob('assembly-*')))}"
        configuration = parse_configuration(copy.deepcopy(raw), source=self._file)
        env = cdk.Environment(account=ACCOUNT, region=REGION)
        context = WITHOUT_BUNDLING
        platform(configuration, outdir=str(folder), env=env, context=context, checked=False).synth()
        return folder

    def _application(self, raw: Json, assembly: Path) -> Application:
        return from_assembly(assembly, written(Document(path=self._file, content=raw)))

    @property
    def _file(self) -> Path:
        return self._folder / "cdk.context.json"


@pytest.fixture(scope="module")
def deployments(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Deployment]]:
    """What each change did, by its words."""
    further = FURTHER if request.config.getoption("--long") else ()
    folder = tmp_path_factory.mktemp("told")
    with stand_in(folder, PORTS, *AIRFLOWS) as (cloud, layout, _):
        account = BareAccount(cloud.session)
        supplies = Supplies(cloud.session, tmp_path_factory.mktemp("team"))

        def local(prerequisites: Prerequisites) -> Json:
            return local_configuration(
                start_configuration(), layout=layout, folder=folder, prerequisites=prerequisites
            )

        made = create_prerequisites(
            cloud,
            parse_configuration(local(Prerequisites()), source=folder / "cdk.context.json"),
            (),
            folder=folder / "existing",
            certificate_arn=supplies.certificate,
            client_secret_arns={CLIENT_ID: cloud.create_secret("oidc-client", "a secret")},
            lineage_token="",
        )
        bench = Bench(account, folder, local(made))
        found = {}
        for change in (*CHANGES, *further):
            change.before(supplies)
            configuration = copy.deepcopy(bench.configuration)
            change.edit(configuration, supplies)
            found[change.words] = bench.deploy(configuration)
        yield found


@pytest.fixture(scope="module")
def plans(deployments: Mapping[str, Deployment]) -> Mapping[str, Json]:
    """What `plan` says of each, by one run of the differ."""
    pairs = [each.applications for each in deployments.values()]
    return {
        words: dict(as_json(plan_of(*pair, changes, described=""), frozenset()))
        for words, pair, changes in zip(deployments, pairs, changes_between(pairs), strict=True)
    }


@pytest.mark.parametrize(
    "change",
    [*CHANGES, *(pytest.param(each, marks=pytest.mark.long) for each in FURTHER)],
    ids=lambda change: change.words,
)
def test_a_deployment_does_what_its_plan_says(
    deployments: Mapping[str, Deployment], plans: Mapping[str, Json], change: Change
) -> None:
    deployment, plan = deployments[change.words], plans[change.words]
    if change.fails:
        assert list(refusals(plan, deployment.did)) == []
        return
    assert told(plan) == done(deployment.did, deployment.files)
    assert plan["exit_status"] == (3 if told(plan)["lost"] else 0)
