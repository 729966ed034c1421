"""Files and options of an environment that change, by its template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cli.plan.application import StackState
from cli.plan.plan import FileChange, OptionChange
from cli.plan.refusals import ENVIRONMENT
from mwaa.environment_updates import HARMLESS_OPTIONS

DAGS = "Custom::DagSync"
FILES = {
    "PluginsS3Path": FileChange(
        name="plugins.zip",
        meaning="MWAA restarts the environment, which then imports the other plugins.",
    ),
    "RequirementsS3Path": FileChange(
        name="requirements.txt",
        meaning="MWAA restarts the environment and installs the packages anew.",
    ),
    "StartupScriptS3Path": FileChange(
        name="startup script",
        meaning="MWAA restarts the environment, whose containers then run the other script.",
    ),
}
"""By the property that names the file, whose name changes with its content."""
DAG_FILES = FileChange(
    name="DAGs",
    meaning="Airflow reads them within minutes; nothing restarts. Runs that go on take the new "
    "code with their next tasks.",
)


def file_changes(former: StackState, stack: StackState) -> Iterator[FileChange]:
    """The files that change, each with what that means."""
    old, new = (_properties(each, ENVIRONMENT) for each in (former, stack))
    if old and new:
        yield from (each for name, each in FILES.items() if old.get(name) != new.get(name))
    archives = [_properties(each, DAGS).get("Archive") for each in (former, stack)]
    if archives[0] != archives[1]:
        yield DAG_FILES


def option_changes(former: StackState, stack: StackState) -> Iterator[OptionChange]:
    """The Airflow configuration options that are added, changed or taken out."""
    old, new = (_options(each) for each in (former, stack))
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            action = "added" if name not in old else "changed" if name in new else "taken out"
            yield OptionChange(name=name, action=action)


def strategy(stack: StackState) -> str:
    """How the update treats running tasks: FORCED or GRACEFUL."""
    return str(_properties(stack, ENVIRONMENT).get("WorkerReplacementStrategy", "FORCED"))


def _options(stack: StackState) -> Mapping[str, Any]:
    options = _properties(stack, ENVIRONMENT).get("AirflowConfigurationOptions") or {}
    return {name: value for name, value in options.items() if name not in HARMLESS_OPTIONS}


def _properties(stack: StackState, type_: str) -> Mapping[str, Any]:
    return next((each.get("Properties") or {} for _, each in stack.of_type(type_)), {})
