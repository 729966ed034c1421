"""Changes that the long run makes one after another, each in a deployment of its own.

The platform has one environment with its web server on the internet, and a private one behind the
load balancer. What a change leaves is there when the next one is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from config.alb import Alb
from config.lineage.settings import LineageSettings
from config.model import Configuration
from config.network import CustomerVpc
from config.new_environment import NewEnvironment
from config.section import Section, update_policy
from config.update_policy import Effect, UpdatePolicy
from local.layout import ui_host
from local.users import STRANGER
from tests.conftest import INSTANCE_NAME, project_configuration
from tests.integration.test_sign_in import PRIVATE, PUBLIC
from tests.updates.account import EGRESS, Difference, Json
from tests.updates.changing import ADMIN, entry
from tests.updates.scene import Scene
from tests.updates.supplies import Supplies
from tests.waits import wait_until

OTHER_BUCKET, OTHER_FOLDER = "bucket-of-a-team", "workflows"
OTHER_HOST = "reports.localhost"
OTHER_COOKIE = "__Host-portal"
RENAMED, ADDED = "insights", "sandbox"
TEAM_DAG = "team"

Edit = Callable[[Json, Supplies], Any]
Check = Callable[[Scene, Difference], None]


def start_configuration() -> Json:
    """The project's configuration, with a host for its private environment."""
    configuration = project_configuration()
    configuration["Alb"] |= {"DomainName": "example.com", "HostedZoneId": "Z0123456789ABC"}
    entry(configuration, PRIVATE)["UiHost"] = "reporting.example.com"
    return configuration


@dataclass(frozen=True, kw_only=True)
class Change:
    """Another value of a key.

    - `words`: the change, for the table.
    - `of`: the key, whose policy must be what happens.
    - `environment`: the one whose Airflow runs afterwards, restarted where the policy says so.
    - `edit`: the edit of the file.
    - `check`: what must be so afterwards.
    - `before`: what the policy says to do before.
    - `way_round`: what it says to do instead, where it is refused.
    - `fails`: whether the deployment is refused.
    - `loses`: what may be gone.
    - `leaves`: types of resources that may leave their stack; what they hold is there all the same.
    - `renews`: types of resources that others may have taken the place of, once the former file is
      deployed again after a refusal.
    """

    words: str
    of: tuple[type[Section], str]
    edit: Edit
    environment: str = PRIVATE
    check: Check = lambda _scene, _difference: None
    before: Callable[[Supplies], None] = lambda _supplies: None
    way_round: Callable[[Scene, Edit], None] | None = None
    fails: bool = False
    loses: frozenset[str] = frozenset()
    leaves: frozenset[str] = frozenset()
    renews: frozenset[str] = frozenset()

    @property
    def policy(self) -> UpdatePolicy:
        return update_policy(*self.of)

    @property
    def restarts(self) -> set[str]:
        """The environments that MWAA restarts."""
        in_place = self.policy.value.effect is Effect.IN_PLACE
        # Gateways are no part of the environment.
        sends = in_place and self.policy.value.interrupts == "running tasks"
        return (
            {self.environment} if sends and self.policy is not UpdatePolicy.MOVES_EGRESS else set()
        )


def of_entry(key: str, value: Any, environment: str = PRIVATE) -> Edit:
    """Gives a key of an environment's entry another value."""
    return lambda raw, _: entry(raw, environment).__setitem__(key, value)


def of_file(key: str, name: str) -> Edit:
    """Gives a key of the private environment's entry the path of a team's file."""
    return lambda raw, scene: entry(raw, PRIVATE).__setitem__(key, scene.file(name))


def of_section(section: str, key: str, value: Any) -> Edit:
    return lambda raw, _: raw[section].__setitem__(key, value)


def says(environment: str, **values: Any) -> Check:
    """MWAA says of the environment what the file says."""

    def check(_: Scene, difference: Difference) -> None:
        described = difference.after.environments[environment]
        assert {key: described.get(key) for key in values} == values

    return check


