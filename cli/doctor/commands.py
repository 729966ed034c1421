"""`doctor`: whether what is deployed is well."""

from __future__ import annotations

import typer

from cli.options import (
    DEFAULT_CONFIGURATION,
    DEFAULT_STATE,
    AsJson,
    ConfigurationFile,
    Local,
    State,
)


def doctor(
    *,
    configuration: ConfigurationFile = DEFAULT_CONFIGURATION,
    local: Local = False,
    state: State = DEFAULT_STATE,
    as_json: AsJson = False,
) -> None:
    """Check what is deployed, and say what to do where something is wrong.

    The exit status is 1 when something is wrong.
    """
    from cli.deployed import deployed
    from cli.doctor.checks import findings
    from cli.report import report

    with deployed(configuration=configuration, local=local, state=state) as platform:
        checklist = report(platform.configuration.app_name, platform.place, as_json=as_json)
        for finding in findings(platform):
            checklist.add(finding)
    if not checklist.conclude():
        raise typer.Exit(1)
