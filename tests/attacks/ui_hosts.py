"""Attacks on hosts of environments (UiHost) and on the fixed role of QuickStart.

Those at the function run it under the settings of such a deployment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from authenticator import links
from tests.attacks.attack import REFUSED, TURNED_AWAY, Attack, Expectation, Place
from tests.attacks.links import ADMINISTRATOR, FETCH
from tests.attacks.target import (
    ADMIN,
    LINK_SECRET,
    PORTAL_COOKIE,
    QUICK_START,
    SIGN_IN,
    STRANGER,
    Deployed,
    Response,
    Target,
)
from tests.attacks.tokens import FORGERIES
from tests.integration.visitor import sign_in_links

SERVED_SIGN_IN = (
    SIGN_IN,
    f"{SIGN_IN}?login=true",
    f"{SIGN_IN}?LOGIN=TRUE",
    f"/pluginsv2{SIGN_IN}?login=true",
    "/aws_mwaa/login",
    "/pluginsv2/aws_mwaa/login?login=true",
)
WITHOUT_HOST = {"ui_host": None, "gated": False}
UI, PORTAL, EVIL = "reporting.example.com", "portal.example.com", "evil.example"
ODD_HOSTS: tuple[Any, ...] = (
    EVIL,
    UI,
    UI.upper(),
    f"{UI}:443",
    f"{UI}:0443",
    f"{UI}:",
    f"{PORTAL}:0443",
    f"{PORTAL}:123456",
    f"{PORTAL}:",
    f"{PORTAL}.",
    f"{PORTAL}.:443",
    f"{PORTAL} ",
    f"x.{PORTAL}",
    f"{PORTAL},{UI}",
    [PORTAL, PORTAL],
    [PORTAL, UI],
    [UI, PORTAL],
    f"{UI}.{EVIL}",
    f"{EVIL}/{UI}",
    f"{EVIL}#{UI}",
    f"{UI}@{EVIL}",
    f"{UI}.",
    f"x.{UI}",
    f"{UI}\\@{EVIL}",
    f"{UI}\0",
    f"{UI},{EVIL}",
    "",
    [UI, EVIL],
    [UI, UI],
    [EVIL, UI],
    [],
)


def _relative(_: Target, answer: Response) -> str:
    """A token goes to the host that was asked, where the load balancer serves Airflow."""
    if not answer.location:
        assert 400 <= answer.status < 500
        return str(answer.status)
    assert answer.location.startswith(f"{SIGN_IN}?login=true#")
    return "302 within the host"


def _airflows_refusal(target: Target, answer: Response) -> str:
    """The web server shows nothing of a team's: it refuses, or leads to a sign-in."""
    assert "hello_lineage" not in answer.body
    if not answer.location:
        assert answer.status in range(400, 500) or answer.status == 200, answer.status
        return str(answer.status)
    assert "#" not in answer.location
    host = urlsplit(answer.location).netloc
    assert not host or host in target.own_hosts, answer.location
    return f"{answer.status} to sign in"


AIRFLOWS = Expectation("shows nothing but Airflow's own sign-in", _airflows_refusal)
RELATIVE = Expectation("a token stays on the host that was asked", _relative)


def served(target: Target) -> Deployed:
    """The function where a load balancer serves reporting under a host of its own."""

    def with_ui_host(environments: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {**each, "ui_host": UI if each["name"] == "reporting" else None, "gated": False}
            for each in environments
        ]

    return target.variant("authenticator-of-hosts", environments=with_ui_host, PORTAL_HOST=PORTAL)


def hostless(target: Target) -> Deployed:
    """The function where no host name is known."""
    return target.variant(
        "authenticator-of-any-host",
        environments=lambda all_: [{**each, **WITHOUT_HOST} for each in all_],
        PORTAL_HOST=None,
    )


def quick_start(target: Target) -> Deployed:
    """The function where everybody enters reporting as Viewer."""
    return target.variant(
        "authenticator-of-one-role",
        environments=lambda all_: [
            {**each, **WITHOUT_HOST} for each in all_ if each["name"] == "reporting"
        ],
        GRANTS_TABLE=None,
        FIXED_ROLE="Viewer",
        PORTAL_HOST=None,
    )


def _odd_hosts(target: Target) -> Iterator[Response]:
    """With an administrator's session, which a web server may have seen."""
    for host in ODD_HOSTS:
        for environment in ("reporting", "analytics"):
            event = target.link(environment, "Admin", sign_in=target.token(ADMIN), host=host)
            yield served(target)(event)
        for path in ("/", "/logout"):
            yield served(target)(target.event(path, sign_in=target.token(ADMIN), host=host))


def _unreadable_hosts(target: Target) -> Iterator[Response]:
    for host in (f"{PORTAL}:0443", f"{PORTAL}:123456", f"{PORTAL}:", f"{PORTAL}.", [], [UI, UI]):
        for environment in ("reporting", "analytics"):
            event = target.link(environment, "Admin", sign_in=target.token(ADMIN), host=host)
            yield hostless(target)(event)


