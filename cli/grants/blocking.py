"""`grants block` and `grants unblock`: people who get nothing, whatever is granted to them."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator, Sequence

from botocore.exceptions import BotoCoreError, ClientError

import console
from authenticator.person import ADDRESS, SUBJECT
from cli.deployed import DeployedPlatform, deployed_platform
from cli.grants import views
from cli.grants.commands import Block, Unblock
from cli.grants.table_client import GrantsTableClient, grants_table
from cli.lookup import COMMAND_LINE, option_error
from config.grants import user_principal
from config.nearest import nearest
from errors import Finding, InputError, PlatformError

RUNBOOK = 'docs/operating.md, "Remove a person now"'


def block(options: Block) -> None:
    """Blocks people, at once; raises InputError for what cannot be an address or subject."""
    with deployed_platform(options) as platform:
        principals = _principals(options.people or (), options.subjects or ())
        table = grants_table(platform, block=True)
        already = {each.principal for each in table.blocks_of(principals)}
        if not options.dry_run:
            since, by = int(time.time()), _caller(platform)
            for principal in principals:
                table.block(principal, since=since, by=by, reason=options.reason)
        new = [principal for principal in principals if principal not in already]
        _report_blocked(principals, new, options)
        _warn_of_others(platform, table, new)


def unblock(options: Unblock) -> None:
    """Removes blocks; raises PlatformError, and removes none, where one of them is not there."""
    with deployed_platform(options) as platform:
        principals = _principals(options.people or (), options.subjects or ())
        table = grants_table(platform, block=True)
        blocked = {each.principal for each in table.blocks_of(principals)}
        for principal in principals:
            _require_blocked(principal, blocked, table)
        if not options.dry_run:
            for principal in principals:
                table.unblock(principal)
    views.show_block_changes(principals, sign="-", after="what the grants say")
    _say_whether_dry(dry_run=options.dry_run)


def warn_of_blocked(table: GrantsTableClient, principals: Iterable[str]) -> None:
    """Warns that grants of blocked people count for nothing."""
    for each in table.blocks_of([*principals]):
        console.warn(
            f"{views.who(each.principal)} is blocked, and the block wins over every grant. To "
            "remove it: ./mwaa-platform grants unblock"
        )


def _principals(people: Sequence[str], subjects: Sequence[str]) -> list[str]:
    if not (people or subjects):
        example = "For example: ./mwaa-platform grants block viewer@example.com"
        raise option_error("EMAIL, --subject", "Missing: who.", example)
    findings = list(_unusable(people, subjects))
    if findings:
        raise InputError(COMMAND_LINE, findings)
    named = [*map(user_principal, people), *(f"subject:{subject}" for subject in subjects)]
    return list(dict.fromkeys(named))


def _unusable(people: Iterable[str], subjects: Iterable[str]) -> Iterator[Finding]:
    """Findings of names with which nobody signs in, so that a block of them blocks nobody.

    An address may be any that the sign-in accepts, not only those that grants can name.
    """
    for person in people:
        if not ADDRESS.fullmatch(person):
            yield Finding(
                subject="EMAIL",
                message=f"{console.printable(person)} is no address with which somebody signs in.",
                remedy="Give the plain address (ASCII, one @) that the identity provider sends. "
                "For its subject: --subject",
            )
    for subject in subjects:
        if not re.fullmatch(SUBJECT, subject):
            yield Finding(
                subject="--subject",
                message=f"{console.printable(subject)} is no subject with which somebody signs in.",
                remedy="Give the sub that the identity provider sends: up to 255 ASCII characters.",
            )


def _caller(platform: DeployedPlatform) -> str:
    """ARN of who blocks; empty where AWS does not tell, which must not prevent the block."""
    try:
        return platform.session.client("sts").get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError):
        return ""


def _report_blocked(principals: Sequence[str], new: Sequence[str], options: Block) -> None:
    changed = principals if options.reason else new
    if changed:
        reason = f": {options.reason}" if options.reason else ""
        views.show_block_changes(changed, sign="+", after=f"blocked{reason}")
    else:
        console.say("Nothing to change.")
        return
    _say_whether_dry(dry_run=options.dry_run)
    if not options.dry_run:
        console.say(f"Open Airflow sessions go on for up to 12 hours. To end them: {RUNBOOK}")


def _say_whether_dry(*, dry_run: bool) -> None:
    if dry_run:
        console.say("Nothing was written: this was a dry run.")


def _warn_of_others(
    platform: DeployedPlatform, table: GrantsTableClient, principals: Sequence[str]
) -> None:
    """Warns of what a block does not close, and of addresses that may be misspelt.

    The block stands already: who may not read the whole table is not told of the latter.
    """
    if quick_start := platform.configuration.quick_start:
        console.warn(
            f"QuickStart reads no table: {quick_start.mwaa_environment_name} stays open to whoever "
            "the identity provider lets in. Take the person's assignment to its client away there."
        )
    try:
        known = {grant.principal for grant in table.grants()}
    except ClientError:
        return
    for principal in principals:
        if principal not in known and (near := _misspelt(principal, known)):
            console.warn(
                f"No grant names {views.who(principal)}. That is right for somebody with grants to "
                f"groups alone. Did you mean {views.who(near)}?"
            )


def _misspelt(principal: str, known: Iterable[str]) -> str | None:
    """Similar address, by the part before the @: all people of a company share the rest."""
    people = [each for each in known if each.startswith("user:")]
    names = {_name(person): person for person in people}
    near = nearest(_name(principal), names)
    return names[near] if near else None


def _name(principal: str) -> str:
    return principal.removeprefix("user:").partition("@")[0]


def _require_blocked(principal: str, blocked: Collection[str], table: GrantsTableClient) -> None:
    if principal in blocked:
        return
    near = nearest(principal, table.blocked())
    raise PlatformError(
        f"{views.who(principal)} is not blocked.",
        place=f"table {table.name}",
        remedy=f"Did you mean {views.who(near)}?"
        if near
        else "Look who is: ./mwaa-platform grants list",
    )
