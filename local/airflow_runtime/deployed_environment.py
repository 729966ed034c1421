"""A deployed environment's files and settings, read from its AWS account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from errors import PlatformError


@dataclass(frozen=True, kw_only=True)
class DeployedEnvironment:
    """The files and settings of a deployed environment.

    `plugins`, `requirements` and `startup_script` are copies of the environment's S3 objects, None
    where it has none. `options` are its Airflow configuration options, `dags` is the S3 location of
    its DAG folder, "s3://bucket/path/", `execution_role` the ARN of its role.
    """

    version: str
    plugins: Path | None
    requirements: Path | None
    startup_script: Path | None
    options: Mapping[str, str]
    bucket: str
    dags: str
    execution_role: str


def download_environment(
    environment: str, session: boto3.Session, directory: Path
) -> DeployedEnvironment:
    """Downloads the files of a deployed environment into `directory`.

    Raises PlatformError when the environment or one of its files does not exist.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with _reading_back(environment):
        deployed = _described(environment, session)
        bucket = _bucket(deployed)
        s3 = session.client("s3")

        def download(file: str, name: str) -> Path | None:
            if not (key := deployed.get(f"{file}S3Path")):
                return None
            version = deployed.get(f"{file}S3ObjectVersion")
            arguments = {"VersionId": version} if version else {}
            path = directory / name
            s3.download_file(bucket, key, str(path), ExtraArgs=arguments)
            return path

        return DeployedEnvironment(
            version=deployed["AirflowVersion"],
            plugins=download("Plugins", "plugins.zip"),
            requirements=download("Requirements", "requirements.txt"),
            startup_script=download("StartupScript", "startup.sh"),
            options=deployed.get("AirflowConfigurationOptions", {}),
            bucket=bucket,
            dags=_dags(deployed),
            execution_role=deployed["ExecutionRoleArn"],
        )


def dag_location(environment: str, session: boto3.Session) -> str:
    """The S3 location of a deployed environment's DAG folder, "s3://bucket/path/".

    Raises PlatformError when the environment does not exist.
    """
    with _reading_back(environment):
        return _dags(_described(environment, session))


def _described(environment: str, session: boto3.Session) -> Mapping[str, Any]:
    described: Mapping[str, Any] = session.client("mwaa").get_environment(Name=environment)
    deployed: Mapping[str, Any] = described["Environment"]
    return deployed


def _bucket(deployed: Mapping[str, Any]) -> str:
    return str(deployed["SourceBucketArn"]).rpartition(":")[2]


def _dags(deployed: Mapping[str, Any]) -> str:
    return f"s3://{_bucket(deployed)}/{deployed['DagS3Path'].strip('/')}/"


@contextmanager
def _reading_back(environment: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise PlatformError(
            f"What was deployed for {environment} could not be read back.",
            place=f"environment {environment}",
            remedy=f"The AWS stand-in said: {error}. Run `down`, then `up` again.",
        ) from error
