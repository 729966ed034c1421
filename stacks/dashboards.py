"""Dashboards of environments and of the platform, each set in the stack of its subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import aws_cdk as cdk

from config.model import Configuration
from config.watch import Watch
from config.watched_alarms import notifying_alarms
from mwaa.monitoring import sign_in
from mwaa.monitoring.alarm import Alarm, tuned
from mwaa.monitoring.environment_page import environment_page
from mwaa.monitoring.fleet_page import fleet_page
from mwaa.monitoring.metric import Subject
from mwaa_platform.operations.dashboard import add_dashboard


def show_environment(
    stack: cdk.Stack,
    watch: Watch,
    *,
    name: str,
    alarms: Iterable[Alarm],
    host_alarm: str | None,
) -> None:
    """Adds the dashboard of an environment, unless it has none.

    - `alarms`: of the environment, as they are designed.
    - `host_alarm`: name of the alarm that notifies about its host, if there is one.
    """
    if not watch.dashboard:
        return
    on = [*tuned(alarms, watch.tuning)]
    names = [f"{stack.stack_name}/{each.name}" for each in on]
    page = environment_page(
        name,
        alarms=on,
        alarm_names=[*names, host_alarm] if host_alarm else names,
        runbooks=watch.runbooks,
    )
    add_dashboard(stack, "Dashboard", name=stack.stack_name, page=page)


def show_fleet(
    stack: cdk.Stack,
    watch: Watch | None,
    *,
    configuration: Configuration,
    load_balancer: str,
    function_name: str,
) -> None:
    """Adds the dashboard of all environments and of signing in, unless there is none."""
    if watch is None or not watch.dashboard:
        return
    variables = {Subject.LOAD_BALANCER: "LoadBalancer", Subject.FUNCTION: "Authenticator"}
    signing_in: Sequence[Alarm] = (*sign_in.ENTRANCE, *sign_in.AUTHENTICATOR, *sign_in.AUDIT)
    page = fleet_page(
        configuration.app_name,
        alarms=[*tuned(signing_in, watch.tuning)],
        alarm_names=[*notifying_alarms(configuration)],
        subjects={
            Subject.PLATFORM: configuration.app_name,
            **{subject: f"${{{name}}}" for subject, name in variables.items()},
        },
        runbooks=watch.runbooks,
    )
    add_dashboard(
        stack,
        "Dashboard",
        name=stack.stack_name,
        page=page,
        variables={"LoadBalancer": load_balancer, "Authenticator": function_name},
    )
