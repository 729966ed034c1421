"""`grants add`, `grants remove` and `grants import`: changes of manual grants.

Everything is validated, and tried against the table, before anything is written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import console
from authenticator.grants import EVERY_ENVIRONMENT, TableGrant
from cli.deploy_command import deploy_command
from cli.deployed import deployed_platform
from cli.grants import csv_import, views
from cli.grants.blocking import restore_blocks, warn_of_blocked
from cli.grants.commands import AddGrants, ImportGrants, RemoveGrants
from cli.grants.grant_changes import ExpiryConflictError, GrantChange, Terms, adding, removing
from cli.grants.grant_input import (
    RequestedGrants,
    principals,
    requested_environments,
    requested_terms,
    validate_entry,
    validate_roles,
)
from cli.grants.table_client import MANUAL, GrantsTableClient, grants_table
from cli.lookup import COMMAND_LINE, option_error
from config.nearest import nearest
from config.stack_names import Kind
from errors import Finding, InputError, PlatformError

OPTIONS = {
    "User": "--user",
    "Subject": "--subject",
    "Group": "--group",
    "Environments": "--environment",
    "Roles": "--role",
    "Expires": "--until",
}
DECLARED_REMEDY = f"Take it out there and deploy: {deploy_command(Kind.GRANTS)}"


def add_grants(options: AddGrants) -> None:
    """Adds manual grants; raises InputError for wrong options."""
    with deployed_platform(options) as platform:
        requested = _requested(options, platform.environments)
        table = grants_table(platform)
        changes = _apply(
            table,
            requested,
            source=COMMAND_LINE,
            subject=lambda _grant: "--until",
            dry_run=options.dry_run,
        )
        _report(changes, dry_run=options.dry_run)
        _report_declared_as_well(table, requested)
        warn_of_blocked(table, requested)
        views.warn_of_addresses(requested, instead="--user {}")
    views.warn_of_decision(platform.configuration)


def remove_grants(options: RemoveGrants) -> None:
    """Removes manual grants; raises PlatformError where there is none that matches."""
    environments = requested_environments(options.environments, every=options.all_environments)
    roles = options.roles or []
    with deployed_platform(options) as platform:
        chosen = principals(options.users, options.subjects, options.groups)
        _require_somebody(chosen)
        validate_roles(roles)
        table = grants_table(platform)
        every = list(table.grants_of(chosen))
        for principal in chosen:
            own = [grant for grant in every if grant.principal == principal]
            _require_removable(principal, own, environments, roles, table)
        changes: list[GrantChange] = []
        for principal in chosen:
            update = removing(environments, roles)
            changes += table.change(principal, update, dry_run=options.dry_run)
        left = every if options.dry_run else list(table.grants_of(chosen))
    _report(changes, dry_run=options.dry_run)
    views.warn_of_decision(platform.configuration)
    _warn_of_what_is_left(left, changes, environments, roles)


def _warn_of_what_is_left(
    grants: Iterable[TableGrant],
    changes: Iterable[GrantChange],
    environments: Collection[str],
    roles: Sequence[str],
) -> None:
    """Warns of grants that still open what was taken away: declared ones, and others by hand.

    One for every environment opens each, and each is one of every environment.
    """
    everywhere = not environments or EVERY_ENVIRONMENT in environments
    opening = [] if everywhere else [*environments, EVERY_ENVIRONMENT]
    changed = {(each.principal, each.environment) for each in changes}
    for grant in _matching(grants, opening, roles):
        is_declared = grant.source != MANUAL
        if not grant.active or (
            (grant.principal, grant.environment) in changed and not is_declared
        ):
            continue
        if is_declared:
            console.warn(f"cdk.context.json still declares: {_sentence(grant)}. {DECLARED_REMEDY}")
        else:
            where = (
                "--all-environments"
                if grant.environment == EVERY_ENVIRONMENT
                else f"--environment {grant.environment}"
            )
            console.warn(f"By hand still: {_sentence(grant)}. To take it away: {where}")


def import_grants(options: ImportGrants) -> None:
    """Adds the grants of a CSV file; raises InputError with all findings about it."""
    source = "standard input" if str(options.file) == "-" else str(options.file)
    with deployed_platform(options) as platform:
        file = csv_import.read_grants_file(
            _content(options.file), source=source, environments=platform.environments
        )
        requested, lines = file.requested, file.lines
        table = grants_table(platform)
        changes = _try(
            table,
            requested,
            source=source,
            subject=lambda grant: f"line {lines[grant.principal, grant.environment]}, until",
        )
        # First the blocks: no moment, and no failure, may leave the grants without them.
        blocked = restore_blocks(table, platform, file.blocks, dry_run=options.dry_run)
        if not options.dry_run:
            changes = _write(table, requested, source)
        warn_of_blocked(table, requested)
        views.warn_of_addresses(requested, instead="{} in the column user")
    if changes or not blocked:
        _report(changes, dry_run=options.dry_run)
    _say_left_out(file)
    unchanged = sum(map(len, requested.values())) - len(changes)
    if changes and unchanged:
        console.say(f"{unchanged} more stood in the table already.")
    views.warn_of_decision(platform.configuration)


def _say_left_out(file: csv_import.CsvGrants) -> None:
    if file.declared:
        console.say(
            f"{file.declared} declared in cdk.context.json left out: a new stack {Kind.GRANTS} "
            "writes them, and one that is there does so when `Grants` changes."
        )
    if file.ended:
        console.say(f"{file.ended} left out that have ended.")
    if file.gone:
        console.warn(
            f"{sum(file.gone.values())} left out, of environments that cdk.context.json does not "
            f"have: {', '.join(sorted(file.gone))}."
        )


def _content(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise PlatformError(
            f"The file cannot be read: {error.strerror}.",
            place=str(file),
            remedy="Give the path of a CSV file.",
        ) from None


def _requested(options: AddGrants, known: Collection[str]) -> RequestedGrants:
    """Returns the grants that the options describe; raises InputError with all findings."""
    given = {"User": options.users, "Subject": options.subjects, "Group": options.groups}
    named = [{key: name} for key, names in given.items() for name in names or ()]
    _require_somebody(named)
    environments = requested_environments(options.environments, every=options.all_environments)
    if not environments:
        hint = "For all of them, those to come included: --all-environments"
        raise option_error("--environment", "Missing: which environment.", hint)
    terms: dict[str, Any] = {"Environments": environments, "Roles": options.roles}
    if options.until is not None:
        terms["Expires"] = options.until
    requested: dict[str, dict[str, Terms]] = {}
    findings: dict[Finding, None] = {}
    for who in named:
        grant, found = validate_entry(
            {**who, **terms}, label=lambda key: OPTIONS.get(key, key), environments=known
        )
        findings |= dict.fromkeys(found)
        if grant:
            requested[grant.principal] = dict.fromkeys(grant.environments, requested_terms(grant))
    if findings:
        raise InputError(COMMAND_LINE, tuple(findings))
    return requested


def _apply(
    table: GrantsTableClient,
    requested: RequestedGrants,
    *,
    source: str,
    subject: Callable[[TableGrant], str],
    dry_run: bool,
) -> list[GrantChange]:
    """Tries all requested grants, then writes them; returns what was, or would be, changed."""
    tried = _try(table, requested, source=source, subject=subject)
    return tried if dry_run else _write(table, requested, source)


def _try(
    table: GrantsTableClient,
    requested: RequestedGrants,
    *,
    source: str,
    subject: Callable[[TableGrant], str],
) -> list[GrantChange]:
    """Returns what requested grants would change; writes nothing.

    Raises InputError for roles whose expiry differs from that of others in the same entry.
    """
    tried: list[GrantChange] = []
    conflicts: list[TableGrant] = []
    for principal, wanted in requested.items():
        try:
            tried += table.change(principal, adding(wanted), dry_run=True)
        except ExpiryConflictError as conflict:
            conflicts += conflict.existing
    if conflicts:
        raise InputError(source, [_expiry_conflict(grant, subject(grant)) for grant in conflicts])
    return tried


def _write(table: GrantsTableClient, requested: RequestedGrants, source: str) -> list[GrantChange]:
    written: list[GrantChange] = []
    try:
        for principal, wanted in requested.items():
            written += table.change(principal, adding(wanted))
    except BaseException as error:
        if written:
            views.show_changes(written)
            console.warn("Only this was written. Running it again writes the rest.")
        if isinstance(error, ExpiryConflictError):  # a concurrent change since the dry run
            found = [_expiry_conflict(grant, "the table") for grant in error.existing]
            raise InputError(source, found) from None
        raise
    return written


def _report(changes: Sequence[GrantChange], *, dry_run: bool) -> None:
    views.show_changes(changes)
    if not changes:
        console.say("Nothing to change.")
    elif dry_run:
        console.say("Nothing was written: this was a dry run.")


def _report_declared_as_well(table: GrantsTableClient, requested: RequestedGrants) -> None:
    for grant in table.grants_of(list(requested)):
        is_touched = grant.environment in requested[grant.principal]
        if grant.source != MANUAL and grant.active and is_touched:
            console.say(f"The two add up: cdk.context.json also declares {_sentence(grant)}.")


def _require_somebody(named: Collection[object]) -> None:
    if not named:
        example = "For example: --user viewer@example.com"
        raise option_error("--user, --subject, --group", "Missing: who.", example)


def _require_removable(
    principal: str,
    grants: Sequence[TableGrant],
    environments: Sequence[str],
    roles: Sequence[str],
    table: GrantsTableClient,
) -> None:
    matching = list(_matching(grants, environments, roles))
    if any(grant.source == MANUAL for grant in matching):
        return
    who = views.who(principal)
    if matching:
        raise PlatformError(
            f"It is declared in cdk.context.json: {_sentence(matching[0])}.",
            place="Grants in cdk.context.json",
            remedy=DECLARED_REMEDY,
        )
    for grant in _matching(grants, [EVERY_ENVIRONMENT], roles):
        raise PlatformError(
            f"{who} has no grant of its own there; this one opens it: {_sentence(grant)}.",
            place=f"table {table.name}",
            remedy="Take that one away with --all-environments, then add what shall stay."
            if grant.source == MANUAL
            else DECLARED_REMEDY,
        )
    others = {each.principal for each in table.grants()}
    near = nearest(principal, others) if not grants else None
    raise PlatformError(
        f"{who} has no such grant.",
        place=f"table {table.name}",
        remedy=f"Did you mean {views.who(near)}?"
        if near
        else "Look what there is: ./mwaa-platform grants list",
    )


def _matching(
    grants: Iterable[TableGrant], environments: Sequence[str], roles: Sequence[str]
) -> Iterator[TableGrant]:
    for grant in grants:
        if (not environments or grant.environment in environments) and (
            not roles or {*roles} & {*grant.roles}
        ):
            yield grant


def _sentence(grant: TableGrant) -> str:
    end = views.until(grant.expires)
    return (
        f"{views.who(grant.principal)} may open {views.environment_name(grant.environment)} as "
        f"{', '.join(grant.roles)}" + (f" until {end}" if end else "")
    )


def _expiry_conflict(existing: TableGrant, subject: str) -> Finding:
    roles = " ".join(f"--role {role}" for role in existing.roles)
    return Finding(
        subject=subject,
        message=f"{_sentence(existing)}{'' if existing.expires else ' without an end'}, and all "
        "roles of one person or group in one environment end together.",
        remedy=f"Write the same end, or name those roles as well ({roles}): then the new end is "
        "theirs.",
    )
