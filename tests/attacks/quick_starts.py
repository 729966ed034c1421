"""QuickStart beside the portal, with a client of its own: neither side opens the other.

Sessions of all load balancers have one key here, and are bound to the client alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from authenticator import links
from tests.attacks import keys
from tests.attacks.attack import REFUSED, TURNED_AWAY, Attack, Expectation, Place
from tests.attacks.entrances import Stack, authentication, function, seen, signed, url, variables
from tests.attacks.links import FETCH
from tests.attacks.target import (
    ADMIN,
    LINK_SECRET,
    PORTAL_COOKIE,
    QUICK_START,
    SIGN_IN,
    Deployed,
    Event,
    Response,
    Target,
)

FOREIGN = (
    (Stack.QUICK_START, Stack.QUICK_START),
    (Stack.QUICK_START, Stack.PORTAL),
    (Stack.PORTAL, Stack.QUICK_START),
)
"""Signer and client of claims, of which one or both are not the portal's."""


def shown_to_portal(target: Target, stack: Stack) -> Iterator[Response]:
    """All that a plugin behind a load balancer sees of an administrator, at the portal."""
    name = authentication(target, Stack.PORTAL).cookie_name
    for headers in seen(target, stack).presented(name):
        for path in ("/", links.link("analytics", "Admin", LINK_SECRET)):
            with_proof = [
                (each, f"{value}; {PORTAL_COOKIE}" if each == "Cookie" else value)
                for each, value in headers
            ]
            yield target.get(path, *FETCH, *with_proof)


def _shown_to_portal(target: Target) -> Iterator[Response]:
    yield from shown_to_portal(target, Stack.QUICK_START)


def _shown_to_quick_start(target: Target) -> Iterator[Response]:
    name = authentication(target, Stack.QUICK_START).cookie_name
    for headers in seen(target, Stack.PORTAL).presented(name):
        for path in ("/", SIGN_IN, f"{SIGN_IN}?login=true"):
            yield target.get(path, *FETCH, *headers, url=url(target, Stack.QUICK_START))


def _signed_for_portal(target: Target) -> Iterator[Response]:
    portal = function(target, Stack.PORTAL)
    own = target.link(sign_in=seen(target, Stack.PORTAL).data)
    assert portal(own).status == 302, "the portal's own claims, seen in the same way"
    yield portal(target.link(sign_in=seen(target, Stack.QUICK_START).data))
    for signer, client in FOREIGN:
        yield target.function(target.link(sign_in=signed(target, signer, client)))


def _signed_for_quick_start(target: Target) -> Iterator[Response]:
    deployed = function(target, Stack.QUICK_START)
    own = _event(target, seen(target, Stack.QUICK_START).data)
    assert deployed(own).status == 302, "QuickStart's own claims, seen in the same way"
    yield deployed(_event(target, seen(target, Stack.PORTAL).data))
    for signer, client in ((Stack.PORTAL, Stack.PORTAL), *FOREIGN[1:]):
        yield _twin(target)(_event(target, signed(target, signer, client)))
    yield _twin(target)(_event(target, target.token(ADMIN, keys.NEIGHBOUR)))


def _twin(target: Target) -> Deployed:
    """QuickStart's function, for which keys are published whose private halves are known here."""
    settings: dict[str, Any] = {
        "GRANTS_TABLE": None,
        "PORTAL_HOST": None,
        **variables(target, Stack.QUICK_START),
    }
    return target.variant(
        "authenticator-of-quick-start",
        environments=lambda _: [{"name": QUICK_START}],
        **settings,
    )


def _event(target: Target, sign_in: str) -> Event:
    prefix = variables(target, Stack.QUICK_START)["TARGET_GROUP_PREFIX"]
    context = {"elb": {"targetGroupArn": f"{prefix}0123456789abcdef"}}
    return target.event(sign_in=sign_in) | {"requestContext": context}


def _row(
    name: str,
    does: str,
    run: Callable[[Target], Iterator[Response]],
    must: Expectation,
    place: Place = Place.LOAD_BALANCER,
) -> Attack:
    return Attack(f"QuickStart: {name}", does, place, must, run)


ATTACKS = (
    _row(
        "what its web server sees",
        "takes the session, access token and signed claims that QuickStart's plugins see of an "
        "admin to the portal, under every name",
        _shown_to_portal,
        TURNED_AWAY,
    ),
    _row(
        "signed claims of its visitor",
        "sends an admin's claims to the portal's function, signed by QuickStart's load balancer or "
        "for its client",
        _signed_for_portal,
        REFUSED,
        Place.FUNCTION,
    ),
    _row(
        "session of the portal",
        "takes an admin's session, access token and signed claims at the portal to QuickStart",
        _shown_to_quick_start,
        TURNED_AWAY,
    ),
    _row(
        "signed claims of the portal",
        "sends an admin's claims to QuickStart's function, signed by the portal's load balancer or "
        "for its client",
        _signed_for_quick_start,
        REFUSED,
        Place.FUNCTION,
    ),
)
