"""The gate before a host: what its web server sees, the way through it, and around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

from authenticator import links
from tests.attacks.attack import REFUSED, TURNED_AWAY, Attack, Expectation, Place
from tests.attacks.entrances import Stack, authentication, function, seen, signed, url
from tests.attacks.links import ADMINISTRATOR, FETCH, VIEWER
from tests.attacks.quick_starts import shown_to_portal
from tests.attacks.target import (
    ADMIN,
    GATED,
    LINK_SECRET,
    PORTAL_COOKIE,
    SIGN_IN,
    Headers,
    Response,
    Target,
)
from tests.attacks.ui_hosts import ASKED, SERVED_SIGN_IN

STRANGER = "stranger@example.com"
FOREIGN = (
    (Stack.GATE, Stack.GATE),
    (Stack.GATE, Stack.PORTAL),
    (Stack.PORTAL, Stack.GATE),
)
"""Signer and client of claims, of which one or both are the gate's."""
SPELLINGS = (
    "gate=1",
    "gate=",
    "gate=0",
    "gate=1&gate=1",
    "gate=1&gate=2",
    "GATE=1",
    "%67ate=1",
    "gate[]=1",
    "gate=1%00",
)
TOKEN_QUERIES = (
    "login=true",
    "LOGIN=TRUE",
    "login=true&gate=1",
    "gate=1&login=true",
    "login=true&mwaa_env=reporting&rbac_role=Admin",
    "login=x&login=true",
)
MAX_STEPS = 4
"""Portal, gate, portal, and one for a spelling that only the load balancer takes for the gate's."""


def _without_session(target: Target) -> Iterator[Headers]:
    """Nothing, or what somebody else has signed or another load balancer takes for a session."""
    portal = target.cookie(ADMINISTRATOR)
    name, at_gate = (
        authentication(target, each).cookie_name for each in (Stack.PORTAL, Stack.GATE)
    )
    yield ()
    yield (("x-amzn-oidc-data", target.token(ADMIN)), ("x-amzn-oidc-identity", ADMINISTRATOR))
    yield (("Cookie", portal),)
    yield (("Cookie", portal.replace(name, at_gate)),)


def _seen_by_web_server(target: Target) -> Iterator[Response]:
    yield from shown_to_portal(target, Stack.GATE)


def _signed_claims(target: Target) -> Iterator[Response]:
    """Under the gated host as well, at which nobody's claims open anything."""
    portal, host = function(target, Stack.PORTAL), urlsplit(url(target, Stack.GATE)).netloc
    own = seen(target, Stack.PORTAL).data
    assert portal(target.link(sign_in=own)).status == 302, "the portal's own claims"
    yield portal(target.link(sign_in=own, host=host))
    for environment in ("analytics", GATED):
        for more in ({}, {"host": host}):
            event = target.link(environment, sign_in=seen(target, Stack.GATE).data, **more)
            yield portal(event)
            for signer, client in FOREIGN:
                token = signed(target, signer, client)
                yield target.function(target.link(environment, sign_in=token, **more))


def _token_address(target: Target) -> Iterator[Response]:
    """The browser would take the fragment, which is the token, along to the provider."""
    for path in (SIGN_IN, f"/pluginsv2{SIGN_IN}"):
        for query in TOKEN_QUERIES:
            for headers in _without_session(target):
                yield target.get(f"{path}?{query}", *FETCH, *headers, url=url(target, Stack.GATE))


def _airflow(target: Target) -> Iterator[Response]:
    for path in ("/", "/home", "/health", "/api/v1/dags", "/static/", *SERVED_SIGN_IN):
        for headers in _without_session(target):
            yield target.get(path, *FETCH, *headers, url=url(target, Stack.GATE))
            yield target.ask("POST", path, headers, url=url(target, Stack.GATE))


def _through(target: Target, query: str, *, as_: str) -> Response:
    """The portal's answer where the gate sends a person with a session at both."""
    gate = target.get(
        f"{SIGN_IN}?{query}",
        *FETCH,
        ("Cookie", target.cookie(as_, at=url(target, Stack.GATE))),
        url=url(target, Stack.GATE),
    )
    assert gate.location.startswith(f"{target.platform.portal}{SIGN_IN[1:]}?"), gate.location
    return _at_portal(target, gate.location, as_=as_)


def _at_portal(target: Target, address: str, *, as_: str) -> Response:
    cookie = ("Cookie", f"{target.cookie(as_)}; {PORTAL_COOKIE}")
    return target.get(urlsplit(address)._replace(scheme="", netloc="").geturl(), *FETCH, cookie)


def _forged(target: Target) -> Iterator[Response]:
    """By people who may not: a decision stands before every token, on either side of the gate."""
    for person, environment, role in (
        (STRANGER, GATED, "Viewer"),
        (VIEWER, GATED, "Admin"),
        (VIEWER, "analytics", "Op"),
    ):
        link = links.link(environment, role, LINK_SECRET)
        for spelt in SPELLINGS:
            for query in (f"{link}&{spelt}", f"{SIGN_IN}?{spelt}&{link.partition('?')[2]}"):
                yield _at_portal(target, query, as_=person)
        yield _through(target, f"gate=1&{link.partition('?')[2]}", as_=person)