def _odd_hosts_at_the_load_balancer(target: Target) -> Iterator[Response]:
    """With the portal's session, under what an environment's host could be taken for."""
    assert target.open_host
    portal = target.address[0]
    served_hosts = [urlsplit(url).hostname for url in target.platform.summary["ui_hosts"].values()]
    cookie = ("Cookie", f"{target.cookie(ADMINISTRATOR)}; {PORTAL_COOKIE}")
    for host in (portal, *served_hosts):
        for odd in (f"{host}:0443", f"{host}:123456", f"{host}:", f"{host}.", f"x.{host}"):
            for environment in ("reporting", "analytics"):
                link = links.link(environment, "Admin", LINK_SECRET)
                yield target.ask("GET", link, [*FETCH, cookie], host=odd)


def _token_path(target: Target) -> Iterator[Response]:
    """Asked here, where the web server should answer, another token would go round for ever."""
    asked = {"mwaa_env": ["reporting"], "rbac_role": ["Admin"]}
    for name, value in (("login", "true"), ("LOGIN", "TRUE"), ("Login", "True")):
        for query in ({name: [value]}, {**asked, name: [value]}, {**asked, name: ["x", value]}):
            for function, host in ((served, PORTAL), (quick_start, PORTAL)):
                event = target.event(query=query, sign_in=target.token(ADMIN), host=host)
                yield function(target)(event)


def _named_hosts(target: Target) -> Iterator[Response]:
    for name in ("x_forwarded_host", "x_host", "forwarded", "x_original_host"):
        for host in (UI, EVIL):
            token = target.token(ADMIN)
            event = target.link("reporting", sign_in=token, host=host, **{name: PORTAL})
            yield served(target)(event)


def _unasked(target: Target) -> Iterator[Response]:
    """Links from elsewhere, which an administrator is led to: none opens without a click."""
    token = target.token(ADMIN)
    other = parse_qs(urlsplit(links.link("analytics", "Op", LINK_SECRET)).query)
    own = parse_qs(urlsplit(links.link("reporting", "Admin", LINK_SECRET)).query)
    plain = {"mwaa_env": ["reporting"], "rbac_role": ["Admin"]}
    for query, cookie in (
        (plain, PORTAL_COOKIE),
        ({**plain, links.PROOF: other[links.PROOF]}, PORTAL_COOKIE),
        ({**plain, links.PROOF: [""]}, PORTAL_COOKIE),
        (own, f"{links.COOKIE}={'f' * 32}"),
        (own, f"{PORTAL_COOKIE}; {links.COOKIE}={'f' * 32}"),
        (own, PORTAL_COOKIE.removeprefix("__Host-")),
        ({**own, links.PROOF: own[links.PROOF] * 2}, PORTAL_COOKIE),
    ):
        event = target.event(query=query, sign_in=token, host=PORTAL, cookie=cookie)
        yield served(target)(event)


def _asks(_: Target, answer: Response) -> str:
    """A page with a link, and no token."""
    assert (answer.status, answer.location) == (200, "")
    assert "did not come from the portal" in answer.body
    return "asked"


ASKED = Expectation("asked for a click first", _asks)


def _fixed_without_proof(target: Target) -> Iterator[Response]:
    function = quick_start(target)
    yield function(target.link("reporting", "Viewer"))
    yield function(target.event())
    for _, _, forge in FORGERIES:
        for token in forge(target):
            yield function(target.link("reporting", "Viewer", sign_in=token))


def _fixed_unverified(target: Target) -> Iterator[Response]:
    for changes in (
        {"email_verified": False},
        {"email": None},
        {"email": "adm\u0131n@example.com"},
    ):
        yield quick_start(target)(target.event(sign_in=target.token({**STRANGER, **changes})))


def _fixed_other_role(target: Target) -> Iterator[Response]:
    function = quick_start(target)
    for query in (
        {"mwaa_env": ["analytics"], "rbac_role": ["Admin"]},
        {"mwaa_env": ["reporting"], "rbac_role": ["Admin"]},
        {"rbac_role": ["Admin", "Op"]},
        {"mwaa_env": ["*"], "rbac_role": ["Op"]},
        {"FIXED_ROLE": ["Admin"]},
    ):
        for claims in (STRANGER, ADMIN, {**STRANGER, "roles": ["Admin"], "groups": ["Admin"]}):
            for host in ("quick.example.com", EVIL, f"x@{EVIL}"):
                yield function(target.event(query=query, sign_in=target.token(claims), host=host))
                line = json.loads(function.line)
                if line["decision"] == "allow":
                    assert (line["role"], line["environment"]) == ("Viewer", "reporting"), line


def _fixed_frames(target: Target) -> Iterator[Response]:
    for name, value in (
        ("sec-fetch-dest", "iframe"),
        ("sec-fetch-mode", "no-cors"),
        ("sec-purpose", "prefetch"),
    ):
        event = target.event(sign_in=target.token(STRANGER))
        event["multiValueHeaders"][name] = [value]
        yield quick_start(target)(event)


