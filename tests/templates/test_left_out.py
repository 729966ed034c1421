"""Keys that are taken out of an environment: what MWAA would keep is given another value.

UpdateEnvironment keeps what a call leaves out, and CloudFormation leaves out what is not in the
template.
"""

from __future__ import annotations

from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from config.airflow_options import FORCED_BY_MWAA
from config.new_environment import NewEnvironment
from mwaa.environment_updates import HARMLESS_OPTIONS
from tests.templates.synthesis import SAMPLES, Json, rendered, sample, synthesise
from tests.templates.variants import NAME, one_environment

TYPE = "AWS::MWAA::Environment"

# No key of the file sets who makes the endpoints. CloudFormation's handler removes the tags that
# the template had before.
NEVER_KEPT = {"EndpointManagement", "Tags"}

REQUIRED = {"Name", "VpcCIDR"}

BACKEND = {
    "Provider": "OpenMetadata",
    "Url": "https://openmetadata.example.com",
    "Version": "1.10.14",
    "ServiceName": "airflow",
}

FULL: Json = {
    "Description": "Everything",
    "UiHost": f"{NAME}.example.com",
    "UiPriority": 7,
    "Alarms": {
        "Enabled": True,
        "Notify": True,
        "Dashboard": True,
        "TopicArn": "arn:aws:sns:us-east-1:111122223333:lake",
        "Off": ["web-server-cpu"],
        "Thresholds": {"scheduler-cpu": 90},
        "EvaluationPeriods": {"scheduler-cpu": 6},
        "DatapointsToAlarm": {"scheduler-cpu": 5},
    },
    "Wave": 2,
    "EnvironmentClass": "mw1.medium",
    "AirflowVersion": "2.10.3",
    "SourceBucketArn": "arn:aws:s3:::example-dags",
    "DagsS3Path": "airflow/dags",
    "Lineage": BACKEND,
    "Requirements": "team/requirements-without-internet.txt",
    "Plugins": "team/plugins",
    "Dags": "team/dags",
    "StartupScript": "team/startup.sh",
    "SecretsBackend": {},
    "ExecutionRole": {
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonAthenaFullAccess"],
        "Policy": "team/policy.json",
        "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/boundary",
    },
    "MinWorkers": 2,
    "MaxWorkers": 12,
    "Schedulers": 3,
    "MinWebservers": 3,
    "MaxWebservers": 4,
    "DagProcessingLogsLevel": "ERROR",
    "SchedulerLogsLevel": "ERROR",
    "TaskLogsLevel": "ERROR",
    "WebserverLogsLevel": "ERROR",
    "WorkerLogsLevel": "ERROR",
    "LogRetentionDays": {"Task": 365},
    "WebServerAccessMode": "PRIVATE_ONLY",
    "AllowedCidrs": ["10.100.0.0/16"],
    "Connectivity": {"Way": "TransitGateway", "TransitGatewayId": "tgw-0123456789abcdef0"},
    "KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/11112222-3333-4444-5555-666677778888",
    "WeeklyMaintenanceWindowStart": "TUE:01:00",
    "WorkerReplacementStrategy": "GRACEFUL",
    "ConfigurationOptions": {"core.parallelism": "8"},
    "TerminationProtection": False,
    "Tags": {"team": "everything"},
    "MaxAZs": 3,
    "NatGateways": 2,
    "PublicSubnetMask": 25,
    "PrivateSubnetMask": 25,
    "AWSServiceRoleForAutoScalingArn": "arn:aws:iam::111122223333:role/scaling",
}
# These belong to other keys, or exclude some above.
TESTED_APART = {"RequirementsS3Path", "RequirementsS3ObjectVersion", "Wheels", "Vpc"}


def _kept() -> set[str]:
    """The properties that CloudFormation's schema lets a template give, and MWAA keeps."""
    schema: Json = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", TYPE).schema
    read_only = {each.split("/")[2] for each in schema["readOnlyProperties"]}
    read_only.remove("LoggingConfiguration")
    return set(schema["properties"]) - read_only - NEVER_KEPT


