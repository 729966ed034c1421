"""What the account of a running platform holds, and what a deployment did to it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
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
    - `resources`: physical ids.
    - `grants`: the items of the table, as JSON.
    - `secrets`: values by ARN.
    - `objects`: every version of every object in the buckets of stacks and people.
    - `runs`: the DAG runs in each Airflow's database.
    """

    environments: Mapping[str, Json]
    stacks: Mapping[str, str]
    resources: Mapping[Resource, str]
    grants: frozenset[str]
    secrets: Mapping[str, str]
    objects: frozenset[ObjectVersion]
    runs: frozenset[tuple[str, str]]

    @classmethod
    def read(cls, session: boto3.Session, *, airflows: Path) -> Account:
        """Reads the account; `airflows` is the folder of the Airflows' homes."""
        mwaa, cloudformation = session.client("mwaa"), session.client("cloudformation")
        environments = {
            name: dict(mwaa.get_environment(Name=name)["Environment"])
            for name in mwaa.list_environments()["Environments"]
        }
        stacks = {
            each["StackName"]: str(each.get("LastUpdatedTime", each["CreationTime"]))
            for each in cloudformation.describe_stacks()["Stacks"]
        }
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
            resources=resources,
            grants=frozenset(_items(session)),
            secrets=dict(_secrets(session)),
            objects=frozenset(_objects(session)),
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


def _items(session: boto3.Session) -> Iterator[str]:
    dynamodb = session.client("dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        for item in dynamodb.scan(TableName=table)["Items"]:
            yield json.dumps(item, sort_keys=True)


def _secrets(session: boto3.Session) -> Iterator[tuple[str, str]]:
    secrets_manager = session.client("secretsmanager")
    for each in secrets_manager.list_secrets()["SecretList"]:
        with suppress(secrets_manager.exceptions.ResourceNotFoundException):  # it has no value yet
            value = secrets_manager.get_secret_value(SecretId=each["ARN"])
            yield each["ARN"], value["SecretString"]


def _objects(session: boto3.Session) -> Iterator[ObjectVersion]:
    s3 = session.client("s3")
    for bucket in (each["Name"] for each in s3.list_buckets()["Buckets"]):
        if not bucket.startswith(CDK_BUCKETS):
            for each in s3.list_object_versions(Bucket=bucket).get("Versions", ()):
                yield ObjectVersion(bucket, each["Key"], each["VersionId"])


def _runs(airflows: Path, environments: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """The runs in the databases of the versions that are deployed now."""
    for name, environment in environments.items():
        database = airflows / name / f"airflow-{environment['AirflowVersion']}.db"
        if database.exists():
            with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
                for (run,) in connection.execute("select run_id from dag_run"):
                    yield name, run
