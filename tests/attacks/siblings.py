"""Cookies of a host below the same domain, which may set them for the domain above it.

Browsers refuse a name of the prefix `__Host-` from there, but not one that looks like it. The
session's cookie has that prefix here, as that of the links always has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from authenticator import links
from tests.attacks.attack import TURNED_AWAY, Attack, Expectation, Place
from tests.attacks.links import ADMINISTRATOR, FETCH
from tests.attacks.target import ADMIN, PORTAL_COOKIE, Response, Target
from tests.attacks.ui_hosts import ASKED

STRANGER = "stranger@example.com"
EVIL_SECRET = "e" * 32
BLANKS = ("\u2000", "\u0085", "\u00a0", "\u1680", "\u2028", "\u3000", "\ufeff", "\u200b")
"""Blanks of Unicode, and what looks like none: browsers take them for a part of the name."""
BYTES = ("\udc85", "\udca0")
"""Blanks of Latin-1, as the single bytes that a browser sends on."""


def _planted(name: str, value: str) -> Iterator[str]:
    """Cookies that a browser takes from a sibling, because their name is another."""
    for blank in (*BLANKS, *BYTES):
        yield f"{blank}{name}={value}"
        yield f"{name}{blank}={value}"
    for other in (name.upper(), name.replace("__Host-", "__host-"), name.removeprefix("__Host-")):
        yield f"{other}={value}"
    yield f"x=1,{name}={value}"
    yield f'x="{name}={value}"'
    yield f"$Version=1,{name}={value}"
    yield f"%5F%5FHost-{name.removeprefix('__Host-')}={value}"


def _sessions(target: Target) -> Iterator[str]:
    """The session of an attacker, who has signed in as somebody without grants."""
    name, _, value = target.cookie(STRANGER).partition("=")
    assert name.startswith("__Host-")
    assert ";" not in value, "in one cookie"
    yield from _planted(name, value)


def _instead(target: Target) -> Iterator[Response]:
    for planted in _sessions(target):
        yield target.get("/", *FETCH, ("Cookie", planted))


def _before(target: Target) -> Iterator[Response]:
    """A browser sends a sibling's cookie first if that is older, or has a longer path."""
    own = target.cookie(ADMINISTRATOR)
    for planted in _sessions(target):
        for cookies in (f"{planted}; {own}", f"{own}; {planted}"):
            yield target.get("/", *FETCH, ("Cookie", cookies))


def _proofs(target: Target) -> Iterator[Response]:
    """With a link that the attacker has made, for the secret that the attacker has planted."""
    link, own = links.link("analytics", "Admin", EVIL_SECRET), target.cookie(ADMINISTRATOR)
    for planted in _planted(links.COOKIE, EVIL_SECRET):
        for cookies in (f"{planted}; {own}", f"{planted}; {own}; {PORTAL_COOKIE}"):
            yield target.get(link, *FETCH, ("Cookie", cookies))


def _proofs_at_function(target: Target) -> Iterator[Response]:
    """As text of either encoding: AWS does not say which one an event has."""
    token = target.token(ADMIN)
    query = {name: [value] for name, value in _parameters().items()}
    for planted in _planted(links.COOKIE, EVIL_SECRET):
        raw = planted.encode("utf-8", "surrogateescape")
        for cookie in dict.fromkeys((raw.decode("latin-1"), raw.decode("utf-8", "replace"))):
            event = target.event(query=query, sign_in=token, cookie=cookie)
            yield target.function(event)


def _parameters() -> dict[str, str]:
    query = links.link("analytics", "Admin", EVIL_SECRET).partition("?")[2]
    return dict(each.split("=", 1) for each in query.split("&"))


def _own_page(_: Target, answer: Response) -> str:
    assert answer.status == 200, answer.status
    assert ADMINISTRATOR in answer.body
    assert STRANGER not in answer.body
    return "one's own page"


OWN_PAGE = Expectation("shown as to the visitor's own session", _own_page)


def _row(
    name: str,
    does: str,
    run: Callable[[Target], Iterator[Response]],
    must: Expectation,
    place: Place = Place.LOAD_BALANCER,
) -> Attack:
    return Attack(f"sibling: {name}", does, place, must, run)


ATTACKS = (
    _row(
        "a session",
        "plants a session of their own, under names that browsers take for others, to have the "
        "visitor work in it",
        _instead,
        TURNED_AWAY,
    ),
    _row(
        "a session beside the visitor's",
        "plants it before and after the visitor's own session",
        _before,
        OWN_PAGE,
    ),
    _row(
        "a proof",
        "plants the cookie of the links, in the same way, and leads an admin to a link above "
        "Viewer that goes with it",
        _proofs,
        ASKED,
    ),
    _row(
        "a proof, in an event",
        "does the same where the load balancer decodes cookies in one way or another",
        _proofs_at_function,
        ASKED,
        Place.FUNCTION,
    ),
)
