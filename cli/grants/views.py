"""Tables, sentences and JSON of grants, of their changes and of access."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from rich.text import Text

import console
from authenticator.blocks import Block
from authenticator.grants import BLOCK, EVERY_ENVIRONMENT, TableGrant
from authenticator.person import Person
from cli.grants.access import BLOCK_WINS, IgnoredGrant, Permission, blocks_nobody
from cli.grants.grant_changes import GrantChange, Terms, by_power
from config.authenticator import Decision
from config.grants import PLAIN_ADDRESS
from config.model import Configuration

SOURCE_NAMES = {"configuration": "cdk.context.json", "manual": "by hand"}
EVERY = "every environment"
KINDS = ("group", "subject")
NOT_LOOKED_AT = {"group": "groups (--group)", "subject": "the sub (--subject)"}
MOST_NAMES = 5
SIGNS = {"+": "green", "-": "red", "~": "yellow"}


def show_grants(grants: Sequence[TableGrant]) -> None:
    """Shows a line for each grant, and marks those without effect; nothing without grants."""
    rows = [
        (
            Text(who(grant.principal)),
            environment_name(grant.environment),
            Text(", ".join(grant.roles), style="" if grant.active else "dim"),
            _state(grant),
            SOURCE_NAMES.get(grant.source, grant.source),
        )
        for grant in grants
    ]
    if rows:
        console.table(("who", "environment", "roles", "until", "granted"), rows)


def show_blocks(blocks: Sequence[Block]) -> None:
    """Shows a line for each block, then for those that block nobody; nothing without."""
    problems = {each.principal: blocks_nobody(each.principal) for each in sorted(blocks)}
    rows = [
        (who(each.principal), _since(each.since), each.by, each.reason)
        for each in sorted(blocks)
        if not problems[each.principal]
    ]
    nobody = [(principal, problem) for principal, problem in problems.items() if problem]
    if rows:
        console.say("Blocked, whatever the grants say:")
        console.table(("who", "since", "by", "reason"), rows)
    if rows and nobody:
        console.gap()
    if nobody:
        console.say("These blocks block nobody:")
        console.table(("principal", "why"), nobody)


def show_block_changes(principals: Sequence[str], *, sign: str, after: str) -> None:
    """Shows a line for each principal that is blocked, or no longer."""
    style = SIGNS[sign]
    rows = [
        (Text.assemble(Text(sign, style=style), console.GAP, blocked_name(principal)), after)
        for principal in principals
    ]
    console.table((f" {console.GAP}who", "access"), rows)


def show_changes(changes: Sequence[GrantChange]) -> None:
    """Shows a line for each entry that is added, changed or removed."""
    rows = [
        (
            Text.assemble(_mark(change), console.GAP, who(change.principal)),
            environment_name(change.environment),
            _terms(change.after),
            _previous(change.before),
        )
        for change in changes
    ]
    if rows:
        console.table((f" {console.GAP}who", "environment", "roles", "before"), rows)


def show_access(
    person: Person,
    allowed: Sequence[Permission],
    ignored: Sequence[IgnoredGrant],
    blocks: Sequence[Block],
    *,
    environment: str | None,
    role: str | None,
    not_looked_at: Sequence[str] = (),
    could_open: Sequence[str] = (),
    is_final: bool = True,
) -> None:
    """Shows what a person may open and by which grants, then the grants without effect.

    `not_looked_at` are kinds of principals of which nobody said the person's, and `could_open`
    those among them that would turn a no into a yes. `is_final` says that nothing but the grants
    decides.
    """
    groups = f" in {', '.join(person.groups)}" if person.groups else ""
    name = console.printable(f"{person.email}{groups}")
    what = f" {environment}" if environment else ""
    how = f" as {role}" if role else ""
    if not is_final:
        said = "say" if allowed else "do not say"
        console.say(f"The grants {said} that {name} may open{what or ' anything'}{how}.", mark="?")
    elif allowed:
        console.say(f"{name} may open{what}{how}:", mark="✓", style="bold green")
    elif could_open:
        names = ", ".join(map(who, could_open[:MOST_NAMES]))
        more = len(could_open) - MOST_NAMES
        console.say(
            f"It is unknown whether {name} may open{what or ' any environment'}{how}. These may: "
            f"{names}{f' and {more} more' if more > 0 else ''}.",
            mark="?",
        )
    else:
        why = "; ".join(map(_sentence, blocks)) or "no grant says so"
        refusal = f"{name} may not open{what or ' any environment'}{how}: {why}."
        console.say(refusal, mark="✗", style="bold red")
    if allowed:
        _show_permissions(allowed)
    if not_looked_at:
        kinds = " and ".join(NOT_LOOKED_AT[kind] for kind in not_looked_at)
        console.say(f"Not looked at: {kinds}.")
    if ignored:
        console.gap()
        console.say("These grants count for nothing:")
        _show_ignored(ignored)


def _show_permissions(allowed: Sequence[Permission]) -> None:
    rows = [
        (
            console.printable(each.environment),
            each.role,
            until(each.expires),
            "; ".join(map(_reason, each.grants)),
        )
        for each in allowed
    ]
    console.table(("environment", "role", "until", "because of"), rows)


def _show_ignored(ignored: Sequence[IgnoredGrant]) -> None:
    rows = [
        (
            who(each.grant.principal),
            environment_name(each.grant.environment),
            ", ".join(each.grant.roles),
            _why(each),
        )
        for each in ignored
    ]
    console.table(("who", "environment", "roles", "why"), rows)


def warn_of_decision(configuration: Configuration) -> None:
    """Warns that a module decides in place of the grants, if the configuration names one."""
    if decision := configuration.authenticator.decision:
        console.warn(
            f"{decision.module.name} decides who may open what (Authenticator.Decision): grants "
            "count only as far as it takes them."
        )


def warn_of_addresses(principals: Iterable[str], *, instead: str) -> None:
    """Warns of subjects that look like addresses; `instead` has {} for the address."""
    for principal in principals:
        kind, _, name = principal.partition(":")
        if kind == "subject" and re.fullmatch(PLAIN_ADDRESS, name):
            console.warn(
                f"{who(principal)} looks like an e-mail address. By address it is: "
                f"{instead.format(name)}"
            )


def write_access(
    principals: Sequence[str],
    allowed: Sequence[Permission],
    ignored: Sequence[IgnoredGrant],
    blocks: Sequence[Block],
    *,
    not_looked_at: Sequence[str] = (),
    could_open: Sequence[str] = (),
    decision: Decision | None = None,
) -> None:
    """Writes the same as JSON, with the module that decides in place of the grants."""
    console.data(
        {
            "decision": str(decision.module) if decision else None,
            "principals": list(principals),
            "blocked": [block_data(block) for block in blocks],
            "allowed": [
                {
                    "environment": each.environment,
                    "role": each.role,
                    "until": moment(each.expires),
                    "because": [grant_data(grant) for grant in each.grants],
                }
                for each in allowed
            ],
            "ignored": [{**grant_data(each.grant), "reason": each.reason} for each in ignored],
            "not_looked_at": list(not_looked_at),
            "could_open": list(could_open),
        }
    )


def grant_data(grant: TableGrant) -> dict[str, Any]:
    """Returns a grant as an object of JSON."""
    kind, _, name = grant.principal.partition(":")
    named = {kind: name} if kind in {"user", *KINDS} else {"principal": grant.principal}
    return {
        **named,
        "environment": grant.environment,
        "roles": list(grant.roles),
        "until": moment(grant.expires),
        "source": grant.source,
        "active": grant.active,
        "problem": grant.problem,
    }


def block_data(block: Block) -> dict[str, Any]:
    """Returns a block as an object of JSON, with the keys of a grant that gives nothing."""
    gives_nothing = TableGrant(block.principal, BLOCK, EVERY_ENVIRONMENT)
    return {
        **grant_data(gives_nothing),
        "problem": blocks_nobody(block.principal),
        "since": moment(block.since),
        "by": block.by,
        "reason": block.reason,
    }


def who(principal: str) -> str:
    """Returns a principal as text: a person's address, or "subject" or "group" and the name."""
    kind, _, name = principal.partition(":")
    texts = {"user": name, "subject": f"subject {name}", "group": f"group {name}"}
    return console.printable(texts.get(kind, principal))


