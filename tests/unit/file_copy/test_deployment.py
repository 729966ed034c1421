"""The construct as CloudFormation deploys it: an environment gets the versions of its files."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_mwaa as mwaa
from aws_cdk import aws_s3 as s3

from local.layout import ACCOUNT, REGION
from mwaa_platform.environment.file_copies import FileCopies
from mwaa_platform.python_function import LAMBDA_SOURCE
from tests.unit.local.aws.stand_in import StandIn

BUCKET, ASSETS, CODE = "files-of-silver", "assets-of-silver", "code.zip"
NAME, FILE, THEIRS = "silver", "Requirements", "requirements.txt"


@pytest.fixture
def bucket(stand_in: StandIn) -> Any:
    s3_client: Any = stand_in.session.client("s3")
    for name in (BUCKET, ASSETS):
        s3_client.create_bucket(Bucket=name)
    enabled = {"Status": "Enabled"}
    s3_client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration=enabled)
    s3_client.put_object(Bucket=ASSETS, Key=CODE, Body=_code())
    return s3_client


def _code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for package in ("custom_resource", "file_copy"):
            for path in (LAMBDA_SOURCE / package).rglob("*.py"):
                archive.writestr(path.relative_to(LAMBDA_SOURCE).as_posix(), path.read_bytes())
    return buffer.getvalue()


def _template(bucket: Any, *, local: Path | None = None, theirs: str | None = None) -> Any:
    """An environment with a file of this machine or one of its bucket."""
    app = cdk.App()
    synthesizer = cdk.DefaultStackSynthesizer(file_assets_bucket_name=ASSETS)
    stack = cdk.Stack(app, "Stack", synthesizer=synthesizer)
    copies = FileCopies(
        stack,
        "Files",
        bucket=s3.Bucket.from_bucket_name(stack, "Bucket", BUCKET),
        key=kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0123"),
        files={FILE: local} if local else {},
        existing={FILE: theirs} if theirs else {},
    )
    mwaa.CfnEnvironment(
        stack,
        "Environment",
        name=NAME,
        source_bucket_arn=f"arn:aws:s3:::{BUCKET}",
        requirements_s3_path=copies.keys[FILE],
        requirements_s3_object_version=copies.versions[FILE],
    )
    resources: Any = app.synth().get_stack_by_name("Stack").template["Resources"]
    for resource in resources.values():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::Lambda::Function":
            properties["Code"] = {"S3Bucket": ASSETS, "S3Key": CODE}
        if local and resource["Type"] == "Custom::FileCopy":
            bucket.put_object(Bucket=ASSETS, Key=properties["SourceKey"], Body=local.read_bytes())
    return resources


def _file(folder: Path, content: str) -> Path:
    name = hashlib.sha256(content.encode()).hexdigest()[:16]
    (file := folder / f"requirements-{name}.txt").write_text(content)
    return file


def _deployed(stand_in: StandIn) -> tuple[str, str]:
    """The path of an environment's file and its object version."""
    found: Any = stand_in.session.client("mwaa").get_environment(Name=NAME)["Environment"]
    assert found["Status"] == "AVAILABLE"
    return found["RequirementsS3Path"], found["RequirementsS3ObjectVersion"]


def test_each_update_brings_a_path_and_its_version(
    stand_in: StandIn, bucket: Any, tmp_path: Path
) -> None:
    def newest(path: str) -> tuple[str, str]:
        return path, bucket.head_object(Bucket=BUCKET, Key=path)["VersionId"]

    bucket.put_object(Bucket=BUCKET, Key=THEIRS, Body=b"theirs")
    stack, _ = stand_in.deploy(_template(bucket, theirs=THEIRS))
    assert _deployed(stand_in) == newest(THEIRS)

    first, second = _file(tmp_path, "first"), _file(tmp_path, "second")
    for file in (first, second):
        stand_in.deploy(_template(bucket, local=file), stack=stack)
        assert _deployed(stand_in) == newest(f"mwaa-platform/{file.name}")

    before = newest(f"mwaa-platform/{first.name}")
    stand_in.deploy(_template(bucket, local=first), stack=stack)
    assert _deployed(stand_in) == before  # the copy of the first deployment

    stand_in.destroy(stack)
