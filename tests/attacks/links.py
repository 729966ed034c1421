"""Links with names, roles and encodings that are not quite right.

They are followed through the load balancer, which passes parameters on as they are sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from tests.attacks.attack import AS_TEXT, MARK, REFUSED, TURNED_AWAY, Attack, Expectation, Place
from tests.attacks.target import ADMIN, SIGN_IN, Response, Target

ADMINISTRATOR, VIEWER = "admin@example.com", "viewer@example.com"
FETCH = ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")

ENVIRONMENTS = (
    "*",
    "%2A",
    "",
    "Analytics",
    "ANALYTICS",
    "analytics%20",
    "%20analytics",
    "analytics+",
    "analytics%00",
    "%00analytics",
    "analytics%0A",
    "analytics%0d%0aLocation:%20https://evil.example/",
    "analytics%0d%0aSet-Cookie:%20canary=1",
    "analytics%E5%98%8A%E5%98%8DX-Canary:1",
    "..%2fanalytics",
    "analytics%2f..%2freporting",
    "analytics%2f..",
    "analytics/Admin",
    "analytics%3Fx",
    "analytics%23",
    "%2561nalytics",
    "analytic%2573",
    "analytics%252e",
    "analytics%c0%80",
    "%ff%fe",
    "analytic%u0073",
    "\uff41nalytics",  # fullwidth
    "%EF%BD%81nalytics",
    "analytics,reporting",
    "analytics;reporting",
    "[analytics]",
    "null",
    "undefined",
    "__proto__",
    "constructor",
    "analytics%22%7D",
    "analytics'%20OR%20'1'='1",
    "$%7B7*7%7D",
    "%7B%7B7*7%7D%7D",
    "arn:aws:airflow:us-east-1:000000000000:environment/analytics",
    "http://169.254.169.254/",
    "a" * 2000,
)
ROLES = (
    "admin",
    "ADMIN",
    "aDMIN",
    "op",
    "OP",
    "DataOp",
    "Ops",
    "O",
    "Op%20",
    "%20Op",
    "Op%00",
    "Op%0a",
    "Op%0d%0aX-Canary:%201",
    "%254Fp",
    "Admin,Op",
    "Admin;Op",
    "Admin%2COp",
    "[%22Admin%22]",
    "*",
    "All",
    "",
    "null",
    "\uff21dmin",  # fullwidth
    "\u0410dmin",  # Cyrillic
    "Owner",
    "Admin/../Viewer",
    "analytics/Admin",
)
QUERIES = (
    "mwaa_env=analytics&mwaa_env=analytics&rbac_role=Viewer",
    "mwaa_env=analytics&rbac_role=Viewer&rbac_role=Viewer",
    "mwaa_env=analytics&rbac_role=Viewer&rbac_role=Admin",
    "mwaa_env=analytics&mwaa_env=reporting&rbac_role=Viewer",
    "mwaa_env[]=analytics&rbac_role[]=Viewer",
    "mwaa_env[0]=analytics&rbac_role[0]=Viewer",
    "MWAA_ENV=analytics&RBAC_ROLE=Viewer",
    "mwaa%5Fenv=analytics&rbac_role=Viewer",
    "mwaa_env=analytics;rbac_role=Viewer",
    "mwaa_env=analytics%26rbac_role=Viewer",
    "rbac_role=Viewer",
    "mwaa_env&rbac_role",
    "=analytics&=Viewer",
    "%00mwaa_env=analytics&rbac_role=Viewer",
    "mwaa_env=analytics&rbac_role=Viewer&login=true",
    "mwaa_env=analytics&rbac_role=Viewer&LOGIN=TRUE",
    "login=true",
    "",
    "&" * 500,
)
NOT_A_PERSON = (
    (("Sec-Fetch-Dest", "iframe"),),
    (("Sec-Fetch-Dest", "frame"),),
    (("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Mode", "no-cors")),
    (("Sec-Fetch-Dest", "object"),),
    (("Sec-Fetch-Dest", "embed"),),
    (("Sec-Fetch-Dest", "script"), ("Sec-Fetch-Mode", "no-cors")),
    (("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Mode", "cors")),
    (("Sec-Fetch-Mode", "cors"),),
    (("Sec-Fetch-Mode", "same-origin"),),
    (("Sec-Fetch-Mode", "websocket"),),
    (("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Mode", "cors")),
    (("Sec-Fetch-Mode", "Navigate"),),
    (("Sec-Fetch-Mode", ""),),
    (*FETCH, ("Sec-Purpose", "prefetch")),
    (*FETCH, ("Sec-Purpose", "prefetch;prerender")),
    (*FETCH, ("Purpose", "prefetch")),
)


def _followed(
    *request_targets: str, as_: str = ADMINISTRATOR
) -> Callable[[Target], Iterator[Response]]:
    def run(target: Target) -> Iterator[Response]:
        for request_target in request_targets:
            yield target.get(request_target, *FETCH, as_=as_)

    return run


def _link(environment: str = "analytics", role: str = "Admin") -> str:
    return f"{SIGN_IN}?mwaa_env={environment}&rbac_role={role}"


def _not_granted(target: Target) -> Iterator[Response]:
    roles = ("Public", "Viewer", "User", "Op", "Admin")
    granted = {("analytics", "Viewer"), ("reporting", "Viewer"), ("reporting", "Op")}
    for environment in ("analytics", "reporting"):
        for role in roles:
            yield target.get(_link(environment, role), *FETCH, as_="stranger@example.com")
            if (environment, role) not in granted:
                yield target.get(_link(environment, role), *FETCH, as_=VIEWER)


def _partial_roles(target: Target) -> Iterator[Response]:
    """By grants that name roles nearly: none must be taken for the role within it."""
    names = ("DataOp", "op", "Op ", "ADMIN", "Admin,Op", "Viewers", "*", "All", "")
    with target.granted(f"user:{VIEWER}", "analytics", *filter(None, names)):
        for role in ("Public", "User", "Op", "Admin"):
            yield target.get(_link("analytics", role), *FETCH, as_=VIEWER)


def _not_configured(target: Target) -> Iterator[Response]:
    """By a function that was deployed without one of the environments that stand in MWAA."""
    function = target.variant(
        "authenticator-of-one-environment",
        environments=lambda all_: [each for each in all_ if each["name"] == "analytics"],
    )
    assert function(target.link("analytics", sign_in=target.token(ADMIN))).status == 302
    for role in ("Viewer", "Admin"):
        yield function(target.link("reporting", role, sign_in=target.token(ADMIN)))


def _revoked(target: Target) -> Iterator[Response]:
    with target.granted(f"user:{VIEWER}", "analytics", "Op"):
        assert (
            "did not come from the portal"
            in target.get(_link("analytics", "Op"), *FETCH, as_=VIEWER).body
        )
    yield target.get(_link("analytics", "Op"), *FETCH, as_=VIEWER)


def _ended(target: Target) -> Iterator[Response]:
    now = int(time.time())
    for expires in (now, now - 1, 1, 0, -1, now * 1000):
        with target.granted(f"user:{VIEWER}", "analytics", "Op", expires=expires):
            yield target.get(_link("analytics", "Op"), *FETCH, as_=VIEWER)


def _without_session(target: Target) -> Iterator[Response]:
    for request_target in (_link(), "/", f"/pluginsv2{_link()}", f"{SIGN_IN}?login=true"):
        yield target.get(request_target, *FETCH)
        yield target.get(request_target)


def _not_by_a_person(target: Target) -> Iterator[Response]:
    for headers in NOT_A_PERSON:
        yield target.get(_link(), *headers, as_=ADMINISTRATOR)


def _methods(target: Target) -> Iterator[Response]:
    cookie = ("Cookie", target.cookie(ADMINISTRATOR))
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "PROPFIND", "get"):
        yield target.ask(method, _link(), [cookie, *FETCH])
    override = ("X-HTTP-Method-Override", "GET")
    yield target.ask("POST", _link(), [cookie, override, *FETCH])


def _markup(target: Target) -> Iterator[Response]:
    for text in (
        f"<script>{MARK}()</script>",
        f"%3Cscript%3E{MARK}()%3C/script%3E",
        f"%22%3E%3Csvg/onload={MARK}()%3E",
        f"%253Cscript%253E{MARK}",
        f"'-{MARK}-'",
        f"javascript:{MARK}()",
        f"%7B%7B{MARK}%7D%7D",
        f"{MARK}%0d%0a%0d%0a<script>",
    ):
        quoted = text.replace(" ", "%20")
        yield target.get(_link(quoted), *FETCH, as_=ADMINISTRATOR)
        yield target.get(_link("analytics", quoted), *FETCH, as_=ADMINISTRATOR)
        yield target.get(f"/{quoted}", *FETCH, as_=ADMINISTRATOR)
        yield target.get(f"{_link()}{quoted}&{quoted}={quoted}", *FETCH, as_=ADMINISTRATOR)


def _search(target: Target) -> Iterator[Response]:
    for text in (f"%22%3E%3Cscript%3E{MARK}", f"%22+autofocus+onfocus%3D{MARK}", "%ff%00%0d%0a"):
        yield target.get(f"/?q={text}", *FETCH, as_=ADMINISTRATOR)


def _row(
    name: str,
    does: str,
    run: Callable[[Target], Iterator[Response]],
    must: Expectation = REFUSED,
    place: Place = Place.LOAD_BALANCER,
) -> Attack:
    return Attack(f"link: {name}", does, place, must, run)


ATTACKS = (
    _row("other roles", "asks for every role that is not granted", _not_granted),
    _row(
        "names of environments",
        "asks for * or for an environment with blanks, traversal, line ends, null bytes, double "
        "encoding, other letters",
        _followed(*map(_link, ENVIRONMENTS)),
    ),
    _row(
        "names of roles",
        "asks for a role in another case, within another name, with blanks or several at once",
        _followed(*(_link("analytics", role) for role in ROLES)),
    ),
    _row(
        "parameters",
        "repeats, renames, nests, joins or leaves out parameters, or adds login=true",
        _followed(*(f"{SIGN_IN}?{query}" for query in QUERIES)),
    ),
    _row("roles within names", "has grants whose roles contain other roles' names", _partial_roles),
    _row(
        "environment not configured",
        "is granted everything, and asks for an environment that MWAA has and the platform has not",
        _not_configured,
        place=Place.FUNCTION,
    ),
    _row("old link, grant taken away", "replays a link that worked before", _revoked),
    _row("old link, grant ended", "replays a link when the grant's time is over", _ended),
    _row(
        "no session", "opens links and the portal without signing in", _without_session, TURNED_AWAY
    ),
    _row(
        "no navigation",
        "loads a link in a frame, an image, a script's request, or ahead of a click",
        _not_by_a_person,
    ),
    _row("methods", "asks by other methods than GET", _methods),
    _row("markup", "has HTML and script in path and parameters", _markup),
    _row("markup in the filter", "has HTML and script in the portal's filter", _search, AS_TEXT),
)
