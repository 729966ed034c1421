"""The dashboard of all environments: what fires, how people sign in, environments side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mwaa.monitoring import environment_page as of_one
from mwaa.monitoring import sign_in
from mwaa.monitoring.alarm import Alarm
from mwaa.monitoring.dashboard import Comparison, Graph, Line, Page, Row, Text, states
from mwaa.monitoring.environment import service_metric
from mwaa.monitoring.metric import Subject


def fleet_page(
    platform: str,
    *,
    alarms: Sequence[Alarm],
    alarm_names: Sequence[str],
    subjects: Mapping[Subject, str],
    runbooks: str,
) -> Page:
    """The dashboard of a platform.

    - `alarms`: those about signing in that are on.
    - `alarm_names`: names in CloudWatch of the alarms that notify.
    - `subjects`: the load balancer of the portal, its authenticator and the platform.
    - `runbooks`: address of the page with a section for each alarm.

    Only `alarm_names` makes it longer: graphs of environments search for them.
    """
    rows: list[Row] = [
        [of_one.heading(f"Platform {platform}", runbooks)],
        *states("Alarms that notify", alarm_names),
        [Text(markdown="## Signing in")],
        _signing_in(),
        [
            Text(
                markdown="## Environments\nAll of this account and Region that sent anything in "
                "the last two weeks. Of more than 20, the 20 that stand out.",
                height=2,
            )
        ],
        [
            _compared("Heartbeats of schedulers", of_one.HEARTBEATS[0], least=True),
            _compared("Age of the oldest task that waits (seconds)", of_one.OLDEST),
            _compared("Files that cannot be imported", of_one.IMPORT_ERRORS),
        ],
        [
            _compared("Tasks that run", of_one.RUNNING),
            _compared("Tasks that wait", of_one.QUEUED),
            _compared(
                "Additional workers",
                Line(
                    label="",
                    metric=of_one.count_of("AdditionalWorker"),
                    period=of_one.MINUTE,
                ),
            ),
        ],
        [
            _compared("Schedulers: CPU (per cent)", _cpu(Cluster="Scheduler")),
            _compared("First worker: CPU (per cent)", _cpu(Cluster="BaseWorker")),
            _compared("Database: CPU (per cent)", _cpu(**of_one.DATABASE)),
        ],
    ]
    return Page(rows=rows, subjects=subjects, alarms=alarms)


def _signing_in() -> Row:
    answers = sign_in.load_balancer_metric
    return [
        Graph(
            title="Sign-ins in 5 minutes",
            lines=[
                Line(label="sign-ins", metric=sign_in.audited_metric("SignIns")),
                Line(label="denials", metric=sign_in.audited_metric("Denials")),
                Line(label="failures", metric=sign_in.audited_metric("Failures")),
            ],
        ),
        Graph(
            title="Errors of the load balancer in 5 minutes",
            lines=[
                Line(label="its own answers (5xx)", metric=answers("HTTPCode_ELB_5XX_Count")),
                Line(label="of the identity provider", metric=answers("ELBAuthError")),
                Line(label="sign-ins that it refused", metric=answers("ELBAuthFailure")),
                Line(label="of targets (5xx)", metric=answers("HTTPCode_Target_5XX_Count")),
            ],
        ),
        Graph(
            title="Longest run of the authenticator (milliseconds)",
            lines=[
                Line(label="duration", metric=sign_in.function_metric("Duration", "Maximum")),
            ],
        ),
    ]


def _cpu(**dimensions: str) -> Line:
    return Line(label="", metric=service_metric("CPUUtilization", "Average", **dimensions))


def _compared(title: str, line: Line, *, least: bool = False) -> Graph:
    return Graph(title=title, lines=Comparison(metric=line.metric, period=line.period, least=least))
