"""A stand-in of AWS with the bucket of an environment, which the function enters under its role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import boto3
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from types_boto3_sts.type_defs import CredentialsTypeDef

from local.layout import ACCOUNT, REGION
from mwaa_platform.environment.dag_sync import DagSync
from tests.templates.synthesis import as_list, rendered
from tests.unit.dag_sync.fake_aws import BUCKET, ENVIRONMENT, FOLDER, FakeAws, serving
from tests.unit.local.aws.conftest import catalogue, stand_in
from tests.unit.local.aws.stand_in import StandIn

__all__ = ["catalogue", "credentials", "fake_aws", "stand_in"]


@pytest.fixture(scope="session")
def credentials(stand_in: StandIn) -> CredentialsTypeDef:
    """Those of a role with the permissions that the construct gives the function."""
    return stand_in.assume(stand_in.create_role(*_permissions()))


@pytest.fixture
def fake_aws(
    stand_in: StandIn, credentials: CredentialsTypeDef, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeAws]:
    # It would keep the credentials of whatever test was first in this process.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with serving(stand_in, credentials) as fake_aws:
        for name, value in fake_aws.variables.items():
            monkeypatch.setenv(name, value)
        yield fake_aws


def _permissions() -> list[dict[str, Any]]:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    DagSync(
        stack,
        "Dags",
        environment_name=ENVIRONMENT,
        bucket=s3.Bucket.from_bucket_name(stack, "Bucket", BUCKET),
        key=kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0123"),
        folder=FOLDER,
        archive="mwaa-platform/dags-0123.zip",
    )
    template = app.synth().get_stack_by_name("Stack").template
    (policy,) = (
        each["Properties"]["PolicyDocument"]
        for each in template["Resources"].values()
        if each["Type"] == "AWS::IAM::Policy"
    )
    return [
        {**statement, "Resource": as_list(rendered(statement["Resource"], AWS_Partition="aws"))}
        for statement in policy["Statement"]
    ]
