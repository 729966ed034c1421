"""`logs`: the line that a person's error page names, or the log of an environment's component."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import console
from cli.authenticator_log import log_groups, records
from cli.commands import Logs
from cli.deployed import DeployedPlatform, deployed_platform
from cli.lookup import find_environment, option_error
from cli.spans import parse_span
from errors import PlatformError

REFERENCE = re.compile(r"[0-9a-f]{16}")
COMPONENTS = {
    "dag-processing": "DAGProcessing",
    "scheduler": "Scheduler",
    "task": "Task",
    "web-server": "WebServer",
    "worker": "Worker",
}
"""MWAA's log groups are airflow-<environment>-<component>.

https://docs.aws.amazon.com/mwaa/latest/userguide/monitoring-airflow.html
"""
AS_LONG_AS_KEPT = timedelta(days=400)
POLL_SECONDS = 3.0


def logs(options: Logs) -> None:
    """Shows the lines. Raises InputError for wrong options, PlatformError where there are none."""
    _check(options)
    with deployed_platform(options) as platform:
        if options.reference:
            _show_decision(platform, options)
        else:
            with suppress(KeyboardInterrupt):
                _show_component(platform, options)


def _check(options: Logs) -> None:
    if bool(options.reference) == bool(options.environment):
        raise option_error(
            "REFERENCE", "Name what to look for.", "Give a reference, or --environment."
        )
    if options.reference and not REFERENCE.fullmatch(options.reference):
        raise option_error(
            "REFERENCE",
            f"{console.printable(options.reference)} is not one.",
            "It has 16 digits and letters from a to f, at the end of a person's error page.",
        )
    if options.component not in COMPONENTS:
        raise option_error(
            "--component",
            f"There is no component {console.printable(options.component)}.",
            f"It is one of {', '.join(COMPONENTS)}.",
        )


def _since(text: str | None, default: timedelta) -> datetime:
    span = default if text is None else parse_span("--since", text)
    return datetime.now(UTC) - span


def _show_decision(platform: DeployedPlatform, options: Logs) -> None:
    reference = str(options.reference)
    since = _since(options.since, AS_LONG_AS_KEPT)
    found = [
        record
        for group in log_groups(platform)
        for record in records(platform, group, containing=reference, since=since)
        if record.get("reference") == reference
    ]
    if not found:
        raise PlatformError(
            f"No line has the reference {reference}.",
            place=", ".join(log_groups(platform)),
            remedy="A line can come a minute late. Look at the account and Region, and at --since.",
        )
    for record in found:
        if options.as_json:
            console.data(record)
        else:
            console.table(
                ("field", "says"),
                [(key, _text(each)) for key, each in record.items() if key != "_aws"],
            )


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _show_component(platform: DeployedPlatform, options: Logs) -> None:
    name = find_environment(str(options.environment), platform.configuration).name
    group = f"airflow-{name}-{COMPONENTS[options.component]}"
    since = _since(options.since, timedelta(hours=1))
    seen: set[str] = set()
    while True:
        for event in _events(platform, group, since):
            if event["eventId"] not in seen:
                seen.add(event["eventId"])
                when = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                since = max(since, when)
                _show_line(event, when, as_json=options.as_json)
        if not options.follow:
            if not seen:
                console.remark(_nothing(group, since, platform))
            return
        time.sleep(POLL_SECONDS)


def _show_line(event: Any, when: datetime, *, as_json: bool) -> None:
    """Shows a line of a log, or writes it as JSON on one line."""
    message = event["message"].rstrip("\n")
    if as_json:
        shown = {"time": when.isoformat(), "stream": event["logStreamName"], "message": message}
        console.data(shown, indent=None)
    else:
        console.line(f"{when:%Y-%m-%d %H:%M:%S}  {console.printable(message)}")


def _nothing(group: str, since: datetime, platform: DeployedPlatform) -> str:
    """What to say, beside the output, where there is no line."""
    nothing = f"{group} has no line since {since:%Y-%m-%d %H:%M} UTC."
    if platform.run is None:
        return nothing
    return f"{nothing} With --local, Airflow writes to airflow/<name>/logs in the state folder."


def _events(platform: DeployedPlatform, group: str, since: datetime) -> Iterator[Any]:
    logs = platform.session.client("logs")
    try:
        for page in logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(since.timestamp() * 1000)
        ):
            yield from page["events"]
    except logs.exceptions.ResourceNotFoundException:
        raise PlatformError(
            f"There is no log group {group}.",
            place=platform.place,
            remedy="Look whether the environment is deployed, and whether it writes this log.",
        ) from None
