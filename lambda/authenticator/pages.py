"""HTML pages: the portal and the page of a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from authenticator import links
from authenticator.environment_states import MAX_LOOKUPS, EnvironmentState
from authenticator.errors import SIGNED_OUT, UNKNOWN_HOST, Message
from authenticator.person import Person
from authenticator.settings import EnvironmentRecord

if TYPE_CHECKING:
    import jinja2

FOLDER = Path(__file__).with_name("templates")
MIN_ENVIRONMENTS_TO_FILTER = 9
EXPIRY_NOTICE_SECONDS = 14 * 24 * 3600
"""Time before a grant's expiry from which the portal shows it."""
_BAD = {"UNAVAILABLE", "DELETED", "DELETING"}
_UNKNOWN_STATE = EnvironmentState()


class StartLink(NamedTuple):
    """Link of a message's page from which a person starts again."""

    url: str
    label: str


PORTAL = StartLink("/", "Go to the portal")


class Expiry(NamedTuple):
    """Expiry of a grant as text: `iso` for machines, `text` for people."""

    iso: str
    text: str


class RoleLink(NamedTuple):
    """Link that opens an environment under a role, with the grant's expiry if that is soon."""

    role: str
    url: str
    expiry: Expiry | None = None


class EnvironmentCard(NamedTuple):
    """Card of one environment in the portal.

    `kind` is the severity of its state: "good", "busy", "bad" or "unknown".
    """

    name: str
    description: str | None
    airflow_version: str | None
    state: str
    kind: str
    access: str | None
    needs_vpn: bool
    roles: Sequence[RoleLink]


def card(
    environment: EnvironmentRecord,
    state: EnvironmentState | None,
    roles: Mapping[str, float | None],
    now: float,
    secret: str,
) -> EnvironmentCard:
    """Card with MWAA's state before the configuration's.

    `roles` maps each role to its expiry; `secret` is the browser's, for its links.
    """
    state = state or _UNKNOWN_STATE
    access_mode = state.access_mode or environment.access_mode
    private = access_mode == "PRIVATE_ONLY"
    return EnvironmentCard(
        name=environment.name,
        description=environment.description,
        airflow_version=state.airflow_version or environment.airflow_version,
        state=(state.status or "state unknown").replace("_", " ").capitalize(),
        kind=_kind(state.status),
        access=access_mode and ("Private" if private else "Public"),
        needs_vpn=private and environment.ui_host is None,
        roles=[
            RoleLink(role, links.link(environment.name, role, secret), _near_expiry(expires, now))
            for role, expires in roles.items()
        ],
    )


def matches(environment: EnvironmentRecord, search: str) -> bool:
    """Whether name and description contain every word of the search, ignoring case."""
    text = f"{environment.name}\n{environment.description or ''}".casefold()
    return all(word in text for word in search.casefold().split())


def has_filter(total: int, search: str) -> bool:
    """Whether the portal has a filter: for many environments, or while it is used."""
    return total >= MIN_ENVIRONMENTS_TO_FILTER or (total > 0 and search != "")


def portal(
    cards: Sequence[EnvironmentCard],
    *,
    total: int,
    search: str,
    region: str,
    person: Person,
    reference: str,
    chosen: str | None = None,
) -> str:
    """Portal with the cards that match the search, of `total`.

    `chosen` is the environment of a link without a role: the page has its card alone.
    """
    return _render(
        "portal.html",
        {
            "cards": cards,
            "total": total,
            "search": search,
            "filtered": chosen is None and has_filter(total, search),
            "chosen": chosen,
            "more_to_learn": len(cards) > MAX_LOOKUPS and any(c.kind == "unknown" for c in cards),
            "region": region,
            "person": person,
            "reference": reference,
        },
    )


def message(content: Message, reference: str, start: StartLink, *, style: str | None = None) -> str:
    """Page of a message, with a link and the reference to send.

    It contains `style` in place of a link to the stylesheet.
    """
    signed_out = content is SIGNED_OUT
    return _render(
        "message.html",
        {
            "message": content,
            "reference": reference,
            "signed_out": signed_out,
            "has_session": content not in {SIGNED_OUT, UNKNOWN_HOST},
            "start": start._replace(label="Sign in again") if signed_out else start,
            "style": style,
        },
    )


def confirmation(person: Person, environment: str, role: str, url: str) -> str:
    """Page that asks before it opens an environment; `url` is that of the confirming link."""
    return _render(
        "confirmation.html",
        {"person": person, "environment": environment, "role": role, "url": url},
    )


def stylesheet() -> str:
    """Stylesheet of every page."""
    return (FOLDER / "style.css").read_text("utf-8")


def _kind(status: str | None) -> str:
    if status is None:
        return "unknown"
    if status == "AVAILABLE":
        return "good"
    return "bad" if status in _BAD or status.endswith("FAILED") else "busy"


def _near_expiry(expires: float | None, now: float) -> Expiry | None:
    if expires is None or expires > now + EXPIRY_NOTICE_SECONDS:
        return None
    moment = datetime.fromtimestamp(expires, UTC)
    return Expiry(f"{moment:%Y-%m-%dT%H:%MZ}", f"{moment.day} {moment:%b %Y, %H:%M} UTC")


def _render(template: str, values: Mapping[str, object]) -> str:
    return _templates().get_template(template).render(values)


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415 (a sign-in renders no page)

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