def _has_tag(_: Scene, difference: Difference) -> None:
    assert difference.after.environments[PRIVATE]["Tags"]["team"] == "reports"


def _team_dag_runs(scene: Scene, _: Difference) -> None:
    scene.changing.wait_for_dags(PRIVATE)
    scene.changing.run(PRIVATE, TEAM_DAG, through_portal=False)


def _is_called_reports(scene: Scene, _: Difference) -> None:
    assert "Reports" in scene.title(PRIVATE)


def _admits_office(scene: Scene, _: Difference) -> None:
    assert scene.admitted_ranges() == {"10.64.0.0/16"}


def _has_certificate(scene: Scene, _: Difference) -> None:
    assert scene.certificate_of_listener() == scene.certificate


def _has_web_acl(scene: Scene, _: Difference) -> None:
    assert scene.web_acl_of_load_balancer() == scene.web_acl


def _is_the_sessions_cookie(scene: Scene, _: Difference) -> None:
    def has_the_name() -> bool:
        scene.sign_in()
        return any(each.startswith(OTHER_COOKIE) for each in scene.person.http.cookies)

    # The load balancer reads its rules now and then.
    wait_until("A session has the other name", has_the_name)


def _person_may_open(scene: Scene, _: Difference) -> None:
    assert scene.links(STRANGER) == {(PUBLIC, "User")}


def _person_may_open_nothing(scene: Scene, difference: Difference) -> None:
    assert scene.links(STRANGER) == set()
    assert [each for each in difference.before.grants - difference.after.grants if STRANGER in each]


def _other_host_answers(scene: Scene, difference: Difference) -> None:
    assert OTHER_HOST in str(difference.after.environments[PRIVATE]["AirflowConfigurationOptions"])
    scene.wait_for_host(OTHER_HOST, "/health", status=200)
    scene.wait_for_host(ui_host(PRIVATE), "/health", status=400)


def _has_endpoints(_: Scene, difference: Difference) -> None:
    assert difference.removed("AWS::EC2::NatGateway")
    new = difference.after.resources.keys() - difference.before.resources.keys()
    assert [each for each in new if each.type == "AWS::EC2::VPCEndpoint"]


def _has_three_zones(scene: Scene, _: Difference) -> None:
    assert len(scene.changing.zones_of_load_balancer()) == 3


def _is_unprotected(scene: Scene, _: Difference) -> None:
    found = scene.client("cloudformation").describe_stacks()["Stacks"]
    assert not [each["StackName"] for each in found if each.get("EnableTerminationProtection")]


def _former_one_runs_on(scene: Scene, difference: Difference) -> None:
    assert {PUBLIC, RENAMED} <= difference.after.environments.keys()
    scene.changing.run(PUBLIC, through_portal=False)
    assert {name for name, _ in scene.links(ADMIN)} == {RENAMED, PRIVATE, ADDED}
    scene.remove_left_stack(f"Env-{PUBLIC}")


def _add(raw: Json, _: Supplies) -> None:
    raw["MwaaEnvironments"].append(
        {"Name": ADDED, "AirflowVersion": "2.10.3", "VpcCIDR": "10.3.0.0/16", "NatGateways": 0}
    )


def _is_offered(scene: Scene, _: Difference) -> None:
    assert ADDED in {name for name, _ in scene.links(ADMIN)}


def _rename(raw: Json, _: Supplies) -> None:
    entry(raw, PUBLIC).update({"Name": RENAMED, "VpcCIDR": "10.9.0.0/16"})
    for grant in raw["Grants"]:
        grant["Environments"] = [
            RENAMED if name == PUBLIC else name for name in grant["Environments"]
        ]


def _grant(raw: Json, _: Supplies) -> None:
    raw["Grants"].append({"User": STRANGER, "Environments": [PUBLIC], "Roles": ["User"]})


def _without_grant(raw: Json, _: Supplies) -> None:
    raw["Grants"] = [each for each in raw["Grants"] if each.get("User") != STRANGER]


