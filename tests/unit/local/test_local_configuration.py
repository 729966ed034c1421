"""Changes that a local run makes to the user's configuration."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from config.loader import parse_configuration
from local.airflow_specs import airflow_specs
from local.layout import ROOT, Layout
from local.local_configuration import CLIENT_ID, OWN_CLIENTS, local_configuration
from local.pins import locked_versions
from local.prerequisites import Prerequisites, Vpc
from local.users import access_by_user, claims_by_user, groups_by_user

LAYOUT = Layout(state=Path("state"), ports={"aws": 1, "alb": 2, "idp": 3, "lineage": 4})


def test_nothing_points_at_the_internet_or_at_an_aws_account(tmp_path: Path) -> None:
    local = local_configuration(
        {
            "Oidc": {"Issuer": "https://idp.example.com", "ClientSecretArn": "..."},
            "Alb": {
                "CertificateArn": "...",
                "LogBucketArn": "arn:aws:s3:::logs",
                "DomainName": "airflow.example.com",
                "WebAclArn": "arn:aws:wafv2:...",
            },
            "Roles": {"PermissionsBoundaryArn": "arn:...", "NamePrefix": "acme-"},
            "Deployers": {"GitLab": {"Project": "a/b", "OidcProviderArn": "arn:..."}, "GitHub": 1},
            "Lineage": {"Provider": "Atlan", "Url": "https://acme.example.com"},
            "MwaaEnvironments": [
                {
                    "Name": "analytics",
                    "SourceBucketArn": "arn:aws-us-gov:s3:::dags",
                    "RequirementsS3Path": "requirements.txt",
                    "UiHost": "analytics.example.com",
                    "SecretsBackend": {"VariablesPrefix": "team", "KmsKeyArn": "arn:aws:kms:..."},
                    "ExecutionRole": {"Policy": "may.json", "ManagedPolicyArns": ["arn:..."]},
                },
            ],
        },
        layout=LAYOUT,
        folder=tmp_path,
    )
    assert "example.com" not in str(local)
    assert not {"LogBucketArn", "WebAclArn"} & local["Alb"].keys()
    assert local["Alb"]["DomainName"] == "localhost"
    assert local["MwaaEnvironments"][0]["UiHost"] == "ui-analytics.localhost"
    assert local["MwaaEnvironments"][0]["SourceBucketArn"] == "arn:aws:s3:::dags"
    assert "RequirementsS3Path" not in local["MwaaEnvironments"][0]
    assert local["MwaaEnvironments"][0]["SecretsBackend"] == {"VariablesPrefix": "team"}
    assert local["MwaaEnvironments"][0]["ExecutionRole"] == {"Policy": str(tmp_path / "may.json")}
    assert local["Roles"] == {"NamePrefix": "acme-"}
    assert local["Deployers"] == {"GitLab": {"Project": "a/b"}, "GitHub": 1}
    assert local["Lineage"]["Url"] == "https://localhost:4"
    assert local["Oidc"]["TokenEndpoint"].startswith("https://localhost:3/")


def test_each_catalogue_is_the_lineage_endpoint_under_its_own_path(tmp_path: Path) -> None:
    secret = {"TokenSecretArn": "arn:aws:secretsmanager:...", "TokenField": "token"}
    catalogues = [
        {"Provider": "Atlan", "Url": "...", **secret},
        {"Provider": "OpenLineage", "Url": "https://events.example.com/team/", **secret},
        {"Provider": "DataZone", "DomainId": "dzd-0123456789abc"},
        "Marquez",
    ]
    entry = {"Name": "analytics", "Lineage": {"Connection": "prod", "Catalogues": catalogues}}
    local = local_configuration(
        {"MwaaEnvironments": [entry]}, layout=LAYOUT, folder=tmp_path, prerequisites=EXISTING
    )
    made = {"TokenSecretArn": "arn:lineage"}
    assert local["MwaaEnvironments"][0]["Lineage"] == {
        "Connection": "prod",
        "Catalogues": [
            {"Provider": "Atlan", "Url": "https://localhost:4", **made},
            {"Provider": "OpenLineage", "Url": "https://localhost:4/team/", **made},
            {"Provider": "DataZone", "DomainId": "dzd-0123456789abc"},
            "Marquez",
        ],
    }


def test_what_the_user_decided_stays(tmp_path: Path) -> None:
    raw = {
        "AppName": "data",
        "Alb": {"SessionTimeoutHours": 4},
        "Grants": [{"User": "admin@example.com", "Environments": ["*"], "Roles": ["Admin"]}],
        "MwaaEnvironments": [{"Name": "analytics", "EnvironmentClass": "mw1.large", "Typo": 1}],
        "availability-zones:account=1:region=us-east-1": ["us-east-1a"],
    }
    local = local_configuration(raw, layout=LAYOUT, folder=tmp_path)
    assert local["Alb"]["SessionTimeoutHours"] == 4
    for key in ("AppName", "Grants", "MwaaEnvironments"):
        assert local[key] == raw[key]
    assert "Lineage" not in local


@pytest.mark.parametrize("key", ["Requirements", "Plugins", "Dags", "StartupScript", "Wheels"])
def test_a_local_file_is_found_from_the_folder_of_the_configuration(
    tmp_path: Path, key: str
) -> None:
    entry = {"Name": "analytics", key: "team/file"}
    local = local_configuration({"MwaaEnvironments": [entry]}, layout=LAYOUT, folder=tmp_path)
    assert local["MwaaEnvironments"][0][key] == str(tmp_path / "team" / "file")


def test_a_decisions_module_is_found_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    section = {"ReservedConcurrency": 5, "Decision": {"Module": "team/own.py", "Variables": {}}}
    local = local_configuration({"Authenticator": section}, layout=LAYOUT, folder=tmp_path)
    module = str(tmp_path / "team" / "own.py")
    assert local["Authenticator"]["Decision"] == {"Module": module, "Variables": {}}
    assert local["Authenticator"]["ReservedConcurrency"] == 5


def test_who_may_enter_is_left_to_a_decision() -> None:
    raw = json.loads((ROOT / "samples" / "own-decision.json").read_text())
    raw["Grants"] = [{"User": "ada@example.com", "Environments": "*", "Roles": "Op"}]
    configuration = parse_configuration(raw, source=ROOT / "samples" / "file.json")
    assert access_by_user(groups_by_user(configuration.grants), configuration) == {
        "ada@example.com": "what by_group_name.py decides",
        "stranger@example.com": "what by_group_name.py decides",
    }


def test_a_user_for_a_subject_and_groups_in_the_form_of_the_configuration() -> None:
    raw = json.loads((ROOT / "samples" / "existing.json").read_text())
    name = raw["MwaaEnvironments"][0]["Name"]
    raw["Oidc"]["GroupPaths"] = True
    raw["Grants"] = [
        {"Subject": "00uAbC", "Environments": name, "Roles": "Op"},
        {"Group": "data/engineers", "Environments": name, "Roles": "User"},
    ]
    configuration = parse_configuration(raw, source=ROOT / "samples" / "file.json")
    claims = claims_by_user(configuration)
    [person] = [email for email in claims if claims[email].get("sub") == "00uAbC"]
    assert claims["data-engineers-member@example.com"] == {"groups": ["/data/engineers"]}
    access = access_by_user(groups_by_user(configuration.grants), configuration)
    assert access[person] == f"{name} as Op"
    assert access["data-engineers-member@example.com"] == f"{name} as User"


def test_shapes_that_are_wrong_are_left_for_the_validators() -> None:
    raw = {
        "Oidc": "yes",
        "Alb": 3,
        "Lineage": "Atlan",
        "MwaaEnvironments": ["analytics"],
        "QuickStart": "no",
    }
    local = local_configuration(raw, layout=LAYOUT, folder=Path())
    assert local["QuickStart"] == "no"
    assert local["Lineage"] == "Atlan"
    assert local["MwaaEnvironments"] == ["analytics"]


@pytest.mark.parametrize("section", ["QuickStart", "UiGate"])
def test_a_section_with_a_client_of_its_own_gets_another_than_the_portals(section: str) -> None:
    own = {"ClientId": "0oa2example", "ClientSecretArn": "arn:own"}
    arns = {client: f"arn:{client}" for client in (CLIENT_ID, *OWN_CLIENTS.values())}
    prerequisites = Prerequisites(client_secret_arns=arns)
    local = local_configuration(
        {section: own}, layout=LAYOUT, folder=ROOT, prerequisites=prerequisites
    )
    assert local[section]["ClientId"] == OWN_CLIENTS[section] != local["Oidc"]["ClientId"]
    assert local[section]["ClientSecretArn"] == f"arn:{OWN_CLIENTS[section]}"
    assert local["Oidc"]["ClientSecretArn"] == f"arn:{CLIENT_ID}"
    # What the file leaves out is left out here.
    shared = local_configuration({section: {}}, layout=LAYOUT, folder=ROOT)[section]
    assert not {"ClientId", "ClientSecretArn", "CertificateArn"} & shared.keys()


def test_nothing_here_is_deployed_by_a_pipeline() -> None:
    raw = {"AppName": "data", "Pipeline": {"Repository": "example/platform"}}
    assert "Pipeline" not in local_configuration(raw, layout=LAYOUT, folder=ROOT)
    assert "Pipeline" in raw


EXISTING = Prerequisites(
    certificate_arn="arn:certificate",
    lineage_secret_arn="arn:lineage",
    hosted_zone_id="ZLOCAL",
    given={
        "vpc-1": "vpc-a",
        "subnet-1": "subnet-a",
        "subnet-2": "subnet-c",
        "rtb-1": "rtb-a",
        "sg-1": "sg-a",
    },
    environment_vpcs={
        "reporting": Vpc(vpc_id="vpc-b", subnet_ids=["subnet-b"], security_group_id="sg-b")
    },
)


def test_what_the_file_takes_for_existing_is_what_was_made_here(tmp_path: Path) -> None:
    raw = {
        "Alb": {
            "DomainName": "airflow.example.com",
            "HostedZoneId": "Z1",
            "VpcId": "vpc-1",
            "SubnetIds": ["subnet-1", "subnet-2"],
            "VpcCIDR": "10.9.0.0/20",
            "RouteTableIds": ["rtb-1"],
        },
        "QuickStart": {
            "VpcId": "vpc-2",
            "SubnetIds": ["subnet-3", "subnet-4"],
            "SecurityGroupId": "sg-2",
            "MwaaEnvironmentName": "reporting",
            "RbacRoleName": "Op",
            "MwaaEndpointIps": ["10.0.0.1"],
        },
    }
    local = local_configuration(raw, layout=LAYOUT, folder=tmp_path, prerequisites=EXISTING)
    assert local["Alb"].pop("PublicKeyEndpoint")
    assert local["Alb"] == {
        "DomainName": "ui-reporting.localhost",
        "HostedZoneId": "ZLOCAL",
        "VpcId": "vpc-a",
        "SubnetIds": ["subnet-a", "subnet-c"],
        "VpcCIDR": "10.9.0.0/20",
        "RouteTableIds": ["rtb-a"],
    }
    assert local["QuickStart"] == {
        "VpcId": "vpc-b",
        "SubnetIds": ["subnet-b"],
        "SecurityGroupId": "sg-b",
        "MwaaEnvironmentName": "reporting",
        "RbacRoleName": "Op",
        "MwaaEndpointIps": [],
    }


def test_an_environments_existing_vpc_is_what_was_made_here(tmp_path: Path) -> None:
    vpc = {
        "VpcId": "vpc-1",
        "VpcCIDR": "10.9.0.0/20",
        "Subnets": [
            {"SubnetId": "subnet-1", "AvailabilityZone": "eu-west-1c", "RouteTableId": "rtb-1"},
            {"SubnetId": "...", "AvailabilityZone": ""},
            "subnet-2",
        ],
        "SecurityGroupIds": ["sg-1"],
        "InternetAccess": False,
    }
    local = local_configuration(
        {"MwaaEnvironments": [{"Name": "analytics", "Vpc": vpc}, {"Name": "b", "Vpc": "..."}]},
        layout=LAYOUT,
        folder=tmp_path,
        prerequisites=EXISTING,
    )
    assert [each["Vpc"] for each in local["MwaaEnvironments"]] == [
        {
            "VpcId": "vpc-a",
            "VpcCIDR": "10.9.0.0/20",
            "Subnets": [
                {
                    "SubnetId": "subnet-a",
                    "AvailabilityZone": "us-east-1c",
                    "RouteTableId": "rtb-a",
                },
                {"SubnetId": "...", "AvailabilityZone": ""},
                "subnet-c",
            ],
            "SecurityGroupIds": ["sg-a"],
            "InternetAccess": False,
        },
        "...",
    ]


def test_a_section_that_is_unfilled_stays_so(tmp_path: Path) -> None:
    shipped = json.loads((ROOT / "cdk.context.json").read_text())
    local = local_configuration(shipped, layout=LAYOUT, folder=tmp_path, prerequisites=EXISTING)
    assert local["QuickStart"] == shipped["QuickStart"]
    assert not {"DomainName", "HostedZoneId", "VpcId"} & local["Alb"].keys()


@pytest.mark.parametrize("sample", sorted((ROOT / "samples").glob("*.json")), ids=lambda p: p.stem)
def test_every_sample_is_valid_on_this_machine(sample: Path) -> None:
    raw = json.loads(sample.read_text())
    local = local_configuration(raw, layout=LAYOUT, folder=sample.parent)
    configuration = parse_configuration(local, source=sample)
    names = {each.name for each in configuration.environments}
    if configuration.quick_start:
        names.add(configuration.quick_start.mwaa_environment_name)
    planned = airflow_specs(configuration)
    assert {each.name for each in planned} == names
    assert {each.version for each in planned} <= {*locked_versions()}


@pytest.mark.parametrize("sample", sorted((ROOT / "samples").glob("*.json")), ids=lambda p: p.stem)
def test_nothing_of_a_samples_account_is_asked_of_the_stand_in(sample: Path) -> None:
    """Ids and ARNs but those of buckets, which are made here, and of permissions."""
    raw = json.loads(sample.read_text())
    made = replace(EXISTING, given={each: f"made-{each}" for each in _ids(raw)})

    local = local_configuration(raw, layout=LAYOUT, folder=sample.parent, prerequisites=made)

    assert _ids(raw) & _ids(local) == set()


IGNORED = {"Statements", "AWSServiceRoleForAutoScalingArn"}


def _ids(value: object) -> set[str]:
    match value:
        case dict():
            inner = (each for key, each in value.items() if key not in IGNORED)
            return set().union(*map(_ids, inner))
        case list():
            return set().union(*map(_ids, value))
        case str() if re.match(r"(arn:(?!aws:s3:)|(vpc|subnet|sg|rtb)-|Z[A-Z0-9]{9})", value):
            return {value}
    return set()


@pytest.mark.parametrize(
    ("version", "runs"),
    [("2.10.3", "2.10.3"), ("2.5.1", "2.11.2"), (None, locked_versions()[-1])],
)
def test_an_existing_environment_gets_an_airflow_that_runs_here(
    version: str | None, runs: str
) -> None:
    entry = {"Name": "legacy", **({"AirflowVersion": version} if version else {})}
    local = local_configuration({"MwaaEnvironments": [entry]}, layout=LAYOUT, folder=Path())
    [planned] = airflow_specs(parse_configuration(local, source=Path("file")))
    assert (planned.version, planned.exists) == (runs, True)
