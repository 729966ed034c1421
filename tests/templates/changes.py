"""A change of every key of the file: configurations that have them, and another value for each."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from config.alarms import Alarms, AlarmTopic, EnvironmentAlarms
from config.alb import Alb
from config.authenticator import Authenticator, Decision, Statement
from config.connectivity import Connectivity
from config.deployers import Deployers, GitHub, GitLab
from config.environments import ExistingEnvironment
from config.execution_role import ExecutionRole
from config.existing import Existing
from config.given_vpc import GivenSubnet, GivenVpc
from config.grants import Grant
from config.lineage.atlan import Atlan
from config.lineage.datahub import DataHub
from config.lineage.datazone import DataZone
from config.lineage.marquez import Marquez
from config.lineage.openlineage import OpenLineage
from config.lineage.openmetadata import OpenMetadata
from config.lineage.settings import LineageDefaults, LineageSettings
from config.log_retention import LogRetentionDays
from config.model import Configuration
from config.network import CustomerVpc
from config.new_environment import NewEnvironment
from config.oidc import Oidc
from config.pipeline import Pipeline
from config.quick_start import QuickStart
from config.roles import Roles
from config.secrets_backend import SecretNames, SecretsBackend
from config.section import Section
from config.ui_gate import UiGate
from tests.templates.synthesis import Json, raw_sample

ARN = "arn:aws:{}:us-east-1:111122223333:{}"
SECRET, OTHER_SECRET = (ARN.format("secretsmanager", f"secret:{name}-AbCdEf") for name in "ab")
CERTIFICATE = ARN.format("acm", "certificate/99992222-3333-4444-5555-666677778888")
KEY = ARN.format("kms", "key/99992222-3333-4444-5555-666677778888")
WEB_ACL = ARN.format("wafv2", "regional/webacl/other/99992222-3333-4444-5555-666677778888")
TOPIC, OTHER_TOPIC = (ARN.format("sns", name) for name in ("on-call", "lake"))
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0aaaaaaaaaaaaaaa0"]

Step = str | int


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Changes of a section's keys.

    - `base`: a configuration that has the section, at the place `at`.
    - `values`: another value for each key; None takes it out.
    - `also`: for a key, others that change with it, because one without the other is refused.
    - `in_own_stack`: whether the keys, but those that are changed `alone`, reach no stack but that
      of their new environment: then all are changed at once, each in another environment.
    """

    section: type[Section]
    base: Json
    at: tuple[Step, ...]
    values: Mapping[str, Any]
    also: Mapping[str, Json] = field(default_factory=dict)
    in_own_stack: bool = False
    alone: frozenset[str] = frozenset()

    @property
    def together(self) -> list[str]:
        """The keys that are changed at once."""
        return sorted(self.values.keys() - self.alone) if self.in_own_stack else []

    def changed(self, key: str) -> Json:
        """The configuration with another value of a key."""
        raw = copy.deepcopy(self.base)
        self._change(raw, key, self.at)
        return raw

    def all_together(self) -> tuple[Json, Json]:
        """The configuration with an environment for each key of `together`, and all changed."""
        before = copy.deepcopy(self.base)
        entry, rest = before["MwaaEnvironments"][0], self.at[len(NEW) :]
        before["MwaaEnvironments"] = [
            copy.deepcopy({**entry, "Name": key, "VpcCIDR": f"10.{number}.0.0/16"})
            for number, key in enumerate(self.together, start=1)
        ]
        for each in before["MwaaEnvironments"]:
            each.pop("UiHost")
        after = copy.deepcopy(before)
        for number, key in enumerate(self.together):
            self._change(after, key, ("MwaaEnvironments", number, *rest))
        return before, after

    def _change(self, raw: Json, key: str, at: tuple[Step, ...]) -> None:
        entry: Any = raw
        for step in at:
            entry = entry[step]
        for name, value in {key: self.values[key], **self.also.get(key, {})}.items():
            if value is None:
                entry.pop(name, None)
            else:
                entry[name] = value


