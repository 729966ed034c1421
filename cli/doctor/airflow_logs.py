"""What only the logs of an environment say: failed installations, and lineage that was not sent.

https://docs.aws.amazon.com/mwaa/latest/userguide/monitoring-airflow.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cli.aws_errors import DENIED, aws_errors_translated
from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from cli.explain.redaction import redacted
from errors import Finding, Level, PlatformError

if TYPE_CHECKING:
    from types_boto3_mwaa.type_defs import EnvironmentTypeDef

NO_GROUP = "ResourceNotFoundException"
INSTALLATION_STREAMS = "requirements_install"
"""How the names of the streams begin in which pip's output is."""
INSTALLED_BY = ("WebserverLogs", "WorkerLogs", "SchedulerLogs")
"""Logs of components that install the requirements, each the same."""
SENT_BY = ("TaskLogs", "SchedulerLogs")
"""Logs of components that send events: of tasks, and of runs of DAGs."""
PIP_FAILED = "ERROR"
HARMLESS = ("pip's dependency resolver does not currently",)
"""pip installs all the same, and says so of packages that were there."""
LOST = (
    "Lineage is off",
    "Events are not sent until",
    "No lineage to OpenMetadata",
    "Failed to emit OpenLineage",
)
"""What the lineage plugin of the platform, and Airflow's provider, write of what is not sent."""
LOST_WITHIN = timedelta(hours=3)
MOST_PAGES, MOST_SHOWN, LONGEST = 10, 3, 200


def check_requirements(
    platform: DeployedPlatform, environment: EnvironmentTypeDef
) -> Iterator[Finding]:
    """Yields a finding of pip's errors since the environment was changed last.

    MWAA goes on without the packages where pip fails.
    """
    name = environment.get("Name", "")
    subject = f"Requirements of {name}"
    changed = environment.get("LastUpdate", {}).get("CreatedAt") or environment.get("CreatedAt")
    group = next(iter(_groups(environment, INSTALLED_BY)), None)
    if group is None:
        yield Finding(level=Level.SKIPPED, subject=subject, message="it writes no such log")
        return
    found = _lines(
        platform,
        subject,
        group,
        since=changed or datetime.now(UTC) - timedelta(days=7),
        logStreamNamePrefix=INSTALLATION_STREAMS,
        filterPattern=PIP_FAILED,
    )
    if isinstance(found, Finding):
        yield found
        return
    errors = [each for each in found if not any(known in each for known in HARMLESS)]
    if errors:
        yield Finding(
            subject=subject,
            message=f"pip failed, so packages are missing: {_shown(errors)}",
            remedy="Correct Requirements, then deploy. All that pip said:",
            commands=(
                f"aws logs tail {group} --since 7d --log-stream-name-prefix {INSTALLATION_STREAMS}",
            ),
            code=Code.REQUIREMENTS_NOT_INSTALLED,
        )
    else:
        yield Finding(level=Level.OK, subject=subject)


def check_events(platform: DeployedPlatform, environment: EnvironmentTypeDef) -> Iterator[Finding]:
    """Yields a finding of lineage that was not sent, as tasks and the scheduler write it."""
    name = environment.get("Name", "")
    subject = f"Lineage events of {name}"
    since = datetime.now(UTC) - LOST_WITHIN
    for group in _groups(environment, SENT_BY):
        pattern = " ".join(f'?"{each}"' for each in LOST)
        found = _lines(platform, subject, group, since=since, filterPattern=pattern)
        if isinstance(found, Finding):
            yield found
            return
        if found:
            yield Finding(
                level=Level.WARNING,
                subject=subject,
                message=f"Some were not sent: {_shown(found)}",
                remedy="Look whether the token and the catalogue are well:",
                commands=(
                    f"./mwaa-platform lineage check --environment {name}",
                    f"aws logs filter-log-events --log-group-name {group} "
                    f"--filter-pattern '{pattern}'",
                ),
                code=Code.LINEAGE_EVENTS_LOST,
            )
            return
    yield Finding(level=Level.OK, subject=subject)


def _groups(environment: EnvironmentTypeDef, logs: Sequence[str]) -> Iterator[str]:
    """The log groups of those that the environment writes."""
    settings: Mapping[str, Any] = environment.get("LoggingConfiguration") or {}
    for each in logs:
        module = settings.get(each) or {}
        if module.get("Enabled") and (arn := module.get("CloudWatchLogGroupArn")):
            yield str(arn).removesuffix(":*").rpartition(":log-group:")[2]


def _lines(
    platform: DeployedPlatform, subject: str, group: str, *, since: datetime, **what: str
) -> list[str] | Finding:
    """Lines of a log, the oldest first; a finding where it cannot be read."""
    logs = platform.session.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=int(since.timestamp() * 1000), **what
    )
    try:
        with aws_errors_translated(platform.place):
            try:
                read = list(islice(pages, MOST_PAGES))
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code not in {NO_GROUP, *DENIED}:
                    raise
                there_is_none = code == NO_GROUP
                message = (
                    f"there is no log {group}" if there_is_none else "you may not read its log"
                )
                return Finding(level=Level.SKIPPED, subject=subject, message=message)
    except PlatformError as error:
        return Finding.from_error(subject, error)
    lines = [str(each["message"]).strip() for page in read for each in page["events"]]
    # A page can be empty, with others behind it.
    if not lines and read and read[-1].get("nextToken"):
        message = f"{group} is longer than what is read of it"
        return Finding(level=Level.SKIPPED, subject=subject, message=message)
    return lines


def _shown(lines: Sequence[str]) -> str:
    """The first few, each once, cut, without what may be a secret."""
    each_once = [*dict.fromkeys(redacted(each) for each in lines)]
    shown = [each if len(each) <= LONGEST else f"{each[:LONGEST]}…" for each in each_once]
    return "; ".join(shown[:MOST_SHOWN]) + ("; …" if len(shown) > MOST_SHOWN else "")
