"""What people see: the portal, and one page for everything else there is to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from authenticator.environments import ASKED_AT_ONCE, Description
from authenticator.errors import SIGNED_OUT, Message
from authenticator.person import Person
from authenticator.settings import Environment

if TYPE_CHECKING:
    import jinja2

FOLDER = Path(__file__).with_name("templates")
FILTERED_FROM = 9
ENDS_SOON_SECONDS = 14 * 24 * 3600
_BAD = {"UNAVAILABLE", "DELETED", "DELETING"}
_NOTHING_KNOWN = Description()


class Start(NamedTuple):
    """Where a page's link leads that lets a person start again."""

    url: str
    label: str


PORTAL = Start("/", "Go to the portal")


class End(NamedTuple):
    """When a grant ends: for machines and for people."""

    iso: str
    text: str


class Card(NamedTuple):
    """One environment of the portal.

    `kind` is how much to worry about its state: "good", "busy", "bad" or "unknown". `roles` has
    the end of each that ends soon, None for the others.
    """

    name: str
    description: str | None
    airflow_version: str | None
    state: str
    kind: str
    access: str | None
    needs_vpn: bool
    roles: Mapping[str, End | None]


def card(
    environment: Environment,
    found: Description | None,
    roles: Mapping[str, float | None],
    now: float,
) -> Card:
    """What MWAA says goes before what the configuration says; `roles` has the end of each."""
    found = found or _NOTHING_KNOWN
    access_mode = found.access_mode or environment.access_mode
    private = access_mode == "PRIVATE_ONLY"
    return Card(
        name=environment.name,
        description=environment.description,
        airflow_version=found.airflow_version or environment.airflow_version,
        state=(found.status or "state unknown").replace("_", " ").capitalize(),
        kind=_kind(found.status),
        access=access_mode and ("Private" if private else "Public"),
        needs_vpn=private and environment.ui_host is None,
        roles={role: _ends_soon(end, now) for role, end in roles.items()},
    )


def matches(environment: Environment, search: str) -> bool:
    """Whether the name or the description has every word of the search, in any case."""
    text = f"{environment.name}\n{environment.description or ''}".casefold()
    return all(word in text for word in search.casefold().split())


def has_filter(total: int, search: str) -> bool:
    """Whether so many environments are worth a filter, or one is in use."""
    return total >= FILTERED_FROM or (total > 0 and search != "")


def portal(
    cards: Sequence[Card],
    *,
    total: int,
    search: str,
    region: str,
    person: Person,
    reference: str,
) -> str:
    """The cards, which are those of `total` that the search left."""
    return _render(
        "portal.html",
        {
            "cards": cards,
            "total": total,
            "search": search,
            "filtered": has_filter(total, search),
            "more_to_learn": len(cards) > ASKED_AT_ONCE and any(c.kind == "unknown" for c in cards),
            "region": region,
            "person": person,
            "reference": reference,
        },
    )


def message(content: Message, reference: str, start: Start) -> str:
    """The page of a message, with where to go on and the reference to send."""
    signed_out = content is SIGNED_OUT
    return _render(
        "message.html",
        {
            "message": content,
            "reference": reference,
            "signed_out": signed_out,
            "start": start._replace(label="Sign in again") if signed_out else start,
        },
    )


def stylesheet() -> str:
    """What every page looks like."""
    return (FOLDER / "style.css").read_text("utf-8")


def _kind(status: str | None) -> str:
    if status is None:
        return "unknown"
    if status == "AVAILABLE":
        return "good"
    return "bad" if status in _BAD or status.endswith("FAILED") else "busy"


def _ends_soon(end: float | None, now: float) -> End | None:
    if end is None or end > now + ENDS_SOON_SECONDS:
        return None
    moment = datetime.fromtimestamp(end, UTC)
    return End(f"{moment:%Y-%m-%dT%H:%MZ}", f"{moment.day} {moment:%b %Y, %H:%M} UTC")


def _render(template: str, values: Mapping[str, object]) -> str:
    return _templates().get_template(template).render(values)


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415 (a sign-in shows no page and need not wait for it)

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