def blocked_name(principal: str) -> str:
    """Returns a blocked principal as text, or as it is in the table where that blocks nobody."""
    return console.printable(principal) if blocks_nobody(principal) else who(principal)


def environment_name(name: str) -> str:
    """Returns an environment's name, or the words for all of them."""
    return EVERY if name == EVERY_ENVIRONMENT else console.printable(name)


def until(expires: float | None) -> str:
    """Returns a grant's last day, or the moment in UTC at which it ends; empty for never."""
    if expires is None:
        return ""
    end = datetime.fromtimestamp(expires, UTC)
    if end.time() == time():
        return f"{end - timedelta(days=1):%Y-%m-%d}"
    return f"{end:%Y-%m-%d %H:%M} UTC"


def moment(expires: float | None) -> str | None:
    """Returns the first moment at which a grant has ended in ISO 8601, for programs."""
    return None if expires is None else datetime.fromtimestamp(expires, UTC).isoformat()


def sorted_grants(grants: Iterable[TableGrant]) -> list[TableGrant]:
    """Sorts people before groups, then by name, then by environment with "*" first."""
    kinds = {"user": 0, "subject": 1}
    return sorted(
        grants,
        key=lambda each: (
            kinds.get(each.principal.partition(":")[0], len(kinds)),
            each.principal,
            each.environment != EVERY_ENVIRONMENT,
            each.environment,
            each.source,
        ),
    )


