"""UpdateEnvironment as MWAA does it: a patch that takes a while, and keeps versions of files.

- What a call leaves out stays as it was. CloudFormation leaves out what is not in the template.
- MWAA finds out the object version of a file that is given without one, and keeps it: also when the
  path changes, where that version does not exist.
- An environment passes through CREATING or UPDATING, and takes no update meanwhile. When an update
  fails, it has the former settings and the status UPDATE_FAILED.

The sources are in `mwaa/environment_updates.py`; the errors' texts are the stand-in's own.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from ministack.services import s3

from local.aws.adapter import networks
from local.aws.adapter.handlers import Properties

Environment = dict[str, Any]

SETTLING_SECONDS = 0.2
"""Instead of the half hour that MWAA takes."""
POLL_SECONDS = 0.02

AVAILABLE, FAILED = "AVAILABLE", "UPDATE_FAILED"
TRANSITIONAL = ("CREATING", "UPDATING")

# The parameters of UpdateEnvironment that stay; a strategy is of one update.
UPDATABLE = (
    "AirflowConfigurationOptions",
    "AirflowVersion",
    "DagS3Path",
    "EnvironmentClass",
    "ExecutionRoleArn",
    "LoggingConfiguration",
    "MaxWebservers",
    "MaxWorkers",
    "MinWebservers",
    "MinWorkers",
    "NetworkConfiguration",
    "PluginsS3ObjectVersion",
    "PluginsS3Path",
    "RequirementsS3ObjectVersion",
    "RequirementsS3Path",
    "Schedulers",
    "SourceBucketArn",
    "StartupScriptS3ObjectVersion",
    "StartupScriptS3Path",
    "WebserverAccessMode",
    "WeeklyMaintenanceWindowStart",
)
# A call gives some of their members, such as the security groups without the subnets.
MERGED = ("LoggingConfiguration", "NetworkConfiguration")
FILES = ("Plugins", "Requirements", "StartupScript")


def patch(environment: Environment, changes: Properties) -> None:
    """Begins an update; raises ValueError when the environment takes none.

    `changes` are parameters of UpdateEnvironment; null is the same as absent.
    """
    status = environment["Status"]
    if status not in (AVAILABLE, FAILED):
        raise ValueError(f"Environment {environment['Name']} takes no update while {status}.")
    require_move(
        str(environment.get("AirflowVersion") or ""), str(changes.get("AirflowVersion") or "")
    )
    given = {key: changes[key] for key in UPDATABLE if changes.get(key) is not None}
    for key in MERGED:
        if key in given:
            given[key] = {**environment.get(key, {}), **given[key]}
    if network := given.get("NetworkConfiguration"):
        networks.check_environment(network)
    problem = None
    try:
        given |= files({**environment, **given})
    except ValueError as error:
        problem = str(error)
    else:
        environment.update(given)
    begin(
        environment,
        status="UPDATING",
        problem=problem,
        strategy=changes.get("WorkerReplacementStrategy") or "FORCED",
    )


def require_move(before: str, after: str) -> None:
    """Raises ValueError for a move between Airflow 2 and 3 that does not begin or end with 2.11.

    https://docs.aws.amazon.com/mwaa/latest/userguide/upgrading-environment.html
    """
    majors = {each.partition(".")[0] for each in (before, after) if each}
    if len(majors) > 1 and not any(each.startswith("2.11.") for each in (before, after)):
        raise ValueError(f"An environment does not move from Airflow {before} to {after}")


def begin(
    environment: Environment,
    *,
    status: str,
    problem: str | None = None,
    strategy: str | None = None,
) -> None:
    """Gives an environment a transitional status, which ends after a while."""
    update: dict[str, Any] = {"Status": "PENDING", "CreatedAt": time.time()}
    if strategy:
        update["WorkerReplacementStrategy"] = strategy
    environment |= {"Status": status, "LastUpdate": update}
    threading.Timer(SETTLING_SECONDS, _settle, (environment, problem)).start()


def wait(environment: Environment) -> None:
    """Waits until a transitional status has ended."""
    while environment["Status"] in TRANSITIONAL:
        time.sleep(POLL_SECONDS)


def files(environment: Environment) -> dict[str, str]:
    """The object versions of an environment's files, by parameter; those it has, or the newest.

    Raises ValueError for a file, or a version of it, that does not exist.
    """
    bucket = str(environment["SourceBucketArn"]).rpartition(":")[2]
    if bucket not in s3._buckets:
        raise ValueError(f"The source bucket {bucket} does not exist")
    versions = {}
    for file in FILES:
        path, version = f"{file}S3Path", f"{file}S3ObjectVersion"
        if key := environment.get(path):
            found = _versions(bucket, key)
            if not found:
                raise ValueError(f"{path}: there is no {key} in {bucket}")
            if environment.get(version, found[-1]) not in found:
                raise ValueError(f"{version}: {key} has no version {environment[version]}")
            versions[version] = environment.get(version, found[-1])
    return versions


def _versions(bucket: str, key: str) -> list[str]:
    """The versions of an object, the newest last."""
    if s3._bucket_versioning.get(bucket) != "Enabled":
        raise ValueError(f"The source bucket {bucket} has no versioning")
    return [
        each["version_id"]
        for each in s3._object_versions.get((bucket, key), ())
        if not each.get("is_delete_marker")
    ]


def _settle(environment: Environment, problem: str | None) -> None:
    error = {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": problem}
    outcome = {"Status": "FAILED", "Error": error} if problem else {"Status": "SUCCESS"}
    environment["LastUpdate"] = {**environment["LastUpdate"], **outcome}
    environment["Status"] = FAILED if problem else AVAILABLE