def _base() -> Json:
    raw = raw_sample("one-new")
    raw["Alb"] |= {"InternetFacing": True, "AllowedCidrs": ["203.0.113.0/24"]}
    raw["Alb"]["UiHostedZoneId"] = "Z9876543210JIHGFEDCBA"
    raw["MwaaEnvironments"] = [
        {
            "Name": "lake",
            "AirflowVersion": "2.10.3",
            "VpcCIDR": "10.1.0.0/16",
            "PublicSubnetMask": 20,
            "PrivateSubnetMask": 19,
            "UiHost": "lake.airflow.example.net",
        },
        {
            "Name": "finance",
            "AirflowVersion": "2.10.3",
            "UiHost": "finance.airflow.example.net",
        },
    ]
    raw["Grants"] = [{"User": "a@example.com", "Environments": "*", "Roles": ["User"]}]
    return raw


def _existing() -> Json:
    """The base without its new environment, which is half of a synthesis."""
    raw = _base()
    del raw["MwaaEnvironments"][0]
    return raw


def _internal() -> Json:
    """The load balancer in private subnets, and no room behind them."""
    raw = {**_base(), "CustomerVpc": {"PublicSubnetMask": 20, "PrivateSubnetMask": 19}}
    raw["Alb"]["InternetFacing"] = False
    return raw


def _with(entry: Json, **sections: Any) -> Json:
    """The base with other keys of its new environment."""
    raw = {**_base(), **sections}
    raw["MwaaEnvironments"][0] |= entry
    return raw


def _catalogue(**keys: Any) -> Json:
    return _with({"Lineage": {"Catalogues": [keys]}})


NEW = ("MwaaEnvironments", 0)
AT_EXISTING = ("MwaaEnvironments", 0, "Lineage", "Catalogues", 0)
CATALOGUE = (*NEW, "Lineage", "Catalogues", 0)
ATLAN = {"Provider": "Atlan", "Url": "https://example.atlan.com"}
MARQUEZ = {"Provider": "Marquez", "Url": "http://marquez.internal:5000"}
HTTP = {"Url": "https://other.example.com", "TokenSecretArn": SECRET, "TokenField": "token"}
TOKEN = {"TokenField": {"TokenSecretArn": SECRET}}
ANOTHER_PROVIDER: Json = {
    "Url": "https://lineage.example.com",
    "TokenSecretArn": None,
    "TokenField": None,
    "Authentication": None,
}
DECISION = {"Module": "decisions/by_group_name.py"}
POLICY, OTHER_POLICY = (f"arn:aws:iam::111122223333:policy/{name}" for name in "ab")
ROLE = "arn:aws:iam::111122223333:role/airflow"
STATEMENT = {"Action": ["dynamodb:GetItem"], "Resource": [ARN.format("dynamodb", "table/duty")]}
NAMED_VPC = raw_sample("one-new-in-a-named-vpc")
CERTIFIED = copy.deepcopy(NAMED_VPC)
CERTIFIED["Alb"]["CertificateArn"] = ARN.format("acm", "certificate/1111")


GIVEN_VPC: Json = {
    "VpcId": "vpc-0aaaaaaaaaaaaaaa1",
    "VpcCIDR": "10.30.0.0/16",
    "Subnets": [
        {
            "SubnetId": f"subnet-0aaaaaaaaaaaaaaa{number}",
            "SubnetCIDR": f"10.30.{number}.0/24",
            "AvailabilityZone": f"us-east-1{zone}",
            "RouteTableId": f"rtb-0aaaaaaaaaaaaaaa{number}",
        }
        for number, zone in enumerate("ab", start=1)
    ],
    "InternetAccess": False,
    "OwnsInterfaceEndpoints": True,
}
OTHER_SUBNETS = [
    {
        **each,
        "SubnetId": f"subnet-0bbbbbbbbbbbbbbb{number}",
        "RouteTableId": f"rtb-0bbbbbbb{number}",
    }
    for number, each in enumerate(GIVEN_VPC["Subnets"])
]