def _changed(target: Target) -> Iterator[Response]:
    """On the way through the gate the link becomes one that the portal did not write."""
    allowed = links.link(GATED, "Viewer", LINK_SECRET).partition("?")[2]
    proof = parse_qs(allowed)[links.PROOF][0]
    for person, environment, role in (
        (VIEWER, GATED, "Op"),
        (ADMINISTRATOR, GATED, "Admin"),
        (ADMINISTRATOR, "analytics", "Admin"),
    ):
        for more in ("", f"&{links.PROOF}={proof}"):
            changed = f"gate=1&mwaa_env={environment}&rbac_role={role}{more}"
            yield _through(target, changed, as_=person)
            yield _at_portal(target, f"{SIGN_IN}?{changed}", as_=person)


def _again(target: Target) -> Iterator[Response]:
    """What a web server behind the gate sees of a confirmed link, after it has been used."""
    link = links.link(GATED, "Admin", LINK_SECRET)
    query = urlsplit(_at_portal(target, link, as_=ADMINISTRATOR).location).query
    assert query.startswith("gate="), query
    yield _through(target, query, as_=ADMINISTRATOR)
    for again in (query, query.partition("&")[2]):
        yield _at_portal(target, f"{SIGN_IN}?{again}", as_=ADMINISTRATOR)


def _repeated(target: Target) -> Iterator[Response]:
    allowed = f"mwaa_env={GATED}&rbac_role=Viewer"
    for more in ("rbac_role=Admin", "mwaa_env=analytics", allowed):
        for query in (f"gate=1&{allowed}&{more}", f"gate=1&{more}&{allowed}"):
            yield _through(target, query, as_=ADMINISTRATOR)


def _rounds(target: Target) -> Iterator[Response]:
    """A granted person's link, with every spelling, followed while portal and gate go on."""
    link, gate = links.link(GATED, "Viewer", LINK_SECRET), url(target, Stack.GATE)
    cookies = {
        gate: ("Cookie", target.cookie(VIEWER, at=gate)),
        target.platform.portal: ("Cookie", f"{target.cookie(VIEWER)}; {PORTAL_COOKIE}"),
    }
    for spelt in ("", *SPELLINGS):
        for start in (target.platform.portal, gate):
            address = f"{start}{link[1:]}&{spelt}"
            for _ in range(MAX_STEPS):
                place = next(each for each in cookies if address.startswith(each))
                path = f"/{address.removeprefix(place)}"
                answer = target.get(path, *FETCH, cookies[place], url=place)
                address = answer.location
                if not address or urlsplit(address).fragment:
                    break
            yield answer


def _no_redirect(_: Target, answer: Response) -> str:
    assert (answer.status, answer.location) == (401, ""), f"{answer.status} {answer.location}"
    return str(answer.status)


def _kept_out(target: Target, answer: Response) -> str:
    """No page, and no way on but to a sign-in or the portal, without what was asked."""
    if not answer.location:
        assert 400 <= answer.status < 500, answer.status
        return str(answer.status)
    if answer.location.startswith(f"{target.issuer}/auth"):
        return "sent to sign in"
    page = f"{target.platform.portal}{SIGN_IN[1:]}?mwaa_env={GATED}"
    assert answer.location == page, answer.location
    return "sent to the portal"


def _ended(target: Target, answer: Response) -> str:
    """A token for the gated host; without a spelling that the gate knows, the roles there."""
    if not answer.location:
        assert answer.status == 200, answer.status
        return "asked for a role"
    assert answer.location.startswith(f"{url(target, Stack.GATE)}{SIGN_IN[1:]}?login=true#")
    return "opened"


NO_REDIRECT = Expectation("answered with 401, not led to the provider", _no_redirect)
KEPT_OUT = Expectation("refused, or sent to sign in or to the portal", _kept_out)
ENDED = Expectation("opened after one pass of the gate", _ended)


def _row(
    name: str,
    does: str,
    run: Callable[[Target], Iterator[Response]],
    must: Expectation = REFUSED,
    place: Place = Place.LOAD_BALANCER,
) -> Attack:
    return Attack(f"gate: {name}", does, place, must, run)


ATTACKS = (
    _row(
        "what a web server sees",
        "takes the session, access token and signed claims that plugins behind the gate see of an "
        "admin to the portal, under every name",
        _seen_by_web_server,
        TURNED_AWAY,
    ),
    _row(
        "signed claims",
        "sends an admin's claims to the portal's function, signed by the gate or for its client, "
        "under the portal's host and under a gated one",
        _signed_claims,
        place=Place.FUNCTION,
    ),
    _row(
        "token's address, no session",
        "asks for login=true, in every spelling, with the portal's session or with forged headers",
        _token_address,
        NO_REDIRECT,
    ),
    _row(
        "Airflow itself, no session",
        "asks for Airflow's pages, its API and its sign-in, with the portal's session or with "
        "forged headers",
        _airflow,
        KEPT_OUT,
    ),
    _row(
        "forged parameter",
        "says, with a session at both, that the gate is passed, where nothing is granted",
        _forged,
    ),
    _row(
        "other parameters",
        "names another environment or role than the portal's link on the way through the gate",
        _changed,
        ASKED,
    ),
    _row(
        "link again",
        "leads an admin, above Viewer, to the link that a web server behind the gate has seen",
        _again,
        ASKED,
    ),
    _row(
        "repeated parameters",
        "repeats environment or role on the way through the gate",
        _repeated,
    ),
    _row(
        "rounds",
        "writes the gate's parameter so that portal and gate might send a browser to and fro",
        _rounds,
        ENDED,
    ),
)
