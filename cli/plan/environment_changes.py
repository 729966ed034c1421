"""Files and options of an environment that change, by its template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from cli.deploy_command import DEPLOY, deploy_command
from cli.plan.application import StackState
from cli.plan.plan import FileChange, OptionChange
from cli.plan.refusals import ENVIRONMENT
from mwaa.bucket import OWN_FOLDER
from mwaa.environment_updates import HARMLESS_OPTIONS
from mwaa.option_changes import option_changes
from mwaa.version_moves import Move, version_move

DAGS = "Custom::DagSync"
FILES = {
    "PluginsS3Path": FileChange(
        name="plugins.zip",
        meaning="MWAA restarts the environment, which then imports the other plugins.",
        keys=frozenset({"Plugins", "Wheels"}),
    ),
    "RequirementsS3Path": FileChange(
        name="requirements.txt",
        meaning="MWAA restarts the environment and installs the packages again.",
        keys=frozenset({"Requirements", "Wheels"}),
    ),
    "StartupScriptS3Path": FileChange(
        name="startup script",
        meaning="MWAA restarts the environment, whose containers then run the other script.",
        keys=frozenset({"StartupScript"}),
    ),
}
"""By the property that names the file, whose name changes with its content."""
DAG_FILES = FileChange(
    name="DAGs",
    meaning="Airflow reads them within minutes; nothing restarts. Runs that go on take the new "
    "code with their next tasks.",
    keys=frozenset({"Dags"}),
)


def file_changes(former: StackState, stack: StackState) -> Iterator[FileChange]:
    """The files that change, each with what that means."""
    old, new = (_properties(each, ENVIRONMENT) for each in (former, stack))
    if old and new:
        yield from (
            each for name, each in FILES.items() if _named(old.get(name)) != _named(new.get(name))
        )
    archives = [_named(_properties(each, DAGS).get("Archive")) for each in (former, stack)]
    if archives[0] != archives[1]:
        yield DAG_FILES


def _named(key: Any) -> Any:
    """A file of the platform's own by its name, which tells its content, whatever its folder."""
    is_ours = isinstance(key, str) and key.startswith(OWN_FOLDER)
    return PurePosixPath(key).name if is_ours else key


def differing_options(former: StackState, stack: StackState) -> Iterator[OptionChange]:
    """The Airflow configuration options that are added, changed or taken out."""
    old, new = (_options(each) for each in (former, stack))
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            action = "added" if name not in old else "changed" if name in new else "taken out"
            yield OptionChange(name=name, action=action)


def version_move_of(former: StackState, stack: StackState) -> Move | None:
    """The move between Airflow versions; None where there is none, or one that is not known."""
    old, new = (_properties(each, ENVIRONMENT).get("AirflowVersion") for each in (former, stack))
    if not old or not new or old == new:
        return None
    try:
        return version_move(str(old), str(new))
    except KeyError:
        return None


def notes_on_sign_in(move: Move, stack: StackState) -> Iterator[str]:
    """The portal leads to the login page of the version in the file, whichever runs."""
    if move.before and move.before.partition(".")[0] != move.after.partition(".")[0]:
        yield (
            "The portal leads to the other version's login page as soon as the stack Sso is "
            "deployed. While that is ahead of the move, or behind it, nobody signs in to Airflow "
            "from there. Deploy the move alone, which can take hours, and the rest right after "
            f"it: {deploy_command(stack.id)}, then {DEPLOY}."
        )


def notes_on_options(move: Move, stack: StackState) -> Iterator[str]:
    """What a move does to the options that are set."""
    found = option_changes(move.before, move.after, list(_options(stack)))
    for names, what in (
        (found.forced, "MWAA forces another value from then on"),
        (found.released, "MWAA forced another value until now, and this one takes effect"),
        (found.removed, f"Airflow {move.after} does not have it"),
    ):
        if names:
            yield f"{', '.join(names)}: {what}."
    for name, other in found.renamed:
        yield f"{name}: it is called {other} from then on."


def strategy(stack: StackState) -> str:
    """How the update treats running tasks: FORCED or GRACEFUL."""
    return str(_properties(stack, ENVIRONMENT).get("WorkerReplacementStrategy", "FORCED"))


def _options(stack: StackState) -> Mapping[str, Any]:
    options = _properties(stack, ENVIRONMENT).get("AirflowConfigurationOptions") or {}
    return {name: value for name, value in options.items() if name not in HARMLESS_OPTIONS}


def _properties(stack: StackState, type_: str) -> Mapping[str, Any]:
    return next((each.get("Properties") or {} for _, each in stack.of_type(type_)), {})