ENTRY = NewEnvironment

CHANGES: tuple[Change, ...] = (
    Change(
        words="`EnvironmentClass`: mw1.medium",
        of=(ENTRY, "EnvironmentClass"),
        edit=of_entry("EnvironmentClass", "mw1.medium"),
        check=says(PRIVATE, EnvironmentClass="mw1.medium"),
    ),
    Change(
        words="`MaxWorkers`: 7",
        of=(ENTRY, "MaxWorkers"),
        edit=of_entry("MaxWorkers", 7),
        check=says(PRIVATE, MaxWorkers=7),
    ),
    Change(
        words="`Tags`: one more",
        of=(ENTRY, "Tags"),
        edit=of_entry("Tags", {"team": "reports"}),
        check=_has_tag,
    ),
    Change(
        words="`WeeklyMaintenanceWindowStart`: MON:04:00",
        of=(ENTRY, "WeeklyMaintenanceWindowStart"),
        edit=of_entry("WeeklyMaintenanceWindowStart", "MON:04:00"),
        check=says(PRIVATE, WeeklyMaintenanceWindowStart="MON:04:00"),
    ),
    Change(
        words="`ConfigurationOptions`: one more",
        of=(ENTRY, "ConfigurationOptions"),
        edit=of_entry("ConfigurationOptions", {INSTANCE_NAME: "Reports"}),
        check=_is_called_reports,
    ),
    Change(
        words="`Requirements`: a file with a package",
        of=(ENTRY, "Requirements"),
        edit=lambda raw, scene: of_entry("Requirements", scene.file("requirements.txt"))(
            raw, scene
        ),
    ),
    Change(
        words="`StartupScript`: a script",
        of=(ENTRY, "StartupScript"),
        edit=of_file("StartupScript", "startup.sh"),
    ),
    Change(
        words="`Dags`: a folder, whose DAG needs the package and the script",
        of=(ENTRY, "Dags"),
        edit=of_file("Dags", "dags"),
        check=_team_dag_runs,
    ),
    Change(
        words="`SecretsBackend`: on",
        of=(ENTRY, "SecretsBackend"),
        edit=of_entry("SecretsBackend", {}),
    ),
    Change(
        words="`DagsS3Path`: another folder",
        of=(ENTRY, "DagsS3Path"),
        edit=of_entry("DagsS3Path", OTHER_FOLDER),
        before=lambda scene: scene.copy_dags(PRIVATE, folder=OTHER_FOLDER),
        check=says(PRIVATE, DagS3Path=OTHER_FOLDER),
    ),
    Change(
        words="`AirflowVersion`: 2.10.3 to 2.11.2",
        of=(ENTRY, "AirflowVersion"),
        edit=of_entry("AirflowVersion", "2.11.2"),
        check=says(PRIVATE, AirflowVersion="2.11.2"),
    ),
    Change(
        words="`SourceBucketArn`: a team's bucket",
        of=(ENTRY, "SourceBucketArn"),
        environment=PUBLIC,
        edit=of_entry("SourceBucketArn", f"arn:aws:s3:::{OTHER_BUCKET}", PUBLIC),
        before=lambda scene: scene.copy_dags(PUBLIC, bucket=OTHER_BUCKET),
        check=says(PUBLIC, SourceBucketArn=f"arn:aws:s3:::{OTHER_BUCKET}"),
        leaves=frozenset({"AWS::S3::Bucket"}),
    ),
    Change(
        words="`WebServerAccessMode`: PRIVATE_ONLY",
        of=(ENTRY, "WebServerAccessMode"),
        environment=PUBLIC,
        edit=of_entry("WebServerAccessMode", "PRIVATE_ONLY", PUBLIC),
        check=says(PUBLIC, WebserverAccessMode="PRIVATE_ONLY"),
    ),
    Change(
        words="`NatGateways`: 1 to 0",
        of=(ENTRY, "NatGateways"),
        environment=PUBLIC,
        edit=of_entry("NatGateways", 0, PUBLIC),
        check=_has_endpoints,
    ),
    Change(
        words="`Lineage.Preflight`: off",
        of=(LineageSettings, "Preflight"),
        environment=PUBLIC,
        edit=of_section("Lineage", "Preflight", False),
    ),
    Change(
        words="`Grants`: one more",
        of=(Configuration, "Grants"),
        edit=_grant,
        check=_person_may_open,
    ),
    Change(
        words="`Grants`: one less",
        of=(Configuration, "Grants"),
        edit=_without_grant,
        check=_person_may_open_nothing,
        loses=frozenset({"grant"}),
    ),
    Change(
        words="`Alb.AllowedCidrs`: one range",
        of=(Alb, "AllowedCidrs"),
        edit=of_section("Alb", "AllowedCidrs", ["10.64.0.0/16"]),
        check=_admits_office,
    ),
    Change(
        words="`Alb.CertificateArn`: another certificate",
        of=(Alb, "CertificateArn"),
        edit=lambda raw, scene: raw["Alb"].__setitem__("CertificateArn", scene.certificate),
        check=_has_certificate,
    ),
    Change(
        words="`Alb.WebAclArn`: a web ACL",
        of=(Alb, "WebAclArn"),
        edit=lambda raw, scene: raw["Alb"].__setitem__("WebAclArn", scene.web_acl),
        check=_has_web_acl,
    ),
    Change(
        words="`Alb.SessionCookieName`: another name",
        of=(Alb, "SessionCookieName"),
        edit=of_section("Alb", "SessionCookieName", OTHER_COOKIE),
        check=_is_the_sessions_cookie,
    ),
    Change(
        words="`CustomerVpc.MaxAZs`: 2 to 3",
        of=(CustomerVpc, "MaxAZs"),
        edit=of_section("CustomerVpc", "MaxAZs", 3),
        check=_has_three_zones,
    ),
    Change(
        words="`CustomerVpc.MaxAZs`: 3 to 2",
        of=(CustomerVpc, "MaxAZs"),
        edit=of_section("CustomerVpc", "MaxAZs", 2),
        fails=True,
    ),
    Change(
        words="`UiHost`: another host",
        of=(ENTRY, "UiHost"),
        edit=of_entry("UiHost", OTHER_HOST),
        check=_other_host_answers,
    ),
    Change(
        words="`VpcCIDR`: another range",
        of=(ENTRY, "VpcCIDR"),
        edit=of_entry("VpcCIDR", "10.77.0.0/16"),
        fails=True,
    ),
    Change(
        words="`TerminationProtection`: off",
        of=(Configuration, "TerminationProtection"),
        edit=lambda raw, _: raw.__setitem__("TerminationProtection", False),
        check=_is_unprotected,
    ),
    Change(
        words="`Alb.InternetFacing`: true",
        of=(Alb, "InternetFacing"),
        edit=of_section("Alb", "InternetFacing", True),
        fails=True,
        # The stack Network, which is deployed before, needs no gateway then.
        renews=frozenset(EGRESS),
        way_round=lambda scene, edit: scene.replace_load_balancer(edit),
    ),
    Change(
        words="`KmsKeyArn`: a key of one's own",
        of=(ENTRY, "KmsKeyArn"),
        edit=lambda raw, scene: entry(raw, PRIVATE).__setitem__("KmsKeyArn", scene.key),
        fails=True,
        way_round=lambda scene, edit: scene.remake(PRIVATE, edit),
    ),
    Change(
        words="`MwaaEnvironments`: one more",
        of=(Configuration, "MwaaEnvironments"),
        environment=ADDED,
        edit=_add,
        check=_is_offered,
    ),
    Change(
        words=f"`Name`: {PUBLIC} to {RENAMED}",
        of=(ENTRY, "Name"),
        environment=RENAMED,
        edit=_rename,
        check=_former_one_runs_on,
        loses=frozenset({"grant"}),
    ),
)
