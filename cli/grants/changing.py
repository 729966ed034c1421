"""`grants add`, `remove` and `import`: what people grant by hand.

All that is asked is checked, and tried against the table, before anything is written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import console
from authenticator.grants import EVERY_ENVIRONMENT, TableGrant
from cli.asked import COMMAND_LINE, mistyped
from cli.deployed import Deployed
from cli.grants import views
from cli.grants.changes import Change, EndsDifferError, Terms, adding, removing
from cli.grants.request import check_entry, check_roles, terms_asked
from cli.grants.spreadsheet import Plan, read_plan
from cli.grants.table import BY_HAND, GrantsTable, grants_table
from config.nearest import nearest
from config.stack_names import Kind
from errors import Finding, InputError, PlatformError

OPTIONS = {
    "User": "--user",
    "Group": "--group",
    "Environments": "--environment",
    "Roles": "--role",
    "Expires": "--until",
}
DECLARED_REMEDY = f"Take it out there and deploy: npx cdk deploy {Kind.GRANTS}"


def add(
    platform: Deployed,
    *,
    users: Sequence[str],
    groups: Sequence[str],
    environments: Sequence[str],
    roles: Sequence[str],
    until: str | None,
    dry_run: bool,
) -> None:
    """TableGrant by hand; raises InputError for mistakes in what was asked."""
    _require_somebody([*users, *groups])
    if not environments:
        hint = "For all of them, those to come included: --all-environments"
        raise mistyped("--environment", "Missing: which environment.", hint)
    terms: dict[str, Any] = {"Environments": list(environments), "Roles": list(roles)}
    if until is not None:
        terms["Expires"] = until
    who = [*(("User", user) for user in users), *(("Group", group) for group in groups)]
    plan = _plan([{kind: name, **terms} for kind, name in who], platform.environments)
    table = grants_table(platform)
    changes = _apply(
        table, plan, source=COMMAND_LINE, where=lambda _grant: "--until", dry_run=dry_run
    )
    _report(changes, dry_run=dry_run)
    _say_what_adds_up(table, plan)


def remove(
    platform: Deployed,
    *,
    principals: Sequence[str],
    environments: Sequence[str],
    roles: Sequence[str],
    dry_run: bool,
) -> None:
    """Take away what was granted by hand; raises PlatformError where there is no such grant."""
    _require_somebody(principals)
    check_roles(roles)
    table = grants_table(platform)
    every = list(table.grants_of(principals))
    for principal in principals:
        own = [grant for grant in every if grant.principal == principal]
        _require_removable(principal, own, environments, roles, table)
    changes: list[Change] = []
    for principal in principals:
        changes += table.change(principal, removing(environments, roles), dry_run=dry_run)
    _report(changes, dry_run=dry_run)
    for grant in _matching(every, environments, roles):
        if grant.source != BY_HAND and grant.active:
            console.warn(f"cdk.context.json still declares: {_sentence(grant)}. {DECLARED_REMEDY}")


def import_file(platform: Deployed, file: Path, *, dry_run: bool) -> None:
    """Add the grants of a CSV file; raises InputError with every mistake of the file."""
    source = "standard input" if str(file) == "-" else str(file)
    plan, lines = read_plan(_content(file), source=source, environments=platform.environments)

    def where(grant: TableGrant) -> str:
        return f"line {lines[grant.principal, grant.environment]}, until"

    changes = _apply(grants_table(platform), plan, source=source, where=where, dry_run=dry_run)
    _report(changes, dry_run=dry_run)
    unchanged = sum(map(len, plan.values())) - len(changes)
    if changes and unchanged:
        console.say(f"{unchanged} more stood in the table already.")


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


def _plan(entries: Iterable[Mapping[str, Any]], environments: Collection[str]) -> Plan:
    plan: dict[str, dict[str, Terms]] = {}
    mistakes: dict[Finding, None] = {}
    for entry in entries:
        grant, found = check_entry(
            entry, label=lambda key: OPTIONS.get(key, key), environments=environments
        )
        mistakes |= dict.fromkeys(found)
        if grant:
            plan[grant.principal] = dict.fromkeys(grant.environments, terms_asked(grant))
    if mistakes:
        raise InputError(COMMAND_LINE, tuple(mistakes))
    return plan


def _apply(
    table: GrantsTable,
    plan: Plan,
    *,
    source: str,
    where: Callable[[TableGrant], str],
    dry_run: bool,
) -> list[Change]:
    """Try all of the plan, then write it; returns what was, or would be, changed.

    Raises InputError for roles whose end differs from that of others beside them.
    """
    tried: list[Change] = []
    conflicts: list[TableGrant] = []
    for principal, wanted in plan.items():
        try:
            tried += table.change(principal, adding(wanted), dry_run=True)
        except EndsDifferError as conflict:
            conflicts += conflict.existing
    if conflicts:
        raise InputError(source, tuple(_ends_differ(grant, where(grant)) for grant in conflicts))
    return tried if dry_run else _write(table, plan, source)


def _write(table: GrantsTable, plan: Plan, source: str) -> list[Change]:
    written: list[Change] = []
    try:
        for principal, wanted in plan.items():
            written += table.change(principal, adding(wanted))
    except BaseException as error:
        if written:
            views.show_changes(written)
            console.warn("Only this was written. Running it again writes the rest.")
        if isinstance(error, EndsDifferError):  # somebody changed it since it was tried
            found = (_ends_differ(grant, "the table") for grant in error.existing)
            raise InputError(source, tuple(found)) from None
        raise
    return written


def _report(changes: Sequence[Change], *, dry_run: bool) -> None:
    views.show_changes(changes)
    if not changes:
        console.say("Nothing to change: it stands so already.")
    elif dry_run:
        console.say("Nothing was written: this was a dry run.")


def _say_what_adds_up(table: GrantsTable, plan: Mapping[str, Mapping[str, Terms]]) -> None:
    for grant in table.grants_of(list(plan)):
        touched = plan[grant.principal].keys()
        if grant.source != BY_HAND and grant.active and touched & {grant.environment}:
            console.say(f"The two add up: cdk.context.json also declares {_sentence(grant)}.")


def _require_somebody(principals_or_names: Sequence[str]) -> None:
    if not principals_or_names:
        raise mistyped("--user, --group", "Missing: who.", "For example: --user viewer@example.com")


def _require_removable(
    principal: str,
    grants: Sequence[TableGrant],
    environments: Sequence[str],
    roles: Sequence[str],
    table: GrantsTable,
) -> None:
    matching = list(_matching(grants, environments, roles))
    if any(grant.source == BY_HAND for grant in matching):
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
            if grant.source == BY_HAND
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
) -> Iterable[TableGrant]:
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


def _ends_differ(existing: TableGrant, where: str) -> Finding:
    roles = " ".join(f"--role {role}" for role in existing.roles)
    return Finding(
        subject=where,
        message=f"{_sentence(existing)}{'' if existing.expires else ' without an end'}, and all "
        "roles of one person or group in one environment end together.",
        remedy=f"Write the same end, or name those roles as well ({roles}): then the new end is "
        "theirs.",
    )
