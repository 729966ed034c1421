"""Grants, changes of them and decisions about them, as people and as programs read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from rich.text import Text

import console
from authenticator.grants import EVERY_ENVIRONMENT, TableGrant
from authenticator.person import Person
from cli.grants.changes import Change, Terms, by_power
from cli.grants.decision import Ignored, Permission

SOURCE_NAMES = {"configuration": "cdk.context.json", "manual": "by hand"}
EVERY = "every environment"


def show_grants(grants: Sequence[TableGrant]) -> None:
    """A line for each grant, those that count for nothing marked."""
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
    console.table(("who", "environment", "roles", "until", "granted"), rows)


def show_changes(changes: Sequence[Change]) -> None:
    """A line for each entry: what is new, what is different, what goes."""
    rows = [
        (
            Text.assemble(_mark(change), console.GAP, who(change.principal)),
            environment_name(change.environment),
            _terms(change.after),
            _former(change.before),
        )
        for change in changes
    ]
    if rows:
        console.table((f" {console.GAP}who", "environment", "roles", "before"), rows)


def show_decision(
    person: Person,
    allowed: Sequence[Permission],
    without: Sequence[Ignored],
    *,
    environment: str | None,
    role: str | None,
) -> None:
    """What a person may open and by which grant, then the grants that count for nothing."""
    groups = f" in {', '.join(person.groups)}" if person.groups else ""
    name = console.printable(f"{person.email}{groups}")
    what = f" {environment}" if environment else ""
    how = f" as {role}" if role else ""
    if allowed:
        console.say(f"{name} may open{what}{how}:", mark="✓", style="bold green")
        _show_permissions(allowed)
    else:
        refusal = f"{name} may not open{what or ' any environment'}{how}: no grant says so."
        console.say(refusal, mark="✗", style="bold red")
    if without:
        console.gap()
        console.say("These grants count for nothing:")
        _show_ignored(without)


def _show_permissions(allowed: Sequence[Permission]) -> None:
    rows = [
        (
            console.printable(each.environment),
            each.role,
            until(each.expires),
            "; ".join(map(_reason, each.because)),
        )
        for each in allowed
    ]
    console.table(("environment", "role", "until", "because of"), rows)


def _show_ignored(without: Sequence[Ignored]) -> None:
    rows = [
        (
            who(each.grant.principal),
            environment_name(each.grant.environment),
            ", ".join(each.grant.roles),
            _why(each),
        )
        for each in without
    ]
    console.table(("who", "environment", "roles", "why"), rows)


def write_decision(
    principals: Sequence[str], allowed: Sequence[Permission], without: Sequence[Ignored]
) -> None:
    """The same as JSON."""
    console.data(
        {
            "principals": list(principals),
            "allowed": [
                {
                    "environment": each.environment,
                    "role": each.role,
                    "until": moment(each.expires),
                    "because": [grant_data(grant) for grant in each.because],
                }
                for each in allowed
            ],
            "ignored": [{**grant_data(each.grant), "reason": each.reason} for each in without],
        }
    )


def grant_data(grant: TableGrant) -> dict[str, Any]:
    """A grant as JSON has it."""
    kind, _, name = grant.principal.partition(":")
    return {
        kind: name,
        "environment": grant.environment,
        "roles": list(grant.roles),
        "until": moment(grant.expires),
        "source": grant.source,
        "active": grant.active,
        "problem": grant.problem,
    }


def who(principal: str) -> str:
    """A principal as people say it: an address alone, or a group as such."""
    kind, _, name = principal.partition(":")
    return console.printable(
        name if kind == "user" else f"group {name}" if kind == "group" else principal
    )


def environment_name(name: str) -> str:
    """An environment, or the words for all of them."""
    return EVERY if name == EVERY_ENVIRONMENT else console.printable(name)


def until(expires: float | None) -> str:
    """When a grant ends: the last day that is included, or the moment (UTC); empty for never."""
    if expires is None:
        return ""
    end = datetime.fromtimestamp(expires, UTC)
    if end.time() == time():
        return f"{end - timedelta(days=1):%Y-%m-%d}"
    return f"{end:%Y-%m-%d %H:%M} UTC"


def moment(expires: float | None) -> str | None:
    """The first moment at which a grant has ended, for programs."""
    return None if expires is None else datetime.fromtimestamp(expires, UTC).isoformat()


def sorted_grants(grants: Iterable[TableGrant]) -> list[TableGrant]:
    """People before groups, then by name, then by environment with "*" first."""
    return sorted(
        grants,
        key=lambda each: (
            not each.principal.startswith("user:"),
            each.principal,
            each.environment != EVERY_ENVIRONMENT,
            each.environment,
            each.source,
        ),
    )


def _reason(grant: TableGrant) -> str:
    everywhere = " for every environment" if grant.environment == EVERY_ENVIRONMENT else ""
    source = SOURCE_NAMES.get(grant.source, grant.source)
    return f"grant to {who(grant.principal)}{everywhere}, {source}"


def _why(each: Ignored) -> str:
    end = f" ({until(each.grant.expires)})" if each.grant.expires and not each.grant.problem else ""
    return f"{console.printable(each.reason)}{end}"


def _state(grant: TableGrant) -> Text:
    if grant.problem:
        return Text(f"ignored: {console.printable(grant.problem)}", style="yellow")
    if not grant.active:
        return Text(f"ended {until(grant.expires)}", style="yellow")
    return Text(until(grant.expires))


def _mark(change: Change) -> Text:
    if change.before is None:
        return Text("+", style="green")
    if change.after is None:
        return Text("-", style="red")
    return Text("~", style="yellow")


def _terms(terms: Terms | None) -> str:
    if terms is None:
        return "none any more"
    end = until(terms.expires)
    return ", ".join(by_power(terms.roles)) + (f" until {end}" if end else "")


def _former(grant: TableGrant | None) -> str:
    if grant is None:
        return ""
    end = until(grant.expires)
    ended = "ended" if not grant.active else "until"
    return (", ".join(grant.roles) or "malformed") + (f" {ended} {end}" if end else "")
