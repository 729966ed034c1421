"""Checks of an environment: its state in MWAA, its Airflow, and where it sends lineage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cli.airflow_health import AirflowHealth, airflow_health
from cli.aws_errors import aws_errors_translated
from cli.deployed import DeployedPlatform
from cli.doctor.airflow_logs import check_events, check_requirements
from cli.doctor.codes import Code
from cli.doctor.lineage import check_lineage, check_lineage_before
from cli.explain.environments import NOT_THERE, explain_answer, missing_environment
from config.environments import ExistingEnvironment
from config.model import AnyEnvironment
from config.stack_names import Kind, Stack
from errors import Finding, Level, PlatformError

if TYPE_CHECKING:
    from types_boto3_mwaa.type_defs import EnvironmentTypeDef

RUNS = {"AVAILABLE", "UPDATE_FAILED"}
"""Statuses in which its Airflow answers for sure."""
_DELETED = "If that is meant, take it out of the file. Else deploy again once it is gone."
LEAVES = {"DELETING": _DELETED, "DELETED": _DELETED}
"""What to do in statuses of one that the file has, and MWAA soon has no more."""
WAIT = "Wait until it is AVAILABLE, then deploy again: it continues."
MOST_NAMED = 5
INSTALLATION = (
    "aws logs tail airflow-{name}-WebServer --since 3h "
    "--log-stream-name-prefix requirements_install"
)


def check_environments(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields the findings of every environment of the configuration."""
    for environment in platform.configuration.environments:
        yield from check_environment(platform, environment)


def check_environment(
    platform: DeployedPlatform,
    environment: AnyEnvironment,
    *,
    before: AirflowHealth | None = None,
    looks_back: bool = True,
    is_settled: bool = False,
) -> Iterator[Finding]:
    """Yields findings of its state, of Airflow's health, and of its way to catalogues.

    With `before`, the health that it had before a deployment, only import errors beyond those of
    then are wrong. Without `looks_back`, lineage that was lost earlier is not looked for. Where it
    should be `is_settled`, a state that passes is wrong too.
    """
    if not _is_deployed(platform, environment):
        yield from check_lineage_before(platform, environment)
        return
    described = _described(platform, environment.name)
    if described is None:
        yield replace(missing_environment(environment.name), code=Code.ENVIRONMENT_MISSING)
        return
    state = explain_answer(described, now=datetime.now(UTC))
    status = described.get("Status")
    if not state.is_wrong and (status in LEAVES or (is_settled and status not in RUNS)):
        state = replace(state, level=Level.WARNING, remedy=LEAVES.get(str(status), WAIT))
    yield replace(state, code=Code.ENVIRONMENT_NOT_WELL)
    if status not in RUNS:
        return
    yield from check_requirements(platform, described)
    version = described.get("AirflowVersion", "")
    subject = f"Airflow of {environment.name}"
    try:
        with aws_errors_translated(platform.place):
            health = airflow_health(platform.session, environment.name, version)
    except PlatformError as error:
        yield Finding.from_error(subject, error, code=Code.AIRFLOW_DOES_NOT_ANSWER)
        return
    yield from _findings(environment.name, health, before)
    if environment.lineage:
        yield from check_lineage(platform, environment)
        if looks_back:
            yield from check_events(platform, described)


def _is_deployed(platform: DeployedPlatform, environment: AnyEnvironment) -> bool:
    """Whether its stack is there; that it is missing is found by another check."""
    return isinstance(environment, ExistingEnvironment) or platform.has(
        Stack(Kind.ENVIRONMENT, environment).id
    )


def _described(platform: DeployedPlatform, name: str) -> EnvironmentTypeDef | None:
    try:
        return platform.session.client("mwaa").get_environment(Name=name)["Environment"]
    except ClientError as error:
        if error.response["Error"]["Code"] != NOT_THERE:
            raise
        return None


def _findings(name: str, health: AirflowHealth, before: AirflowHealth | None) -> Iterator[Finding]:
    subject = f"Airflow of {name}"
    if health.unhealthy:
        yield Finding(
            subject=subject,
            message=f"No recent heartbeat: {', '.join(health.unhealthy)}. Last of the scheduler: "
            f"{health.heartbeat or 'never'}.",
            remedy="Look at its log; a restart (any update of the environment) brings it back:",
            commands=(f"aws logs tail airflow-{name}-Scheduler --since 1h",),
            code=Code.AIRFLOW_WITHOUT_HEARTBEAT,
        )
    else:
        yield Finding(level=Level.OK, subject=subject, message="Its components are healthy.")
    known = before.import_error_count if before else 0
    if health.import_error_count > known:
        yield _import_errors(name, health, before)


def _import_errors(name: str, health: AirflowHealth, before: AirflowHealth | None) -> Finding:
    former = set(before.import_errors) if before else set()
    added = [each for each in health.import_errors if each not in former] or health.import_errors
    named = ", ".join(added[:MOST_NAMED]) + (", …" if len(added) > MOST_NAMED else "")
    count, known = health.import_error_count, before.import_error_count if before else 0
    files = "1 file of DAGs cannot" if count == 1 else f"{count} files of DAGs cannot"
    return Finding(
        level=Level.ERROR if before else Level.WARNING,
        subject=f"DAGs of {name}",
        message=f"{files} be imported" + (f", {known} before" if before else "") + f": {named}.",
        remedy="Airflow's list of DAGs shows why. Where a package is missing, look whether the "
        "requirements were installed:",
        commands=(INSTALLATION.format(name=name),),
        code=Code.DAGS_NOT_IMPORTED,
    )
