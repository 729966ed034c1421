"""Resources of one new environment."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mwaa.environment_updates import HARMLESS_OPTIONS
from tests.templates.synthesis import Json, raw_sample, rendered, sample, synthesise

ENVIRONMENT = "AWS::MWAA::Environment"
MANY = "many-with-lineage"


@pytest.mark.parametrize("index", [0, 1])
def test_the_published_configuration_is_carried_whole(index: int) -> None:
    entry = raw_sample("published-two-new")["MwaaEnvironments"][index]

    environment = sample("published-two-new").properties(f"Env-{entry['Name']}", ENVIRONMENT)

    same = ("Name", "EnvironmentClass", "MinWorkers", "MaxWorkers", "Schedulers", "SourceBucketArn")
    assert {key: environment[key] for key in same} == {key: entry[key] for key in same}
    assert environment["DagS3Path"] == entry["DagsS3Path"]
    assert environment["RequirementsS3Path"] == entry["RequirementsS3Path"]
    assert environment["RequirementsS3ObjectVersion"] == entry["RequirementsS3ObjectVersion"]
    assert environment["WebserverAccessMode"] == entry["WebServerAccessMode"]
    options = environment["AirflowConfigurationOptions"]
    assert {name: options[name] for name in entry["ConfigurationOptions"]} == entry[
        "ConfigurationOptions"
    ]
    assert environment["AirflowVersion"] == "3.3.1"
    assert environment["LoggingConfiguration"] == {
        f"{component}Logs": {"Enabled": True, "LogLevel": "INFO"}
        for component in ("DagProcessing", "Scheduler", "Task", "Webserver", "Worker")
    }


def test_each_log_level_reaches_its_own_component() -> None:
    raw = raw_sample("published-two-new")
    levels = {
        "DagProcessing": "CRITICAL",
        "Scheduler": "ERROR",
        "Task": "WARNING",
        "Webserver": "DEBUG",
        "Worker": "INFO",
    }
    raw["MwaaEnvironments"][0] |= {f"{name}LogsLevel": level for name, level in levels.items()}

    logging = synthesise(raw).properties("Env-Env1", ENVIRONMENT)["LoggingConfiguration"]

    assert {name: logging[f"{name}Logs"]["LogLevel"] for name in levels} == levels


def test_the_other_properties() -> None:
    environment = sample(MANY).properties("Env-ingest", ENVIRONMENT)

    assert environment["MaxWebservers"] == 4
    assert environment["WeeklyMaintenanceWindowStart"] == "SUN:03:30"
    assert environment["WorkerReplacementStrategy"] == "GRACEFUL"
    assert environment["Tags"] == {"team": "ingest"}


def test_what_replaces_an_environment_comes_from_its_own_stack() -> None:
    for name in ("ingest", "curation", "playground"):
        environment = sample(MANY).properties(f"Env-{name}", ENVIRONMENT)
        replacing = {
            "key": environment["KmsKey"],
            "network": environment["NetworkConfiguration"],
        }
        assert "ImportValue" not in json.dumps(replacing)
        assert environment["Name"] == name
        assert len(environment["NetworkConfiguration"]["SubnetIds"]) == 2


def test_it_waits_for_what_it_needs() -> None:
    synthesis = sample(MANY)
    for stack in (name for name in synthesis.templates if name.startswith("Env-")):
        resources = synthesis.templates[stack]["Resources"]
        (environment,) = synthesis.resources(stack, ENVIRONMENT).values()
        awaited = {resources[logical_id]["Type"] for logical_id in environment["DependsOn"]}
        assert {
            "AWS::EC2::SecurityGroupIngress",
            "AWS::EC2::SubnetRouteTableAssociation",
            "AWS::EC2::VPCEndpoint",
            "AWS::Logs::LogGroup",
            "Custom::FileCopy",
        } <= awaited
        # Its permissions are part of the role itself.
        (role,) = (each for name, each in resources.items() if name.startswith("ExecutionRole"))
        assert role["Properties"]["Policies"]


def test_the_names_of_the_log_groups_are_mwaas() -> None:
    groups = sample(MANY).resources("Env-ingest", "AWS::Logs::LogGroup").values()
    named = [each["Properties"] for each in groups if "LogGroupName" in each["Properties"]]

    assert {group["LogGroupName"] for group in named} == {
        f"airflow-ingest-{component}"
        for component in ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")
    }
    assert all(group["KmsKeyId"] and group["RetentionInDays"] for group in named)


def test_the_bucket_is_versioned_encrypted_and_private() -> None:
    bucket = sample(MANY).properties("Env-ingest", "AWS::S3::Bucket")
    policy = sample(MANY).properties("Env-ingest", "AWS::S3::BucketPolicy")
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert encryption["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    assert {each["Effect"] for each in policy["PolicyDocument"]["Statement"]} == {"Deny"}
    assert {"Bool": {"aws:SecureTransport": "false"}} in [
        each["Condition"] for each in policy["PolicyDocument"]["Statement"]
    ]


def test_the_logs_service_uses_the_key_for_this_environment_alone() -> None:
    key = sample(MANY).properties("Env-ingest", "AWS::KMS::Key")
    (statement,) = (
        each for each in key["KeyPolicy"]["Statement"] if "Service" in each["Principal"]
    )

    assert key["EnableKeyRotation"] is True
    assert rendered(statement["Principal"]) == {"Service": "logs.<AWS::Region>.<AWS::URLSuffix>"}
    group = "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:airflow-ingest"
    assert rendered(statement["Condition"]) == {
        "ArnEquals": {
            "kms:EncryptionContext:aws:logs:arn": [
                f"{group}-{component}"
                for component in ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")
            ]
        }
    }


def test_what_exists_is_used_and_not_made() -> None:
    published, many = sample("published-two-new"), sample(MANY)

    assert not published.resources("Env-Env1", "AWS::S3::Bucket")
    assert not many.resources("Env-regulated", "AWS::KMS::Key")
    assert not many.resources("Env-curation", "AWS::SecretsManager::Secret")
    assert "Env-finance" not in many.templates


def test_interface_endpoints_stand_in_for_nat_gateways_and_never_beside_them() -> None:
    def endpoints(stack: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for each in sample(MANY).resources(stack, "AWS::EC2::VPCEndpoint").values():
            properties = each["Properties"]
            service = str(rendered(properties["ServiceName"])).split("<AWS::Region>.")[1]
            found.setdefault(properties["VpcEndpointType"], set()).add(service)
        return found

    assert not sample(MANY).resources("Env-regulated", "AWS::EC2::NatGateway")
    assert endpoints("Env-regulated") == {
        "Gateway": {"s3"},
        "Interface": {
            *("airflow.api", "airflow.env", "airflow.ops"),
            *("kms", "logs", "monitoring", "sqs"),
        },
    }
    for stack in ("Env-ingest", "Env-curation", "Env-playground"):
        assert sample(MANY).resources(stack, "AWS::EC2::NatGateway")
        assert endpoints(stack) == {"Gateway": {"s3"}}


def test_interface_endpoints_answer_airflow_alone() -> None:
    synthesis = sample(MANY)
    groups = synthesis.resources("Env-regulated", "AWS::EC2::SecurityGroup")
    (endpoints,) = (name for name in groups if "Endpoints" in name)
    into = [
        each["Properties"]
        for each in synthesis.resources("Env-regulated", "AWS::EC2::SecurityGroupIngress").values()
        if endpoints in json.dumps(each["Properties"]["GroupId"])
    ]

    assert "SecurityGroupIngress" not in groups[endpoints]["Properties"]
    assert [(rule["FromPort"], rule["ToPort"]) for rule in into] == [(443, 443)]
    assert rendered(into[0]["SourceSecurityGroupId"]) == "<AirflowSecurityGroupC7425FC4.GroupId>"


@pytest.mark.parametrize(
    ("stack", "clients"),
    [("Env-curation", {"192.168.0.0/16", "10.100.0.0/16"}), ("Env-ingest", set())],
)
def test_people_reach_a_private_web_server_and_nothing_else(stack: str, clients: set[str]) -> None:
    group = sample(MANY).properties(stack, "AWS::EC2::SecurityGroup")
    ingress = sample(MANY).resources(stack, "AWS::EC2::SecurityGroupIngress").values()
    (itself,) = (each["Properties"] for each in ingress if "CidrIp" not in each["Properties"])
    rules = [
        *group.get("SecurityGroupIngress", []),
        *(each["Properties"] for each in ingress if "CidrIp" in each["Properties"]),
    ]

    assert {rule["CidrIp"] for rule in rules} == clients
    assert {(rule["FromPort"], rule["ToPort"]) for rule in rules} <= {(443, 443)}
    assert itself["SourceSecurityGroupId"] == itself["GroupId"]
    assert itself["IpProtocol"] == "-1"


def test_a_private_environment_is_joined_both_ways() -> None:
    synthesis = sample(MANY)
    routes = [
        rendered(each["Properties"])
        for each in synthesis.resources("Env-curation", "AWS::EC2::Route").values()
        if "VpcPeeringConnectionId" in each["Properties"]
    ]

    assert sorted(route["DestinationCidrBlock"] for route in routes) == [
        *["10.2.0.0/16"] * 4,  # from the load balancer's public and private subnets
        *["192.168.0.0/16"] * 2,
    ]
    for route in routes:
        in_the_networks_table = route["RouteTableId"].startswith("<data-Network:")
        assert in_the_networks_table == (route["DestinationCidrBlock"] == "10.2.0.0/16")
    assert not synthesis.resources("Env-ingest", "AWS::EC2::VPCPeeringConnection")


def test_lineage_adds_its_options_and_no_others() -> None:
    environment = sample(MANY).properties("Env-ingest", ENVIRONMENT)

    options = rendered(environment["AirflowConfigurationOptions"])
    assert options["mwaa_platform.lineage_secret_atlan"] == "<LineageTokenAtlan8b99d193>"
    assert options.keys() - HARMLESS_OPTIONS.keys() == {
        "mwaa_platform.lineage_secret_atlan",
        "openlineage.namespace",
        "openlineage.transport",
    }


@pytest.mark.parametrize("stack", ["Env-ingest", "Env-playground"])
def test_files_are_named_by_the_copies_that_are_made(stack: str) -> None:
    environment = sample(MANY).properties(stack, ENVIRONMENT)
    copies = {
        each["Properties"]["DestinationKey"]: {"Fn::GetAtt": [logical_id, "VersionId"]}
        for logical_id, each in sample(MANY).resources(stack, "Custom::FileCopy").items()
    }

    files = ("Plugins", "Requirements", "StartupScript")
    assert copies == {
        environment[f"{file}S3Path"]: environment[f"{file}S3ObjectVersion"] for file in files
    }


def test_a_changed_requirement_changes_the_path_and_so_the_environment() -> None:
    raw = raw_sample(MANY)
    raw["MwaaEnvironments"][0]["AirflowVersion"] = "3.0.6"
    before = sample(MANY).properties("Env-ingest", ENVIRONMENT)
    after = synthesise(raw).properties("Env-ingest", ENVIRONMENT)

    assert before["RequirementsS3Path"] != after["RequirementsS3Path"]


def test_without_lineage_there_is_no_option_and_no_secret() -> None:
    environment = sample(MANY).properties("Env-playground", ENVIRONMENT)

    assert environment["AirflowConfigurationOptions"] == HARMLESS_OPTIONS
    assert not sample(MANY).resources("Env-playground", "AWS::SecretsManager::Secret")


def test_the_lineage_secret_is_made_without_a_value() -> None:
    secret = sample(MANY).properties("Env-ingest", "AWS::SecretsManager::Secret")

    assert set(secret) == {"Description", "Tags"}


def _policies(resources: dict[str, Json]) -> dict[str, Any]:
    return {name: resource.get("DeletionPolicy") for name, resource in resources.items()}


@pytest.mark.parametrize(
    ("stack", "resource_type"),
    [
        ("Env-ingest", "AWS::Logs::LogGroup"),
        ("Sso", "AWS::Logs::LogGroup"),
    ],
)
def test_what_holds_data_outlives_its_stack(stack: str, resource_type: str) -> None:
    policies = _policies(sample(MANY).resources(stack, resource_type))

    # Unlike Retain this frees the names again after a first creation that failed.
    assert set(policies.values()) == {"RetainExceptOnCreate"}


@pytest.mark.parametrize(
    ("stack", "resource_type"),
    [
        ("Grants", "AWS::DynamoDB::Table"),
        ("Sso", "AWS::S3::Bucket"),
        ("Env-ingest", "AWS::S3::Bucket"),
        ("Env-ingest", "AWS::KMS::Key"),
    ],
)
def test_a_failed_creation_deletes_nothing_that_is_protected_or_has_files(
    stack: str, resource_type: str
) -> None:
    policies = _policies(sample(MANY).resources(stack, resource_type))

    assert set(policies.values()) == {"Retain"}


def test_the_lineage_secret_goes_with_its_environment() -> None:
    secrets = sample(MANY).resources("Env-ingest", "AWS::SecretsManager::Secret")

    assert set(_policies(secrets).values()) == {"Delete"}


def test_the_grants_are_protected() -> None:
    table = sample(MANY).properties("Grants", "AWS::DynamoDB::Table")
    manifest = json.loads(sample(MANY).files["manifest.json"])

    assert table["DeletionProtectionEnabled"] is True
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert manifest["artifacts"]["Grants"]["properties"]["terminationProtection"] is True


def test_the_declared_grants_are_joined_by_principal() -> None:
    grants = sample(MANY).properties("Grants", "Custom::Grants")["Grants"]

    assert grants == [
        {"Principal": "group:analysts", "Environments": {"*": {"Roles": ["Viewer"]}}},
        {
            "Principal": "group:data-engineers",
            "Environments": {"curation": {"Roles": ["Op"]}, "ingest": {"Roles": ["Op"]}},
        },
        {"Principal": "user:admin@example.com", "Environments": {"*": {"Roles": ["Admin"]}}},
        {
            "Principal": "user:viewer@example.com",
            "Environments": {"regulated": {"Roles": ["Viewer"], "Expires": "4073562000"}},
        },
    ]
