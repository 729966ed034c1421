"""The construct as CloudFormation deploys it, with its function under its own role."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from local.layout import ACCOUNT, REGION
from mwaa_platform.environment.dag_sync import DagSync
from mwaa_platform.python_function import LAMBDA_SOURCE
from tests.unit.local.aws.stand_in import DeployFailedError, StandIn

BUCKET, CODE = "dags-of-gold", "code.zip"


@pytest.fixture
def bucket(stand_in: StandIn) -> Iterator[Any]:
    stand_in.session.client("s3").create_bucket(Bucket=BUCKET)
    yield stand_in.session.client("s3")
    for each in _keys(stand_in.session.client("s3")):
        stand_in.session.client("s3").delete_object(Bucket=BUCKET, Key=each)
    stand_in.session.client("s3").delete_bucket(Bucket=BUCKET)


def _keys(bucket: Any) -> list[str]:
    return [each["Key"] for each in bucket.list_objects_v2(Bucket=BUCKET).get("Contents", ())]


def _archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _code() -> bytes:
    packages = ("custom_resource", "dag_sync")
    return _archive(
        {
            path.relative_to(LAMBDA_SOURCE).as_posix(): path.read_bytes()
            for package in packages
            for path in (LAMBDA_SOURCE / package).rglob("*.py")
        }
    )


def _template(archive: str) -> dict[str, Any]:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    DagSync(
        stack,
        "DagSync",
        environment_name="gold",
        bucket=s3.Bucket.from_bucket_name(stack, "Bucket", BUCKET),
        key=kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0123"),
        folder="airflow/dags/",
        archive=archive,
    )
    template: dict[str, Any] = app.synth().get_stack_by_name("Stack").template
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"] = {"S3Bucket": BUCKET, "S3Key": CODE}
    resources: dict[str, Any] = template["Resources"]
    return resources


def test_an_update_that_fails_is_rolled_back_and_the_stack_leaves_the_dags(
    stand_in: StandIn, bucket: Any
) -> None:
    versions = {"one": {"a.py": b"1", "b.py": b"1"}, "two": {"a.py": b"2", "c.py": b"2"}}
    bucket.put_object(Bucket=BUCKET, Key=CODE, Body=_code())
    for name, files in versions.items():
        key = f"mwaa-platform/dags-{name}.zip"
        bucket.put_object(Bucket=BUCKET, Key=key, Body=_archive(files))

    stack, _ = stand_in.deploy(_template("mwaa-platform/dags-one.zip"))
    bucket.put_object(Bucket=BUCKET, Key="airflow/dags/c.py", Body=b"theirs")
    with pytest.raises(DeployFailedError, match=r"airflow/dags/c\.py"):
        stand_in.deploy(_template("mwaa-platform/dags-two.zip"), stack=stack)
    stand_in.destroy(stack)

    dags = {key: bucket.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in _keys(bucket)}
    assert {k: v for k, v in dags.items() if k.startswith("airflow/")} == {
        "airflow/dags/a.py": b"1",
        "airflow/dags/b.py": b"1",
        "airflow/dags/c.py": b"theirs",
    }