def _given() -> Json:
    """The base with its new environment in an existing VPC."""
    raw = _base()
    raw["MwaaEnvironments"][0] = {
        "Name": "lake",
        "AirflowVersion": "2.10.3",
        "UiHost": "lake.airflow.example.net",
        "Vpc": copy.deepcopy(GIVEN_VPC),
    }
    return raw


def _watched(raw: Json) -> Json:
    """A configuration, with alarms that send, and every environment with alarms of its own."""
    environments = [{**each, "Alarms": {"Enabled": True}} for each in raw["MwaaEnvironments"]]
    return {**raw, "Alarms": {"TopicArn": TOPIC}, "MwaaEnvironments": environments}


def _open_metadata(version: str, **keys: Any) -> Json:
    url = "https://openmetadata.example.com:8585"
    return _catalogue(Provider="OpenMetadata", Url=url, Version=version, **keys)


def _authentication(**keys: Any) -> Json:
    """An existing environment with an old server, the only one that is not entered by JWT."""
    raw = _existing()
    raw["MwaaEnvironments"][0] |= {
        "AirflowVersion": "2.5.1",
        "Lineage": {
            "Catalogues": [
                {
                    "Provider": "OpenMetadata",
                    "Url": "https://openmetadata.example.com:8585",
                    "Version": "1.1.7",
                    "TokenSecretArn": SECRET,
                    **keys,
                }
            ]
        },
    }
    return raw


OPEN_METADATA_AT_AUTH0 = _authentication(
    Authentication="Auth0", ClientId="a", Domain="a.example.com"
)
OPEN_METADATA_AT_OKTA = _authentication(
    Authentication="Okta",
    ClientId="a",
    OrgUrl="https://a.example.com",
    Email="a@example.com",
    Scopes=["a"],
)
OPEN_METADATA_AT_AZURE = _authentication(
    Authentication="Azure", ClientId="a", Authority="https://a.example.com", Scopes=["a"]
)
OPEN_METADATA_AT_OWN = _authentication(
    Authentication="CustomOidc", ClientId="a", TokenEndpoint="https://a.example.com"
)
OPEN_METADATA_AT_GOOGLE = _authentication(Authentication="Google", Audience="a")
TRANSIT_GATEWAY, OTHER_TRANSIT_GATEWAY = (
    {"Way": "TransitGateway", "TransitGatewayId": f"tgw-0123456789abcde{end}"} for end in "ab"
)
FACTS = {
    "VpcId": "vpc-0123456789abcdef0",
    "VpcCIDR": "10.40.0.0/16",
    "RouteTableIds": ["rtb-0123456789abcdef0"],
    "SecurityGroupId": "sg-0123456789abcdef0",
}


def _joined(**more: Any) -> Json:
    """An existing environment with facts."""
    raw = _existing()
    raw["MwaaEnvironments"][0]["Existing"] = {**FACTS, **more}
    return raw


GITHUB = {"Repository": "example/platform"}
OIDC_PROVIDER = "arn:aws:iam::111122223333:oidc-provider"


def _deployed_by(**host: Json) -> Json:
    """An existing environment, and the roles of a repository."""
    return {**_existing(), "Deployers": host}


