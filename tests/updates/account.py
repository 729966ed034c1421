"""What the account of a running platform holds, and what a deployment did to it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import boto3

Json = dict[str, Any]

HOLDS_DATA = (
    "AWS::MWAA::Environment",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::DynamoDB::Table",
    "AWS::EC2::VPC",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
)
"""Types of resources that no change in place may replace or remove."""
CDK_BUCKETS = "cdk-"
"""How the names of the CDK's own buckets begin."""
EGRESS = ("AWS::EC2::EIP", "AWS::EC2::NatGateway")
"""Types whose replacement cuts connections and changes the address that other systems see."""


class Resource(NamedTuple):
    """A resource by its stack, logical id and type."""

    stack: str
    id: str
    type: str


class ObjectVersion(NamedTuple):
    """A version of an S3 object."""

    bucket: str
    key: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account at one moment.

    - `environments`: what MWAA says of each.
    - `stacks`: the time of each stack's last update.
    - `statuses`: the status of each; `protected`: those that cannot be deleted.
    - `existing`: the physical ids of what holds data, in stacks and outside.
    - `files`: the newest version of every object that is there, by bucket and key.
    - `doors`: how people come in, as JSON: hosts with their clients and cookies, and records.
    - `resources`: physical ids.
    - `grants`: the items of the table, as JSON.
    - `secrets`: values by ARN.
    - `objects`: every version of every object in the buckets of stacks and people.
    - `runs`: the DAG runs in each Airflow's database.
    """

    environments: Mapping[str, Json]
    stacks: Mapping[str, str]
    statuses: Mapping[str, str]
    protected: frozenset[str]
    existing: frozenset[str]
    files: Mapping[tuple[str, str], str]
    doors: frozenset[str]
    resources: Mapping[Resource, str]
    grants: frozenset[str]
    secrets: Mapping[str, str]
    objects: frozenset[ObjectVersion]
    runs: frozenset[tuple[str, str]]

    @classmethod
    def read(cls, session: boto3.Session, *, airflows: Path) -> Account:
        """Reads the account; `airflows` is the folder of the Airflows' homes."""
        mwaa, cloudformation = _client(session, "mwaa"), _client(session, "cloudformation")
        environments = {
            name: dict(mwaa.get_environment(Name=name)["Environment"])
            for name in mwaa.list_environments()["Environments"]
        }
        described = {each["StackName"]: each for each in cloudformation.describe_stacks()["Stacks"]}
        stacks = {
            name: str(each.get("LastUpdatedTime", each["CreationTime"]))
            for name, each in described.items()
        }
        versions = list(_versions(session))
        resources = {
            Resource(stack, each["LogicalResourceId"], each["ResourceType"]): str(
                each.get("PhysicalResourceId")
            )
            for stack in stacks
            for each in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
        }
        return cls(
            environments=environments,
            stacks=stacks,
            statuses={name: each["StackStatus"] for name, each in described.items()},
            protected=frozenset(
                name for name, each in described.items() if each.get("EnableTerminationProtection")
            ),
            existing=frozenset(chain(environments, _existing(session))),
            files={each[:2]: each.version for each, is_latest in versions if is_latest},
            doors=frozenset(_doors(session)),
            resources=resources,
            grants=frozenset(_items(session)),
            secrets=dict(_secrets(session)),
            objects=frozenset(each for each, _ in versions),
            runs=frozenset(_runs(airflows, environments)),
        )


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What a deployment did: the account before and after it."""

    before: Account
    after: Account

    @property
    def restarted(self) -> set[str]:
        """The environments for which UpdateEnvironment was called, which restarts them."""
        before, after = self.before.environments, self.after.environments
        return {
            name
            for name in before.keys() & after.keys()
            if before[name]["LastUpdate"]["CreatedAt"] != after[name]["LastUpdate"]["CreatedAt"]
        }

    @property
    def stacks(self) -> set[str]:
        """The stacks that were made or updated."""
        return {
            name for name, time in self.after.stacks.items() if self.before.stacks.get(name) != time
        }

    def replaced(self, *types: str) -> set[Resource]:
        """The resources that have another physical id; of some types, or of all."""
        before, after = self.before.resources, self.after.resources
        changed = {each for each in before.keys() & after.keys() if before[each] != after[each]}
        return {each for each in changed if not types or each.type in types}

    def removed(self, *types: str) -> set[Resource]:
        """The resources that are gone from stacks that are still there."""
        gone = self.before.resources.keys() - self.after.resources.keys()
        return {
            each
            for each in gone
            if each.stack in self.after.stacks and (not types or each.type in types)
        }

    @property
    def lost(self) -> set[tuple[str, ...]]:
        """Grants, secrets' values, object versions and runs that are no longer there."""
        before, after = self.before, self.after
        secrets = {arn for arn, value in before.secrets.items() if after.secrets.get(arn) != value}
        return {
            *(("grant", each) for each in before.grants - after.grants),
            *(("secret", each) for each in secrets),
            *(("object", *each) for each in before.objects - after.objects),
            *(("run", *each) for each in before.runs - after.runs),
        }


