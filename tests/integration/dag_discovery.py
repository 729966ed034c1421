"""DAGs that the Airflows of a running platform have read, from their databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path, PurePosixPath

from local.aws_stand_in import AwsStandIn
from tests.waits import wait_until

FOUND = "select fileloc from dag where dag_id in (select dag_id from serialized_dag)"


def wait_for_dags(environments: Iterable[str], *, cloud: AwsStandIn, state: Path) -> None:
    """Wait until each Airflow has read the DAGs of its bucket, some time after it answers."""
    for environment in environments:
        version, shipped = _shipped(environment, cloud)
        database = state / "airflow" / environment / f"airflow-{version}.db"
        wait_until(
            f"Airflow of {environment} has read {shipped}",
            lambda: shipped <= _found(database),  # noqa: B023 - it is called within this round
        )


def _shipped(environment: str, cloud: AwsStandIn) -> tuple[str, set[str]]:
    """The version, and the names of the Python files in the DAG folder."""
    deployed = cloud.session.client("mwaa").get_environment(Name=environment)["Environment"]
    bucket = deployed["SourceBucketArn"].rpartition(":")[2]
    folder = PurePosixPath(deployed["DagS3Path"])
    listed = cloud.session.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"{folder}/")[
        "Contents"
    ]
    keys = [PurePosixPath(each["Key"]) for each in listed]
    names = {key.name for key in keys if key.parent == folder and key.suffix == ".py"}
    return deployed["AirflowVersion"], names


def _found(database: Path) -> set[str]:
    """The names of the files whose DAGs can be run."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        return {PurePosixPath(row[0]).name for row in connection.execute(FOUND)}