def _sentence(block: Block) -> str:
    since = f" since {_since(block.since)}" if block.since is not None else ""
    by = f" by {block.by}" if block.by else ""
    reason = f" ({block.reason})" if block.reason else ""
    return console.printable(f"{who(block.principal)} is blocked{since}{by}{reason}")


def _since(seconds: float | None) -> str:
    moment = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _reason(grant: TableGrant) -> str:
    everywhere = " for every environment" if grant.environment == EVERY_ENVIRONMENT else ""
    source = SOURCE_NAMES.get(grant.source, grant.source)
    return f"grant to {who(grant.principal)}{everywhere}, {source}"


def _why(each: IgnoredGrant) -> str:
    dated = each.grant.expires and not each.grant.problem and each.reason != BLOCK_WINS
    end = f" ({until(each.grant.expires)})" if dated else ""
    return f"{console.printable(each.reason)}{end}"


def _state(grant: TableGrant) -> Text:
    if grant.problem:
        return Text(f"ignored: {console.printable(grant.problem)}", style="yellow")
    if not grant.active:
        return Text(f"ended {until(grant.expires)}", style="yellow")
    return Text(until(grant.expires))


def _mark(change: GrantChange) -> Text:
    sign = "+" if change.before is None else "-" if change.after is None else "~"
    return Text(sign, style=SIGNS[sign])


def _terms(terms: Terms | None) -> str:
    if terms is None:
        return "none any more"
    end = until(terms.expires)
    return ", ".join(by_power(terms.roles)) + (f" until {end}" if end else "")


def _previous(grant: TableGrant | None) -> str:
    if grant is None:
        return ""
    end = until(grant.expires)
    ended = "ended" if not grant.active else "until"
    return (", ".join(grant.roles) or "malformed") + (f" {ended} {end}" if end else "")