def _served_paths(environment_url: str, target: Target) -> Iterator[Response]:
    """Without a session: Airflow's pages, its API, its sign-in, with whatever headers."""
    headers = (
        (),
        (("x-amzn-oidc-data", target.token(ADMIN)), ("x-amzn-oidc-identity", "admin@example.com")),
        (("Remote-User", "admin@example.com"), ("Authorization", "Basic YWRtaW46YWRtaW4=")),
        (("Cookie", "session=x; _token=x; AWSELBAuthSessionCookie-0=x"),),
    )
    paths = ("/", "/home", "/api/v1/dags", "/api/v2/dags", "/static/", *SERVED_SIGN_IN)
    for path in paths:
        for more in headers:
            yield target.get(path, *FETCH, *more, url=environment_url)
            yield target.ask("POST", path, more, url=environment_url)


def _portals_session(target: Target) -> Iterator[Response]:
    """An environment's host takes no session: Airflow alone answers there."""
    url = target.open_host
    cookie = ("Cookie", target.cookie(ADMINISTRATOR))
    for path in ("/home", "/api/v1/dags", "/api/v1/connections", SIGN_IN, f"/pluginsv2{SIGN_IN}"):
        for more in ((), (("x-amzn-oidc-identity", ADMINISTRATOR), ("Remote-User", ADMINISTRATOR))):
            yield target.get(path, *FETCH, *more, cookie, url=url)


def _web_servers_cookies(target: Target) -> Iterator[Response]:
    """All that the environment's plugins can read of an administrator who is in Airflow."""
    url = target.open_host
    portal = target.platform.portal
    with target.platform.visitor() as visitor:
        page = visitor.sign_in(portal, email=ADMINISTRATOR)
        assert visitor.enter(sign_in_links(page)["reporting", "Admin"]).status_code == 200
        sent = visitor.http.build_request("GET", f"{url}home")
    seen = sent.headers["cookie"]
    assert "session=" in seen
    assert target.authentication.cookie_name not in seen
    assert links.COOKIE not in seen
    values = [part.partition("=")[2] for part in seen.split("; ")]
    name = target.authentication.cookie_name
    for value in (*values, "".join(values)):
        for forged in (seen, f"{name}={value}", f"{name}-0={value}"):
            for path in ("/", links.link("analytics", "Admin", LINK_SECRET)):
                yield target.get(path, *FETCH, ("Cookie", f"{forged}; {PORTAL_COOKIE}"))


def _row(
    name: str,
    does: str,
    run: Callable[[Target], Iterator[Response]],
    must: Expectation = REFUSED,
    place: Place = Place.FUNCTION,
) -> Attack:
    return Attack(name, does, place, must, run)


ATTACKS = (
    _row(
        "host: odd spellings",
        "asks for an admin's token, the portal and the way out under hosts of environments, and "
        "under odd spellings of every host",
        _odd_hosts,
    ),
    _row(
        "host: unreadable, none known",
        "asks for an admin's token under unreadable hosts, where any readable one is the portal's",
        _unreadable_hosts,
    ),
    _row(
        "host: odd spellings, with a session",
        "takes the portal's session to odd spellings of every host",
        _odd_hosts_at_the_load_balancer,
        AIRFLOWS,
        Place.LOAD_BALANCER,
    ),
    _row(
        "host: named elsewhere", "names the portal's host in headers other than Host", _named_hosts
    ),
    _row("token's address", "asks the authenticator itself for login=true", _token_path),
    _row(
        "link: from elsewhere",
        "leads an admin to a link above Viewer without the portal's own proof for this browser",
        _unasked,
        ASKED,
    ),
    _row(
        "fixed role: no proof",
        "asks for the one environment with no token, or with every forged one",
        _fixed_without_proof,
    ),
    _row("fixed role: no address", "signs in without a verified, plain address", _fixed_unverified),
    _row(
        "fixed role: another role",
        "asks for another role or environment, in parameters, claims and host names",
        _fixed_other_role,
        RELATIVE,
    ),
    _row(
        "fixed role: no navigation", "loads the link in a frame or ahead of a click", _fixed_frames
    ),
    _row(
        "UiHost: Airflow itself, no session",
        "asks for Airflow's pages, its API and its sign-in, with login=true and forged headers",
        lambda target: _served_paths(target.open_host, target),
        AIRFLOWS,
        Place.LOAD_BALANCER,
    ),
    _row(
        "UiHost: session of the portal",
        "takes the portal's session to an environment's host",
        _portals_session,
        AIRFLOWS,
        Place.LOAD_BALANCER,
    ),
    _row(
        "UiHost: cookies of its web server",
        "takes all cookies that an environment's plugins see of an admin to the portal, under "
        "every name",
        _web_servers_cookies,
        TURNED_AWAY,
        Place.LOAD_BALANCER,
    ),
    _row(
        "QuickStart: Airflow itself, no session",
        "asks for Airflow's pages, its API and its sign-in, with login=true and forged headers",
        lambda target: _served_paths(target.platform.summary["ui_hosts"][QUICK_START], target),
        TURNED_AWAY,
        Place.LOAD_BALANCER,
    ),
)