def _environment(**entry: Any) -> Json:
    synthesis = synthesise(one_environment(**entry))
    properties: Json = rendered(synthesis.properties(f"Env-{NAME}", TYPE))
    return properties


@pytest.mark.parametrize("name", SAMPLES)
def test_every_property_that_mwaa_keeps_is_given(name: str) -> None:
    for stack in sample(name).templates:
        for environment in sample(name).resources(stack, TYPE).values():
            assert _kept() <= environment["Properties"].keys()
            assert environment["Properties"]["AirflowConfigurationOptions"]


def test_the_full_entry_has_every_key() -> None:
    keys = {field.alias or name for name, field in NewEnvironment.model_fields.items()}

    assert FULL.keys() == keys - REQUIRED - TESTED_APART


@pytest.mark.parametrize("key", FULL)
def test_a_key_that_is_taken_out_leaves_no_property_out(key: str) -> None:
    # That catalogue is for Airflow 2 alone.
    removed = {key, "Lineage"} if key == "AirflowVersion" else {key}
    entry = {name: value for name, value in FULL.items() if name not in removed}

    environment = _environment(**entry)

    assert _kept() <= environment.keys()
    assert environment["AirflowConfigurationOptions"]


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("Lineage", {"lineage.backend"}),
        ("SecretsBackend", {"secrets.backend", "secrets.backend_kwargs"}),
        ("UiHost", {"webserver.base_url"}),
        ("ConfigurationOptions", {"core.parallelism"}),
    ],
)
def test_the_last_option_is_replaced_by_one_of_airflows_own(key: str, options: set[str]) -> None:
    entry = {"AirflowVersion": "2.10.3", key: FULL[key]}

    before = _environment(**entry)["AirflowConfigurationOptions"]
    entry.pop(key)
    after = _environment(**entry)["AirflowConfigurationOptions"]

    assert options <= before.keys()
    assert after == {"core.load_examples": "False"}


def test_the_option_that_is_always_there_is_without_effect_and_nobody_elses() -> None:
    assert HARMLESS_OPTIONS.keys() <= FORCED_BY_MWAA


def test_what_is_taken_out_gets_a_value_that_is_documented() -> None:
    environment = _environment()

    assert environment["WeeklyMaintenanceWindowStart"] == "SUN:03:30"
    assert environment["WorkerReplacementStrategy"] == "FORCED"


def test_requirements_of_ones_own_have_the_version_that_is_given() -> None:
    bucket = {"SourceBucketArn": "arn:aws:s3:::example-dags", "RequirementsS3Path": "r.txt"}

    given = _environment(**bucket, RequirementsS3ObjectVersion="abc")

    assert given["RequirementsS3ObjectVersion"] == "abc"


def test_requirements_of_ones_own_without_a_version_are_looked_up() -> None:
    """MWAA would look for the version of the file before."""
    bucket = {"SourceBucketArn": "arn:aws:s3:::example-dags", "RequirementsS3Path": "r.txt"}

    looked_up = _environment(**bucket)
    deployed = _environment()

    assert looked_up["RequirementsS3Path"] == "r.txt"
    # Of the same resource as that of a file that is deployed: to CloudFormation an update.
    version = looked_up["RequirementsS3ObjectVersion"]
    assert version == deployed["RequirementsS3ObjectVersion"]
    assert version.endswith(".VersionId>")


def test_the_function_may_look_at_that_file_alone() -> None:
    raw = one_environment(SourceBucketArn="arn:aws:s3:::example-dags", RequirementsS3Path="r.txt")
    policies = synthesise(raw).resources(f"Env-{NAME}", "AWS::IAM::Policy").values()
    (reading,) = (
        statement
        for each in policies
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
        if statement["Action"] == "s3:GetObject"
    )

    assert "arn:aws:s3:::example-dags/r.txt" in reading["Resource"]
