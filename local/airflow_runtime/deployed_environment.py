"""What an environment runs with, read back from the account that it was deployed to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from errors import PlatformError


@dataclass(frozen=True, kw_only=True)
class DeployedEnvironment:
    """The files and settings that the service would start an environment with.

    `plugins`, `requirements` and `startup_script` are copies of the objects that the environment
    names, None where it names none. `options` are its Airflow configuration options, `dags` the S3
    location of its DAG folder, "s3://bucket/path/", `execution_role` the ARN of the role that it
    acts under.
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
    environment: str, client: Callable[[str], Any], directory: Path
) -> DeployedEnvironment:
    """Download the files that a deployed environment names into `directory`.

    `client` makes a boto3 client of a service. Raises PlatformError when the environment or one of
    its files is not there.
    """
    directory.mkdir(parents=True, exist_ok=True)
    try:
        deployed = client("mwaa").get_environment(Name=environment)["Environment"]
        bucket = deployed["SourceBucketArn"].rpartition(":")[2]
        s3 = client("s3")

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
            dags=f"s3://{bucket}/{deployed['DagS3Path'].strip('/')}/",
            execution_role=deployed["ExecutionRoleArn"],
        )
    except (BotoCoreError, ClientError) as error:
        raise PlatformError(
            f"What was deployed for {environment} could not be read back.",
            place=f"environment {environment}",
            remedy=f"The AWS stand-in said: {error}. Run `down`, then `up` again.",
        ) from error