@cache
def _client(session: boto3.Session, service: str) -> Any:
    """A client, which takes longer to make than what it is asked for."""
    return session.client(service)  # type: ignore[call-overload]


def _items(session: boto3.Session) -> Iterator[str]:
    dynamodb = _client(session, "dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        for item in dynamodb.scan(TableName=table)["Items"]:
            yield json.dumps(item, sort_keys=True)


def _secrets(session: boto3.Session) -> Iterator[tuple[str, str]]:
    secrets_manager = _client(session, "secretsmanager")
    for each in secrets_manager.list_secrets()["SecretList"]:
        with suppress(secrets_manager.exceptions.ResourceNotFoundException):  # it has no value yet
            value = secrets_manager.get_secret_value(SecretId=each["ARN"])
            yield each["ARN"], value["SecretString"]


def _versions(session: boto3.Session) -> Iterator[tuple[ObjectVersion, bool]]:
    """Every version of every object, and whether it is the one that is there."""
    s3 = _client(session, "s3")
    for bucket in (each["Name"] for each in s3.list_buckets()["Buckets"]):
        if not bucket.startswith(CDK_BUCKETS):
            for each in s3.list_object_versions(Bucket=bucket).get("Versions", ()):
                yield ObjectVersion(bucket, each["Key"], each["VersionId"]), each["IsLatest"]


def _existing(session: boto3.Session) -> Iterator[str]:
    """The physical ids of what holds data beside environments; a key that is to go is gone."""
    yield from _client(session, "dynamodb").list_tables()["TableNames"]
    yield from (each["Name"] for each in _client(session, "s3").list_buckets()["Buckets"])
    yield from (
        each["ARN"] for each in _client(session, "secretsmanager").list_secrets()["SecretList"]
    )
    balancers = _client(session, "elbv2").describe_load_balancers()["LoadBalancers"]
    yield from (each["LoadBalancerArn"] for each in balancers)
    kms = _client(session, "kms")
    for each in kms.list_keys()["Keys"]:
        if kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled":
            yield each["KeyId"]


def _doors(session: boto3.Session) -> Iterator[str]:
    elbv2, route53 = _client(session, "elbv2"), _client(session, "route53")
    for balancer in elbv2.describe_load_balancers()["LoadBalancers"]:
        arn = balancer["LoadBalancerArn"]
        for listener in elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
            for rule in elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
                yield json.dumps([arn, _hosts(rule), *_sessions(rule)], sort_keys=True)
    for zone in route53.list_hosted_zones()["HostedZones"]:
        for record in route53.list_resource_record_sets(HostedZoneId=zone["Id"])[
            "ResourceRecordSets"
        ]:
            if record["Type"] not in {"NS", "SOA"}:
                yield json.dumps([record["Name"], record.get("AliasTarget")], sort_keys=True)


def _hosts(rule: Any) -> list[str]:
    conditions = (each for each in rule["Conditions"] if each["Field"] == "host-header")
    return [host for each in conditions for host in each["Values"]]


def _sessions(rule: Any) -> Iterator[list[str | None]]:
    for action in rule["Actions"]:
        if client := action.get("AuthenticateOidcConfig"):
            yield [client.get(key) for key in ("Issuer", "ClientId", "SessionCookieName")]


def _runs(airflows: Path, environments: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """The runs in the databases of the versions that are deployed now."""
    for name, environment in environments.items():
        database = airflows / name / f"airflow-{environment['AirflowVersion']}.db"
        if database.exists():
            with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
                for (run,) in connection.execute("select run_id from dag_run"):
                    yield name, run
