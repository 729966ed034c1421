"""`explain`: what is wrong with a deployment, why, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

import typer

import console
from cli.aws_errors import aws_errors_translated
from cli.commands import Explain
from cli.deployed import DeployedPlatform, deployed_platform
from cli.doctor.stack_states import StackState, stack_states
from cli.explain.environments import explain_environment
from cli.explain.stacks import explain_stacks
from cli.lookup import COMMAND_LINE
from cli.report import start_report
from config.model import AnyEnvironment
from config.nearest import nearest
from config.quick_start import QuickStart
from config.stack_names import Kind, kind_of, stack_id, stack_name, stacks
from errors import Finding, InputError, Level, PlatformError

DELETED = "DELETE_COMPLETE"
NOT_YET = "It is not deployed yet."
HOLDS_ITS_RESOURCES = re.compile("(?:CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE")


def explain(options: Explain) -> None:
    """Shows what is to be said of stacks and environments; exits with 1 where one is wrong.

    Raises InputError for a name that the configuration and AWS do not have.
    """
    with deployed_platform(options) as platform:
        states = {each.stack: each for each in stack_states(platform) if _is_ours(each)}
        chosen, environments = _chosen(platform, states, options.name)
        subject = options.name or platform.outline.app_name
        report = start_report(subject, platform.place, as_json=options.as_json)
        for stack in sorted(chosen - states.keys()):
            full_name = stack_name(platform.outline.app_name, stack)
            report.add(Finding(level=Level.OK, subject=f"Stack {full_name}", message=NOT_YET))
        for finding in explain_stacks(
            platform, [states[each] for each in states if each in chosen]
        ):
            report.add(finding)
        for name in environments:
            report.add(_of_environment(platform, states, name))
    if not report.conclude():
        raise typer.Exit(1)


def _is_ours(state: StackState) -> bool:
    return state.status != DELETED and kind_of(state.stack) is not None


def _of_environment(
    platform: DeployedPlatform, states: Mapping[str, StackState], name: str
) -> Finding:
    """The finding about an environment; that it cannot be asked is one itself."""
    own = {each.name: each for each in platform.configuration.new_environments}.get(name)
    state = states.get(stack_id(Kind.ENVIRONMENT, own)) if own else None
    is_deployed = own is None or bool(state and HOLDS_ITS_RESOURCES.fullmatch(state.status))
    try:
        with aws_errors_translated(platform.place):
            return explain_environment(platform, name, is_deployed=is_deployed)
    except PlatformError as error:
        return Finding.from_error(f"Environment {name}", error)


def _chosen(
    platform: DeployedPlatform, states: Mapping[str, StackState], name: str | None
) -> tuple[AbstractSet[str], Sequence[str]]:
    """The stacks and environments that a name means: all of them where there is none.

    An environment's name means its stacks too, and a stack's name the environment that it is about.
    """
    about = {stack.id: _environment(stack.about) for stack in stacks(platform.configuration)}
    environments = dict.fromkeys([*platform.environments, *filter(None, about.values())])
    known = {**dict.fromkeys(states), **about}
    if name is None:
        return known.keys(), [*environments]
    if name in environments:
        return {stack for stack, of in about.items() if of == name}, [name]
    stack = name.removeprefix(stack_name(platform.outline.app_name, ""))
    if stack not in known:
        raise _unknown(name, [*known, *environments])
    return {stack}, [of] if (of := known[stack]) else []


def _environment(about: AnyEnvironment | QuickStart | None) -> str | None:
    match about:
        case None:
            return None
        case QuickStart():
            return about.mwaa_environment_name
    return about.name


def _unknown(name: str, known: Collection[str]) -> InputError:
    near = nearest(name, known)
    finding = Finding(
        subject=console.printable(name),
        message="This is neither a stack nor an environment of the configuration.",
        remedy=f"Did you mean {near}?" if near else f"There are: {', '.join(sorted(known))}.",
    )
    return InputError(COMMAND_LINE, [finding])
