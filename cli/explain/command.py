"""`explain`: what is wrong with a deployment, why, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager

import typer

from cli.aws_errors import aws_errors_translated
from cli.commands import Explain
from cli.deployed import DeployedPlatform, DeployedStacks, deployed_platform, deployed_stacks
from cli.doctor.stack_states import StackState, stack_states
from cli.explain.environments import explain_environment
from cli.explain.scope import Scope
from cli.explain.stacks import explain_stacks
from cli.report import start_report
from config.outline import load_outline
from config.stack_names import stack_name
from errors import Finding, Level, PlatformError

DELETED = "DELETE_COMPLETE"
NOT_YET = "It is not deployed yet."
HOLDS_ITS_RESOURCES = re.compile("(?:CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE")


def explain(options: Explain) -> None:
    """Shows what is to be said of stacks and environments; exits with 1 where one is wrong.

    Of a configuration with mistakes it reads AppName alone, and tells of its stacks. Raises
    InputError for a name that the configuration and AWS do not have.
    """
    with _deployed(options) as deployed:
        scope = _scope(deployed)
        prefix = stack_name(deployed.outline.app_name, "")
        states = {each.stack: each for each in stack_states(deployed) if each.status != DELETED}
        chosen, environments = scope.chosen(options.name, deployed=states, prefix=prefix)
        subject = options.name or deployed.outline.app_name
        report = start_report(subject, deployed.place, as_json=options.as_json)
        for stack in sorted(chosen - states.keys()):
            report.add(Finding(level=Level.OK, subject=f"Stack {prefix}{stack}", message=NOT_YET))
        found = [state for stack, state in states.items() if stack in chosen]
        for finding in explain_stacks(deployed, found, makes=_makes(scope)):
            report.add(finding)
        for name in environments:
            report.add(_of_environment(deployed, scope, states, name))
    if not report.conclude():
        raise typer.Exit(1)


def _deployed(options: Explain) -> AbstractContextManager[DeployedStacks]:
    """The deployed platform; its stacks alone where the file has mistakes."""
    has_mistakes = not options.local and load_outline(options.configuration).mistakes
    return deployed_stacks(options) if has_mistakes else deployed_platform(options)


def _scope(deployed: DeployedStacks) -> Scope:
    return Scope.of(deployed.configuration) if isinstance(deployed, DeployedPlatform) else Scope()


def _makes(scope: Scope) -> Mapping[str, str]:
    """The environment that each stack makes."""
    return {stack: environment for environment, stack in scope.made_by.items()}


def _of_environment(
    deployed: DeployedStacks, scope: Scope, states: Mapping[str, StackState], name: str
) -> Finding:
    """The finding about an environment; that it cannot be asked is one itself."""
    stack = scope.made_by.get(name)
    state = states.get(stack) if stack else None
    is_deployed = stack is None or bool(state and HOLDS_ITS_RESOURCES.fullmatch(state.status))
    try:
        with aws_errors_translated(deployed.place):
            return explain_environment(deployed, name, is_deployed=is_deployed)
    except PlatformError as error:
        return Finding.from_error(f"Environment {name}", error)
