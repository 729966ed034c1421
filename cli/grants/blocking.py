"""`grants block` and `grants unblock`: people who get nothing, whatever is granted to them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from botocore.exceptions import BotoCoreError, ClientError

import console
from authenticator.person import SUBJECT
from cli.deployed import DeployedStacks, deployed_stacks
from cli.grants import views
from cli.grants.access import blocks_nobody
from cli.grants.commands import Block, Unblock
from cli.grants.table_client import GrantsTableClient, grants_table
from cli.lookup import COMMAND_LINE, option_error
from config.grants import PLAIN_ADDRESS, email_advice, subject_principal, user_principal
from config.nearest import nearest
from errors import Finding, InputError, PlatformError

RUNBOOK = 'docs/operating.md, "Remove a person now"'


def block(options: Block) -> None:
    """Blocks people, at once; raises InputError for what cannot be an address or subject."""
    with deployed_stacks(options) as platform:
        people = [*(options.people or ()), *(options.users or ())]
        subjects = options.subjects or ()
        _require_somebody(people, subjects)
        principals = _principals(people, subjects)
        table = grants_table(platform, block=True)
        already = {each.principal for each in table.blocks_of(principals)}
        if not options.dry_run:
            since, by = int(time.time()), _caller(platform)
            for principal in principals:
                table.block(principal, since=since, by=by, reason=options.reason)
        new = [principal for principal in principals if principal not in already]
        _report_blocked(principals, new, options)
        _warn_of_others(platform, table, principals)


def unblock(options: Unblock) -> None:
    """Removes blocks; raises PlatformError, and removes none, where one of them is not there."""
    with deployed_stacks(options) as platform:
        people = [*(options.people or ()), *(options.users or ())]
        subjects = options.subjects or ()
        _require_somebody(people, subjects)
        table = grants_table(platform, block=True)
        principals = _blocked(people, subjects, table)
        if not options.dry_run:
            for principal in principals:
                table.unblock(principal)
    views.show_block_changes(principals, sign="-", after="what the grants say")
    _say_whether_dry(dry_run=options.dry_run)


def restore_blocks(
    table: GrantsTableClient,
    platform: DeployedStacks,
    reasons: Mapping[str, str],
    *,
    dry_run: bool,
) -> list[str]:
    """Blocks the principals that are not blocked, with the reasons of a file; returns them."""
    present = {each.principal for each in table.blocks_of([*reasons])} if reasons else set()
    new = [principal for principal in reasons if principal not in present]
    if new and not dry_run:
        since, by = int(time.time()), _caller(platform)
        for principal in new:
            table.block(principal, since=since, by=by, reason=reasons[principal] or None)
    if new:
        views.show_block_changes(new, sign="+", after="blocked")
    return new


def warn_of_blocked(table: GrantsTableClient, principals: Iterable[str]) -> None:
    """Warns that grants of blocked people count for nothing."""
    for each in table.blocks_of([*principals]):
        if not blocks_nobody(each.principal):
            console.warn(
                f"{views.who(each.principal)} is blocked, and the block wins over every grant. To "
                "remove it: ./mwaa-platform grants unblock"
            )


def _principals(people: Sequence[str], subjects: Sequence[str]) -> list[str]:
    findings = list(unusable(people, subjects))
    if findings:
        raise InputError(COMMAND_LINE, findings)
    named = [*map(user_principal, people), *map(subject_principal, subjects)]
    return list(dict.fromkeys(named))


def _blocked(people: Sequence[str], subjects: Sequence[str], table: GrantsTableClient) -> list[str]:
    """Returns the principals of the blocks to remove, which must be there.

    Of a block that blocks nobody the principal may be given as `list` shows it.
    """
    keys = {
        **{each: (user_principal(each), each, f"user:{each}") for each in people},
        **{subject_principal(each): (subject_principal(each),) for each in subjects},
    }
    wanted = dict.fromkeys(key for several in keys.values() for key in several if key)
    there = {each.principal for each in table.blocks_of([*wanted])}
    found = {name: next((key for key in keys[name] if key in there), None) for name in keys}
    missing = _principals(
        [each for each in people if not found[each]],
        [each for each in subjects if not found[subject_principal(each)]],
    )
    for principal in missing:
        raise _not_blocked_error(principal, table)
    return list(dict.fromkeys(key for key in found.values() if key))


def _require_somebody(people: Sequence[str], subjects: Sequence[str]) -> None:
    if not (people or subjects):
        example = "For example: ./mwaa-platform grants block viewer@example.com"
        raise option_error("EMAIL, --subject", "Missing: who.", example)


def unusable(
    people: Iterable[str],
    subjects: Iterable[str],
    *,
    labels: tuple[str, str] = ("EMAIL", "--subject"),
    by_subject: str = "--subject",
) -> Iterator[Finding]:
    """Findings of names with which nobody signs in, so that a block of them blocks nobody.

    `labels` are the user's names for where an address and a subject stand, `by_subject` for where
    a subject is given.
    """
    of_address, of_subject = labels
    for person in people:
        if not re.fullmatch(PLAIN_ADDRESS, person):
            advice = email_advice(person) if "@" in person else None
            yield Finding(
                subject=of_address,
                message=f"{console.printable(person)} is no plain e-mail address.",
                remedy=f"{advice or 'Give the address that the identity provider sends.'} "
                f"To block by the provider's sub: {by_subject}",
            )
    for subject in subjects:
        if not re.fullmatch(SUBJECT, subject):
            yield Finding(
                subject=of_subject,
                message=f"{console.printable(subject)} is no subject with which somebody signs in.",
                remedy="Give the sub that the identity provider sends: up to 255 ASCII characters.",
            )


def _caller(platform: DeployedStacks) -> str:
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
    platform: DeployedStacks, table: GrantsTableClient, principals: Sequence[str]
) -> None:
    """Warns of what a block does not close, and of names that may be misspelt.

    The block stands already: who may not read the whole table is not told of similar names.
    """
    if quick_start := platform.outline.quick_start:
        console.warn(
            f"QuickStart reads no table: {quick_start} stays open to whoever "
            "the identity provider lets in. Take the person's assignment to its client away there."
        )
    views.warn_of_addresses(principals, instead="./mwaa-platform grants block {}")
    try:
        known = {grant.principal for grant in table.grants()}
    except ClientError:
        known = {grant.principal for grant in table.grants_of(principals)}
    for principal in principals:
        if principal not in known:
            near = _similar(principal, known)
            hint = f" Did you mean {views.who(near)}?" if near else ""
            console.warn(
                f"No grant names {views.who(principal)}: look at the spelling, for a wrong name "
                f"blocks nobody. It may be somebody with grants to groups alone.{hint}"
            )


def _similar(principal: str, known: Iterable[str]) -> str | None:
    """The same name in another case or of another kind, or else that of a similar person."""
    people = [each for each in sorted(known) if not each.startswith("group:")]
    for each in (*people, *sorted(known)):
        if _name(each) == _name(principal):
            return each
    # By the part before the @: all people of a company share the rest.
    names = {_name(each).partition("@")[0]: each for each in people}
    near = nearest(_name(principal).partition("@")[0], names)
    return names[near] if near else None


def _name(principal: str) -> str:
    return principal.partition(":")[2].casefold()


def _not_blocked_error(principal: str, table: GrantsTableClient) -> PlatformError:
    near = nearest(principal, table.blocked())
    return PlatformError(
        f"{views.who(principal)} is not blocked.",
        place=f"table {table.name}",
        remedy=f"Did you mean {views.blocked_name(near)}?"
        if near
        else "Look who is: ./mwaa-platform grants list",
    )
