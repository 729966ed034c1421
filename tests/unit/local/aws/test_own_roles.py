"""What the stack makes lets a role of somebody else's in, by policies of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from botocore.exceptions import ClientError

from mwaa_platform.environment.own_role import admit_to_bucket, admit_to_key, admit_to_secret
from mwaa_platform.environment.storage import EnvironmentBucket, EnvironmentKey
from mwaa_platform.environment.token_secret import LineageTokenSecret
from tests.unit.local.aws.stand_in import StandIn


class Made(NamedTuple):
    """Names of what was deployed, and the role that is let in."""

    bucket: str
    secret: str
    role: str


@pytest.fixture(scope="module")
def made(stand_in: StandIn) -> Iterator[Made]:
    role = stand_in.create_role()
    stack = cdk.Stack(cdk.App(), "Own")
    key = EnvironmentKey(stack, "Key", environment_name="orders")
    bucket = EnvironmentBucket(stack, "Bucket", key=key)
    secret = LineageTokenSecret(stack, "Token", environment_name="orders", catalogue="Atlan")
    admit_to_key(key, role)
    admit_to_bucket(bucket, role)
    admit_to_secret(secret, role)
    values = {"Bucket": bucket.bucket_name, "Secret": secret.ref}
    name, outputs = stand_in.deploy(
        Template.from_stack(stack).to_json()["Resources"],
        {each: stack.resolve(value) for each, value in values.items()},
    )
    stand_in.session.client("s3").put_object(
        Bucket=outputs["Bucket"], Key="dags/nightly.py", Body=b"dag"
    )
    stand_in.session.client("secretsmanager").put_secret_value(
        SecretId=outputs["Secret"], SecretString="token"
    )
    yield Made(bucket=outputs["Bucket"], secret=outputs["Secret"], role=role)
    stand_in.destroy(name)


def clients(stand_in: StandIn, role: str) -> tuple[Any, Any]:
    credentials = stand_in.assume(role)
    return (
        stand_in.client_of(credentials, "s3"),
        stand_in.client_of(credentials, "secretsmanager"),
    )


def test_a_role_without_policies_reads_files_and_token(stand_in: StandIn, made: Made) -> None:
    s3, secrets = clients(stand_in, made.role)

    assert s3.get_object(Bucket=made.bucket, Key="dags/nightly.py")["Body"].read() == b"dag"
    assert s3.list_objects_v2(Bucket=made.bucket)["KeyCount"] == 1
    assert secrets.get_secret_value(SecretId=made.secret)["SecretString"] == "token"
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=made.bucket, Key="dags/nightly.py", Body=b"")


def test_another_role_reads_neither(stand_in: StandIn, made: Made) -> None:
    s3, secrets = clients(stand_in, stand_in.create_role())

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=made.bucket, Key="dags/nightly.py")
    with pytest.raises(ClientError, match="AccessDenied"):
        secrets.get_secret_value(SecretId=made.secret)
