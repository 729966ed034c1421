"""Checks of where an environment sends lineage, before it runs and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus

from cli.airflow_api import DENIED, AirflowApi, AirflowApiError
from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from cli.lineage.checks import (
    TOKEN,
    Chosen,
    check_from_here,
    check_from_inside,
    deferred_to_airflow,
)
from cli.lineage.lineage_environment import LineageEnvironment, find_lineage_environment
from config.model import AnyEnvironment
from errors import Finding, Level
from mwaa_platform_preflight.airflow_side import PLUGIN

MOST_PLUGINS = 100
READABLE = Chosen(with_readable_tokens=True)
UNREAD = (Level.SKIPPED, TOKEN)


def check_lineage_before(
    platform: DeployedPlatform, environment: AnyEnvironment
) -> Iterator[Finding]:
    """Yields findings of secrets that exist, and of catalogues, before the environment is there.

    A secret that its stack makes is filled when that has been deployed.
    """
    if not environment.lineage:
        return
    found = find_lineage_environment(platform.configuration, environment.name)
    made = {each.id for each in found.catalogues if not each.token_secret_arn}
    yield from _told(
        found,
        (
            each
            for each in check_from_here(platform, found, READABLE)
            if not (each.subject == TOKEN and each.catalogue in made)
        ),
    )


def check_lineage(platform: DeployedPlatform, environment: AnyEnvironment) -> Iterator[Finding]:
    """Yields findings of its way to catalogues, and of its plugin."""
    found = find_lineage_environment(platform.configuration, environment.name)
    yield from _told(found, check_from_here(platform, found, READABLE), platform)
    yield _plugin(platform, environment.name)


def _told(
    found: LineageEnvironment,
    from_here: Iterable[Finding],
    inside: DeployedPlatform | None = None,
) -> Iterator[Finding]:
    # From another network than Airflow's little is learnt of the way.
    findings = [deferred_to_airflow(each) for each in from_here]
    if inside and found.lineage.preflight and found.is_new:
        findings += check_from_inside(inside, found)
    wrong = [each for each in findings if each.is_wrong]
    yield from (replace(each, code=Code.LINEAGE_BROKEN) for each in wrong)
    if wrong:
        return
    subject = f"Lineage of {found.entry.name}"
    unread = [each.catalogue for each in findings if (each.level, each.subject) == UNREAD]
    if unread:
        message = f"your role may not read the token of {', '.join(filter(None, unread))}"
        yield Finding(level=Level.SKIPPED, subject=subject, message=message)
    else:
        names = ", ".join(each.id for each in found.catalogues)
        yield Finding(level=Level.OK, subject=subject, message=f"to {names}")


def _plugin(platform: DeployedPlatform, name: str) -> Finding:
    """Whether Airflow lists the plugin that points it at catalogues; Op may see the list."""
    subject = f"Lineage plugin of {name}"
    airflow = AirflowApi(platform.session.client("mwaa"), name)
    try:
        listed = airflow.request("GET", "/plugins", query={"limit": MOST_PLUGINS})["plugins"]
    except AirflowApiError as error:
        if HTTPStatus(error.status) not in DENIED:
            return Finding.from_error(subject, error)
        return Finding(
            level=Level.SKIPPED,
            subject=subject,
            message="your role in Airflow may not list plugins; Op may",
        )
    if any(each.get("name") == PLUGIN for each in listed):
        return Finding(level=Level.OK, subject=subject)
    return Finding(
        subject=subject,
        message=f"{PLUGIN} of plugins.zip is not loaded, so no lineage is sent.",
        remedy="Deploy, which brings it. If it was deployed, the log says why it does not load:",
        commands=(f"aws logs tail airflow-{name}-WebServer --since 3h --filter-pattern Lineage",),
        code=Code.LINEAGE_PLUGIN_MISSING,
    )
