"""Reading of a deployed environment's files and options."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from errors import PlatformError
from local.airflow_runtime.deployed_environment import download_environment
from tests.sessions import session_of
from tests.unit.local.airflow_runtime.fake_s3 import NAME, Bucket

ENVIRONMENT = {
    "AirflowVersion": "2.10.3",
    "SourceBucketArn": f"arn:aws:s3:::{NAME}",
    "DagS3Path": "dags",
    "ExecutionRoleArn": "arn:aws:iam::000000000000:role/execution",
    "PluginsS3Path": "mwaa-platform/plugins-1.zip",
    "AirflowConfigurationOptions": {"core.default_timezone": "utc"},
}


@pytest.fixture
def mwaa() -> Stubber:
    client = boto3.client(
        "mwaa", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    return Stubber(client)


def session(mwaa: Stubber, bucket: Bucket) -> boto3.Session:
    mwaa.activate()
    return session_of({"mwaa": mwaa.client, "s3": bucket.client()})


def test_files_and_options_are_read_back(mwaa: Stubber, bucket: Bucket, tmp_path: Path) -> None:
    bucket.objects = {"mwaa-platform/plugins-1.zip": b"zip"}
    mwaa.add_response("get_environment", {"Environment": ENVIRONMENT}, {"Name": "Env1"})

    deployed = download_environment("Env1", session(mwaa, bucket), tmp_path / "s3")

    assert deployed.plugins is not None
    assert deployed.plugins.read_bytes() == b"zip"
    assert deployed.requirements is None
    assert deployed.version == "2.10.3"
    assert deployed.dags == "s3://bucket/dags/"
    assert deployed.options == {"core.default_timezone": "utc"}


def test_missing_file_is_an_error_with_a_way_out(
    mwaa: Stubber, bucket: Bucket, tmp_path: Path
) -> None:
    mwaa.add_response("get_environment", {"Environment": ENVIRONMENT}, {"Name": "Env1"})
    with pytest.raises(PlatformError, match="What was deployed for Env1 could not be read back"):
        download_environment("Env1", session(mwaa, bucket), tmp_path)


def test_missing_environment_is_an_error_with_a_way_out(
    mwaa: Stubber, bucket: Bucket, tmp_path: Path
) -> None:
    mwaa.add_client_error("get_environment", "ResourceNotFoundException", "no Env1")
    with pytest.raises(PlatformError) as caught:
        download_environment("Env1", session(mwaa, bucket), tmp_path)
    assert "no Env1" in caught.value.remedy