CHANGES = (
    Changes(
        section=Configuration,
        base=_with({}, Lineage={**ATLAN}),
        at=(),
        values={
            "AppName": "other",
            "TerminationProtection": False,
            "Tags": {"owner": "data"},
            "Roles": {"Path": "/data/", "NamePrefix": "a-"},
            "Connectivity": TRANSIT_GATEWAY,
            "Oidc": {**_base()["Oidc"], "ClientId": "other"},
            "Alb": {**_base()["Alb"], "SessionTimeoutHours": 2},
            "Authenticator": {"ReservedConcurrency": 5},
            "CustomerVpc": {"VpcCIDR": "10.9.0.0/16"},
            "QuickStart": {
                **raw_sample("quick-start")["QuickStart"],
                "ClientId": "quick-start",
                "ClientSecretArn": SECRET,
            },
            "UiGate": raw_sample("gated-hosts")["UiGate"],
            "Deployers": {"GitHub": GITHUB},
            "Pipeline": raw_sample("deployed-by-codepipeline")["Pipeline"],
            "Alarms": {"Notify": False},
            "AlarmTopic": {},
            "Lineage": MARQUEZ,
            "MwaaEnvironments": [
                *_with({"Lineage": {**ATLAN}})["MwaaEnvironments"],
                {"Name": "marketing"},
            ],
            "Grants": [],
        },
        also={
            "QuickStart": {
                "Alb": {**_base()["Alb"], "CertificateArn": CERTIFICATE},
            },
        },
    ),
    Changes(
        section=Oidc,
        base=_existing(),
        at=("Oidc",),
        values={
            "Issuer": "https://other.example.com",
            "ClientId": "other",
            "ClientSecretArn": OTHER_SECRET,
            "AuthorizationEndpoint": "https://other.example.com/authorize",
            "TokenEndpoint": "https://other.example.com/token",
            "UserInfoEndpoint": "https://other.example.com/userinfo",
            "EndSessionEndpoint": "https://other.example.com/logout",
            "Scope": "openid email groups",
            "GroupsClaim": "roles",
            "GroupPaths": True,
            "GroupsAsText": True,
            "RequireVerifiedEmail": False,
        },
    ),
    Changes(
        section=Alb,
        base=_base(),
        at=("Alb",),
        values={
            "InternetFacing": False,
            "SessionCookieName": "other",
            "DomainName": "other.example.com",
            "HostedZoneId": "Z1111111111111111111",
            "UiHostedZoneId": "Z1111111111111111111",
            "CertificateArn": CERTIFICATE,
            "WebAclArn": WEB_ACL,
            "LogBucketArn": "arn:aws:s3:::other-logs",
            "LogBucketPrefix": "other",
            "AllowedCidrs": ["198.51.100.0/24"],
            "SessionTimeoutHours": 2,
            "PublicKeyEndpoint": "https://keys.example.com",
        },
    ),
    Changes(
        section=Alb,
        base=_base(),
        at=("Alb",),
        values={"HostedZoneId": None, "UiHostedZoneId": None},
        also={"HostedZoneId": {"UiHostedZoneId": None, "CertificateArn": CERTIFICATE}},
    ),
    Changes(
        section=Alb,
        base=CERTIFIED,
        at=("Alb",),
        values={
            "VpcId": "vpc-0aaaaaaaaaaaaaaa0",
            "SubnetIds": SUBNETS,
            "VpcCIDR": "10.21.0.0/16",
            "RouteTableIds": ["rtb-0123456789abcdef0"],
            "CertificateArn": CERTIFICATE,
        },
        also={"VpcId": {"SubnetIds": SUBNETS}},
    ),
    Changes(
        section=Authenticator,
        base=_existing() | {"Authenticator": {"ReservedConcurrency": 5}},
        at=("Authenticator",),
        values={"ReservedConcurrency": 9, "Decision": DECISION},
    ),
    Changes(
        section=Decision,
        base=_existing() | {"Authenticator": {"Decision": DECISION}},
        at=("Authenticator", "Decision"),
        values={
            # The function's packages and modules are left out of these templates.
            "Module": "./decisions/by_group_name.py",
            "Statements": [STATEMENT],
            "Variables": {"DECISION_A": "a"},
        },
    ),
    Changes(
        section=Statement,
        base=_existing() | {"Authenticator": {"Decision": {**DECISION, "Statements": [STATEMENT]}}},
        at=("Authenticator", "Decision", "Statements", 0),
        values={
            "Effect": "Allow",
            "Action": ["dynamodb:Query"],
            "Resource": [ARN.format("dynamodb", "table/other")],
            "Condition": {"StringEquals": {"aws:ResourceAccount": "111122223333"}},
        },
    ),
    Changes(
        section=CustomerVpc,
        base=_internal(),
        at=("CustomerVpc",),
        values={
            "VpcCIDR": "10.9.0.0/16",
            "MaxAZs": 3,
            "NatGateways": 0,
            "PublicSubnetMask": 21,
            "PrivateSubnetMask": 20,
            "AWSServiceRoleForAutoScalingArn": "arn:aws:iam::111122223333:role/any",
        },
    ),
    Changes(
        section=QuickStart,
        base={
            **(quick_start := raw_sample("quick-start")),
            "QuickStart": {
                **quick_start["QuickStart"],
                "ClientId": "quick-start",
                "ClientSecretArn": SECRET,
            },
        },
        at=("QuickStart",),
        values={
            "VpcId": "vpc-0aaaaaaaaaaaaaaa0",
            "SubnetIds": SUBNETS,
            "SecurityGroupId": "sg-0123456789abcdef0",
            "MwaaEnvironmentName": "other",
            "RbacRoleName": "User",
            "MwaaEndpointIps": ["10.4.0.10", "10.4.1.10"],
            "ClientId": "other",
            "ClientSecretArn": OTHER_SECRET,
        },
    ),
    Changes(
        section=UiGate,
        base=raw_sample("gated-hosts"),
        at=("UiGate",),
        values={
            "ClientId": "other",
            "ClientSecretArn": OTHER_SECRET,
            "CertificateArn": CERTIFICATE,
            "SessionTimeoutHours": 2,
        },
    ),
    Changes(
        section=Deployers,
        base=_deployed_by(GitHub=GITHUB),
        at=("Deployers",),
        values={"GitHub": {**GITHUB, "Branch": "other"}, "GitLab": {"Project": "example/data"}},
        also={"GitLab": {"GitHub": None}},
    ),
    Changes(
        section=GitHub,
        base=_deployed_by(GitHub={**GITHUB, "OwnerId": 1, "RepositoryId": 2}),
        at=("Deployers", "GitHub"),
        values={
            "Repository": "example/other",
            "OwnerId": 3,
            "RepositoryId": 4,
            "Environment": "other",
            "Branch": "other",
            "OidcProviderArn": f"{OIDC_PROVIDER}/token.actions.githubusercontent.com",
        },
    ),
    Changes(
        section=GitLab,
        base=_deployed_by(GitLab={"Project": "example/platform"}),
        at=("Deployers", "GitLab"),
        values={
            "Host": "gitlab.example.com",
            "Project": "example/other",
            "Branch": "other",
            "OidcProviderArn": f"{OIDC_PROVIDER}/gitlab.com",
        },
    ),
    Changes(
        section=Pipeline,
        base=raw_sample("deployed-by-codepipeline"),
        at=("Pipeline",),
        values={
            "ConnectionArn": ARN.format(
                "codeconnections", "connection/99992222-3333-4444-5555-666677778888"
            ),
            "Repository": "example/other",
            "Branch": "release",
            "Approval": False,
        },
    ),
    Changes(
        section=Connectivity,
        base=_with({}, Connectivity=TRANSIT_GATEWAY),
        at=("Connectivity",),
        values={
            "Way": "VpcPeering",
            "TransitGatewayId": OTHER_TRANSIT_GATEWAY["TransitGatewayId"],
        },
        also={"Way": {"TransitGatewayId": None}},
    ),
    Changes(
        section=Existing,
        base=_joined(),
        at=("MwaaEnvironments", 0, "Existing"),
        values={
            "VpcId": "vpc-0aaaaaaaaaaaaaaa0",
            "VpcCIDR": "10.41.0.0/16",
            "RouteTableIds": ["rtb-0aaaaaaaaaaaaaaa0"],
            "SecurityGroupId": "sg-0aaaaaaaaaaaaaaa0",
            "WebServerAccessMode": "PUBLIC_ONLY",
            "SecretsBackend": {},
        },
    ),
    Changes(
        section=SecretNames,
        base=_joined(SecretsBackend={}),
        at=("MwaaEnvironments", 0, "Existing", "SecretsBackend"),
        values={
            "Service": "ParameterStore",
            "ConnectionsPrefix": "other/connections",
            "VariablesPrefix": "other/variables",
            "ConfigPrefix": "other/config",
            "KmsKeyArn": KEY,
        },
    ),
    Changes(
        section=ExistingEnvironment,
        base=_joined(),
        at=("MwaaEnvironments", 0),
        values={"Connectivity": TRANSIT_GATEWAY},
    ),
    Changes(
        section=ExistingEnvironment,
        base=_base(),
        at=("MwaaEnvironments", 1),
        values={
            "Name": "other",
            "Description": "Other",
            "UiHost": "other.airflow.example.net",
            "UiPriority": 0,
            "Wave": 2,
            "AirflowVersion": "3.0.6",
            "WebServerAccessMode": "PRIVATE_ONLY",
            "Existing": FACTS,
            "Alarms": {"Enabled": True},
            "Lineage": MARQUEZ,
            "Requirements": "team/requirements.txt",
            "Plugins": "team/plugins",
        },
        also={key: {"Lineage": MARQUEZ} for key in ("Requirements", "Plugins")},
    ),
    Changes(
        section=NewEnvironment,
        base=_base(),
        at=NEW,
        in_own_stack=True,
        alone=frozenset(
            {
                "Name",
                "Description",
                "UiHost",
                "UiPriority",
                "VpcCIDR",
                "Vpc",
                "AirflowVersion",
                "WebServerAccessMode",
                "Connectivity",
            }
        ),
        values={
            "Name": "other",
            "Description": "Other",
            "UiHost": "other.airflow.example.net",
            "UiPriority": 0,
            "Alarms": {"Enabled": False},
            "Vpc": GIVEN_VPC,
            "Wave": 2,
            "VpcCIDR": "10.2.0.0/16",
            "MaxAZs": 3,
            "NatGateways": 0,
            "PublicSubnetMask": 21,
            "PrivateSubnetMask": 20,
            "AWSServiceRoleForAutoScalingArn": "arn:aws:iam::111122223333:role/any",
            "EnvironmentClass": "mw1.medium",
            "AirflowVersion": "2.11.2",
            "SourceBucketArn": "arn:aws:s3:::other-dags",
            "DagsS3Path": "other",
            "RequirementsS3Path": "other.txt",
            "RequirementsS3ObjectVersion": "abc",
            "Lineage": MARQUEZ,
            "Requirements": "team/requirements.txt",
            "Plugins": "team/plugins",
            "Dags": "team/dags",
            "StartupScript": "team/startup.sh",
            "Wheels": "team/wheels",
            "SecretsBackend": {},
            "ExecutionRole": {"Policy": "team/policy.json"},
            "MinWorkers": 2,
            "MaxWorkers": 12,
            "Schedulers": 3,
            "MinWebservers": 3,
            "MaxWebservers": 3,
            **{
                f"{of}LogsLevel": "DEBUG"
                for of in ("DagProcessing", "Scheduler", "Task", "Webserver", "Worker")
            },
            "LogRetentionDays": {"Task": 365},
            "WebServerAccessMode": "PUBLIC_ONLY",
            "AllowedCidrs": ["10.100.0.0/16"],
            "Connectivity": TRANSIT_GATEWAY,
            "KmsKeyArn": KEY,
            "WeeklyMaintenanceWindowStart": "MON:04:00",
            "WorkerReplacementStrategy": "GRACEFUL",
            "ConfigurationOptions": {"core.parallelism": "64"},
            "TerminationProtection": False,
            "Tags": {"team": "lake"},
        },
        also={
            "Name": {"VpcCIDR": "10.2.0.0/16"},
            "Vpc": dict.fromkeys(("VpcCIDR", "PublicSubnetMask", "PrivateSubnetMask")),
            "RequirementsS3Path": {"SourceBucketArn": "arn:aws:s3:::dags-with-requirements"},
            "RequirementsS3ObjectVersion": {
                "SourceBucketArn": "arn:aws:s3:::dags-with-a-version",
                "RequirementsS3Path": "other.txt",
            },
            "Wheels": {"Requirements": "team/requirements-without-internet.txt"},
            "WebServerAccessMode": {"UiHost": None},
        },
    ),
    Changes(
        section=Alarms,
        base=_watched(_existing()),
        at=("Alarms",),
        values={
            "Enabled": False,
            "Notify": False,
            "Dashboard": False,
            "TopicArn": OTHER_TOPIC,
            "RunbookUrl": "https://example.com/other/alarms.md",
            "Off": ["denials"],
            "Thresholds": {"denials": 20, "worker-cpu": 80},
            "EvaluationPeriods": {"denials": 2},
            "DatapointsToAlarm": {"identity-provider-errors": 1},
        },
    ),
    Changes(
        section=EnvironmentAlarms,
        base=_watched(_base()),
        at=(*NEW, "Alarms"),
        in_own_stack=True,
        values={
            "Enabled": False,
            "Notify": False,
            "Dashboard": False,
            "TopicArn": OTHER_TOPIC,
            "Off": ["import-errors"],
            "Thresholds": {"worker-cpu": 80},
            "EvaluationPeriods": {"worker-cpu": 2},
            "DatapointsToAlarm": {"worker-cpu": 5},
        },
    ),
    Changes(
        section=LogRetentionDays,
        base=_with({"LogRetentionDays": {"Task": 90}}),
        at=(*NEW, "LogRetentionDays"),
        in_own_stack=True,
        values={
            "DagProcessing": 30,
            "Scheduler": 365,
            "Task": 7,
            "WebServer": 14,
            "Worker": 3653,
        },
    ),
    Changes(
        section=AlarmTopic,
        base={**_existing(), "AlarmTopic": {}},
        at=("AlarmTopic",),
        values={"Emails": ["other@example.com"]},
    ),
    Changes(
        section=GivenVpc,
        base=_given(),
        at=(*NEW, "Vpc"),
        values={
            "VpcId": "vpc-0bbbbbbbbbbbbbbb1",
            "VpcCIDR": "10.30.0.0/17",
            "Subnets": OTHER_SUBNETS,
            "SecurityGroupIds": ["sg-0123456789abcdef0"],
            "InternetAccess": True,
            "OwnsInterfaceEndpoints": False,
        },
        also={"VpcId": {"Subnets": OTHER_SUBNETS}},
    ),
    Changes(
        section=GivenSubnet,
        base=_given(),
        at=(*NEW, "Vpc", "Subnets", 0),
        values={
            "SubnetId": "subnet-0bbbbbbbbbbbbbbb0",
            "SubnetCIDR": "10.30.1.0/25",
            "AvailabilityZone": "us-east-1c",
            "RouteTableId": "rtb-0bbbbbbbbbbbbbbb0",
        },
    ),
    Changes(
        section=Roles,
        base={**_with({}), "Roles": {"Path": "/a/", "NamePrefix": "a-"}},
        at=("Roles",),
        values={"PermissionsBoundaryArn": POLICY, "Path": "/b/", "NamePrefix": "b-"},
    ),
    Changes(
        section=ExecutionRole,
        base=_with({"ExecutionRole": {}}),
        at=(*NEW, "ExecutionRole"),
        in_own_stack=True,
        values={
            "Arn": ROLE,
            "ManagedPolicyArns": [POLICY],
            "Policy": "team/policy.json",
            "PermissionsBoundaryArn": OTHER_POLICY,
        },
    ),
    Changes(
        section=SecretsBackend,
        base=_with({"SecretsBackend": {}}),
        at=(*NEW, "SecretsBackend"),
        in_own_stack=True,
        values={
            "Service": "ParameterStore",
            "ConnectionsPrefix": "other/connections",
            "VariablesPrefix": "other/variables",
            "ConfigPrefix": "other/config",
            "KmsKeyArn": KEY,
        },
    ),
    Changes(
        section=LineageDefaults,
        base={**_base(), "Lineage": {"Catalogues": [ATLAN]}},
        at=("Lineage",),
        values={"TokenCacheSeconds": 60, "Preflight": True, "Catalogues": [MARQUEZ]},
    ),
    Changes(
        section=LineageSettings,
        base=_catalogue(**ATLAN),
        at=(*NEW, "Lineage"),
        in_own_stack=True,
        values={
            "TokenCacheSeconds": 60,
            "Preflight": True,
            "Catalogues": [MARQUEZ],
            "Connection": "other",
        },
    ),
    Changes(
        section=Atlan,
        base=_catalogue(**ATLAN),
        at=CATALOGUE,
        in_own_stack=True,
        values={"Provider": "DataHub", **HTTP},
        also=TOKEN,
    ),
    Changes(
        section=DataHub,
        base=_catalogue(Provider="DataHub", Url="https://datahub.example.com"),
        at=CATALOGUE,
        in_own_stack=True,
        values={"Provider": "Atlan", **HTTP},
        also=TOKEN,
    ),
    Changes(
        section=Marquez,
        base=_catalogue(
            Provider="Marquez", Url="https://marquez.example.com", Authentication="Token"
        ),
        at=CATALOGUE,
        in_own_stack=True,
        values={"Provider": "DataHub", **HTTP, "Authentication": "None"},
        also={**TOKEN, "Provider": ANOTHER_PROVIDER},
    ),
    Changes(
        section=OpenLineage,
        base=_catalogue(
            Provider="OpenLineage", Url="https://lineage.example.com", Authentication="ApiKey"
        ),
        at=CATALOGUE,
        in_own_stack=True,
        values={
            "Provider": "DataHub",
            **HTTP,
            "Endpoint": "v1/events",
            "Authentication": "Token",
            "ApiKeyHeader": "X-Other",
        },
        also={**TOKEN, "Provider": ANOTHER_PROVIDER},
    ),
    Changes(
        section=OpenMetadata,
        base=_open_metadata("1.10.14"),
        at=CATALOGUE,
        in_own_stack=True,
        values={
            "Provider": "DataHub",
            **HTTP,
            "Version": "1.10.13",
            "ServiceName": "other",
        },
        also={**TOKEN, "Provider": {"Version": None}},
    ),
    Changes(
        section=OpenMetadata,
        base=OPEN_METADATA_AT_AUTH0,
        at=AT_EXISTING,
        values={"Authentication": "JWT", "ClientId": "b", "Domain": "b.example.com"},
        also={"Authentication": {"ClientId": None, "Domain": None}},
    ),
    Changes(
        section=OpenMetadata,
        base=OPEN_METADATA_AT_OKTA,
        at=AT_EXISTING,
        values={"OrgUrl": "https://b.example.com", "Email": "b@example.com", "Scopes": ["b"]},
    ),
    Changes(
        section=OpenMetadata,
        base=OPEN_METADATA_AT_AZURE,
        at=AT_EXISTING,
        values={"Authority": "https://b.example.com"},
    ),
    Changes(
        section=OpenMetadata,
        base=OPEN_METADATA_AT_OWN,
        at=AT_EXISTING,
        values={"TokenEndpoint": "https://b.example.com"},
    ),
    Changes(
        section=OpenMetadata,
        base=OPEN_METADATA_AT_GOOGLE,
        at=AT_EXISTING,
        values={"Audience": "b"},
    ),
    Changes(
        section=DataZone,
        base=_with(
            {
                "AirflowVersion": "3.3.1",
                "Lineage": {"Catalogues": [{"Provider": "DataZone", "DomainId": "dzd-a"}]},
            }
        ),
        at=CATALOGUE,
        in_own_stack=True,
        values={
            "Provider": "Atlan",
            "DomainId": "dzd-b",
            "Region": "us-west-2",
            "KmsKeyArn": KEY,
        },
        also={"Provider": {"DomainId": None, "Url": "https://example.atlan.com"}},
    ),
    Changes(
        section=Grant,
        base=_existing(),
        at=("Grants", 0),
        values={
            "User": "b@example.com",
            "Subject": "b",
            "Group": "b",
            "Environments": ["finance"],
            "Roles": ["Viewer"],
            "Expires": "2099-12-31",
        },
        also={"Subject": {"User": None}, "Group": {"User": None}},
    ),
)
