"""`plan`: compares the configuration with what is deployed, or with a revision of git."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import console
from cli.commands import Plan as Options
from cli.lookup import check_one_form, option_error
from cli.markdown import error_as_markdown
from cli.plan.as_json import as_json, error_as_json
from cli.plan.consequences import plan as compare
from cli.plan.execution_roles import unseen_roles
from cli.plan.existing_networks import (
    environments_made,
    needs_of_networks,
    notes_on_ways,
    ways_made,
)
from cli.plan.markdown import NOT_TOLD, TITLE, markdown
from cli.plan.money import money_between
from cli.plan.own_files import Names, own_files
from cli.plan.plan import Cause, Plan, StackPlan
from cli.plan.revision import Revision, checked_out, synthesise_revision
from cli.plan.synthesis import check_name, synthesise
from cli.plan.text import show
from config.loader import load_configuration
from config.model import Configuration
from config.stack_names import Kind
from errors import PlatformError

DOING = "Comparing what would be deployed"


def plan(options: Options) -> None:
    """Writes the plan and ends with its exit status.

    Raises InputError for a wrong configuration or option, PlatformError where nothing can be told;
    programs, and a pull request, are told so as well.
    """
    try:
        made = _made(options)
    except PlatformError as error:
        if options.as_json:
            console.data(error_as_json(error))
        elif options.as_markdown:
            console.text(error_as_markdown(TITLE, NOT_TOLD, error))
        raise
    allowed = frozenset(options.allow_replacement or ())
    if options.as_json:
        console.data(as_json(made, allowed))
    elif options.as_markdown:
        console.text(markdown(made, allowed))
    else:
        show(made, allowed)
    sys.exit(made.exit_status(allowed))


def _made(options: Options) -> Plan:
    _check(options)
    with console.waiting(DOING):
        if options.since is not None:
            return _since(options, options.since)
        # Without AWS's SDK, whose import is a tenth of a plan since a revision.
        from cli.plan.against_deployed import plan_of_file  # noqa: PLC0415

        return plan_of_file(options)


def _check(options: Options) -> None:
    check_one_form(as_json=options.as_json, as_markdown=options.as_markdown)
    if options.since is not None and options.local:
        raise option_error("--local", "--since compares with git alone.", "Give one of them.")
    if not options.local:
        check_name(options.configuration)


def _since(options: Options, name: str) -> Plan:
    configuration = load_configuration(options.configuration)
    with checked_out(name, options.configuration) as revision, ThreadPoolExecutor(2) as pool:
        after = pool.submit(synthesise, options.configuration)
        before = synthesise_revision(revision)
        made = compare(before, after.result(), described=f"revision {revision.title}")
        former = _at(revision)
        money = money_between(options.prices, former, configuration)
        files = own_files(former, configuration) if former else {}
    return replace(
        made,
        stacks=tuple(_with_own_files(each, files) for each in made.stacks),
        notes=(
            *_notes(revision),
            *needs_of_networks(configuration, environments_made(made)),
            *notes_on_ways(configuration, ways_made(made)),
        ),
        is_release_seen=not revision.differs,
        money=money,
        roles=tuple(unseen_roles(former, configuration)),
    )


def _with_own_files(stack: StackPlan, files: Names) -> StackPlan:
    """The stack with the team's files that differ; where none does, its files are the release's."""
    own = files.get(stack.environment or "") if stack.kind is Kind.ENVIRONMENT else None
    if own is None:
        return stack
    cause = Cause.RELEASE if stack.cause is Cause.UNKNOWN and not own else stack.cause
    return replace(stack, own_files=own, cause=cause)


def _notes(revision: Revision) -> list[str]:
    notes = ["Grants that people added by hand are not part of the plan; they stay as they are."]
    if revision.differs:
        notes.append(
            f"{' and '.join(revision.differs)} is not that of {revision.title}, so its "
            "configuration was synthesised by today's code: what the release of the platform "
            "itself changes is not seen."
        )
    return notes


def _at(revision: Revision) -> Configuration | None:
    try:
        return load_configuration(revision.configuration, with_wheels=False)
    except PlatformError:
        return None
