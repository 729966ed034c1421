"""`grants list` and `grants check`."""

from __future__ import annotations

import time

import typer

import console
from authenticator.blocks import block_keys, read_blocks
from authenticator.grants import EVERY_ENVIRONMENT, grant_keys, read_grants
from cli.deployed import DeployedPlatform, deployed_platform
from cli.grants import access, views
from cli.grants.commands import CheckAccess, ListGrants
from cli.grants.grant_input import principals, refuse_every_group, validate_roles
from cli.grants.table_client import grants_table
from cli.lookup import find_environment, option_error
from errors import PlatformError

UNKNOWN = 2
"""Exit status of `grants check` where the question cannot be answered."""


def list_grants(options: ListGrants) -> None:
    """Shows grants and blocks of the named principals for the named environments.

    Where none are named, it shows those of all.
    """
    wanted = principals(options.users, options.subjects, options.groups)
    environments = options.environments and {*options.environments, EVERY_ENVIRONMENT}
    with deployed_platform(options) as platform:
        items = list(grants_table(platform).items())
    blocks = [
        each
        for each in read_blocks(items)
        if not wanted or _names(each.principal).intersection(wanted)
    ]
    grants = views.sorted_grants(
        grant
        for grant in access.without_blocked(read_grants(items, time.time()), blocks)
        if (not wanted or grant.principal in wanted)
        and (not environments or grant.environment in environments)
    )
    views.warn_of_decision(platform.configuration)
    if options.as_json:
        console.data([*map(views.grant_data, grants), *map(views.block_data, blocks)])
    elif grants or blocks:
        views.show_grants(grants)
        if grants and blocks:
            console.gap()
        views.show_blocks(blocks)
    else:
        console.remark("No such grants." if wanted or environments else "No grants.")


def _names(blocked: str) -> set[str]:
    """A blocked principal, and what is probably meant by one that blocks nobody."""
    lower = blocked.casefold()
    return {blocked, lower, f"user:{lower}"} if access.blocks_nobody(blocked) else {blocked}


def check_access(options: CheckAccess) -> None:
    """Explains what a person may open; the exit status answers what is asked.

    A team's own decision is not run here, without its permissions and its answers of the moment:
    then the grants are explained, and the answer is unknown. A block holds there too.
    """
    try:
        with deployed_platform(options) as platform:
            status = _explain(platform, options)
    except PlatformError as error:
        console.exit_with(error, status=UNKNOWN)
    if status:
        raise typer.Exit(status)


def _explain(platform: DeployedPlatform, options: CheckAccess) -> int:
    """Explains the access; returns the exit status."""
    environment, role = options.environment, options.role
    email = _email(options)
    if environment is not None:
        find_environment(environment, platform.configuration)
    validate_roles([role] if role else [])
    refuse_every_group(options.groups)
    person = access.person_of(
        email,
        options.subject,
        options.groups or (),
        group_paths=platform.configuration.oidc.group_paths,
    )
    known = [each for each in person.principals if each != "subject:"]
    table = grants_table(platform)
    items = list(table.items_of([*block_keys(person), *grant_keys(known)]))
    blocks = [each for each in read_blocks(items) if not access.blocks_nobody(each.principal)]
    grants = list(read_grants(items, time.time()))
    asked = [environment] if environment else platform.environments
    allowed = [
        each
        for each in access.permissions(person, grants, () if blocks else asked)
        if role is None or each.role == role
    ]
    relevant = [
        grant
        for grant in grants
        if environment is None or grant.environment in (environment, EVERY_ENVIRONMENT)
        if role is None or role in grant.roles or grant.problem
    ]
    ignored = list(access.ignored_grants(relevant, platform.environments, blocked=bool(blocks)))
    decision = platform.configuration.authenticator.decision
    not_looked_at = () if blocks else _not_looked_at(options)
    could_open: list[str] = []
    if not_looked_at and not (allowed or decision):
        everything = list(table.items())
        others = access.without_blocked(
            read_grants(everything, time.time()), read_blocks(everything)
        )
        could_open = access.could_open(others, not_looked_at, asked, role)
    views.warn_of_decision(platform.configuration)
    if options.as_json:
        views.write_access(
            known,
            allowed,
            ignored,
            blocks,
            not_looked_at=not_looked_at,
            could_open=could_open,
            decision=decision,
        )
    else:
        views.show_access(
            person,
            allowed,
            ignored,
            blocks,
            environment=environment,
            role=role,
            not_looked_at=not_looked_at,
            could_open=could_open,
            is_final=decision is None or bool(blocks),
        )
    if blocks:
        return 1
    if not (environment or role):
        return 0
    return UNKNOWN if decision or could_open else int(not allowed)


def _email(options: CheckAccess) -> str:
    """The person's address, an argument or an option. Raises InputError unless it is one."""
    given = {each for each in (options.email, options.user) if each is not None}
    if len(given) != 1:
        message = "Two people: ask about one." if given else "Missing: who."
        example = "For example: ./mwaa-platform grants check viewer@example.com"
        raise option_error("EMAIL", message, example)
    return given.pop()


def _not_looked_at(options: CheckAccess) -> tuple[str, ...]:
    """Kinds of principals of which the options do not say the person's."""
    given = {"group": bool(options.groups), "subject": options.subject is not None}
    return tuple(kind for kind, is_given in given.items() if not is_given)
