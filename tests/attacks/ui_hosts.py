"""Attacks on hosts of environments (UiHost) and on the fixed role of QuickStart.

Those at the function run it under the settings of such a deployment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.attacks.attack import REFUSED, TURNED_AWAY, Attack, Expectation, Place
from tests.attacks.links import ADMINISTRATOR, FETCH
from tests.attacks.target import (
    ADMIN,
    QUICK_START,
    SIGN_IN,
    STRANGER,
    VIEWER,
    Deployed,
    Response,
    Target,
)
from tests.attacks.tokens import FORGERIES

SERVED_SIGN_IN = (
    SIGN_IN,
    f"{SIGN_IN}?login=true",
    f"{SIGN_IN}?LOGIN=TRUE",
    f"/pluginsv2{SIGN_IN}?login=true",
    "/aws_mwaa/login",
    "/pluginsv2/aws_mwaa/login?login=true",
)
UI, PORTAL, EVIL = "reporting.example.com", "portal.example.com", "evil.example"
ODD_HOSTS: tuple[Any, ...] = (
    EVIL,
    PORTAL,
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


def _no_token_elsewhere(_: Target, answer: Response) -> str:
    """At most a configured host is named, and no token is sent to it."""
    if not answer.location:
        assert 400 <= answer.status < 500
        return str(answer.status)
    assert answer.location.startswith((f"https://{UI}/aws_mwaa/", f"https://{PORTAL}/"))
    assert "#" not in answer.location
    return "302 without a token"


def _relative(_: Target, answer: Response) -> str:
    """A token goes to the host that was asked, where the load balancer serves Airflow."""
    if not answer.location:
        assert 400 <= answer.status < 500
        return str(answer.status)
    assert answer.location.startswith(f"{SIGN_IN}?login=true#")
    return "302 within the host"


NO_TOKEN = Expectation("leads to configured hosts alone, without a token", _no_token_elsewhere)
RELATIVE = Expectation("a token stays on the host that was asked", _relative)


def served(target: Target) -> Deployed:
    """The function where the load balancer serves reporting under a host of its own."""

    def with_ui_host(environments: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {**each, "ui_host": UI, "ui_session_cookie": "own"}
            if each["name"] == "reporting"
            else {**each, "ui_host": None, "ui_session_cookie": None}
            for each in environments
        ]

    return target.variant("authenticator-of-hosts", environments=with_ui_host, PORTAL_HOST=PORTAL)


def quick_start(target: Target) -> Deployed:
    """The function where everybody enters reporting as Viewer."""
    return target.variant(
        "authenticator-of-one-role",
        environments=lambda all_: [
            {**each, "ui_host": None, "ui_session_cookie": None}
            for each in all_
            if each["name"] == "reporting"
        ],
        GRANTS_TABLE=None,
        FIXED_ROLE="Viewer",
        PORTAL_HOST=None,
    )


def _ui_without_grant(target: Target) -> Iterator[Response]:
    for host in (UI, UI.upper(), f"{UI}:8443", PORTAL):
        for claims, role in ((STRANGER, "Viewer"), (STRANGER, "Admin"), (VIEWER, "Admin")):
            event = target.link("reporting", role, sign_in=target.token(claims), host=host)
            yield served(target)(event)


def _ui_without_session(target: Target) -> Iterator[Response]:
    for query in (None, {"login": ["true"]}, {"mwaa_env": ["reporting"], "rbac_role": ["Viewer"]}):
        for more in ({}, {"x-amzn-oidc-identity": "admin@example.com"}):
            yield served(target)(target.event(query=query, host=UI, **more))


def _token_path(target: Target) -> Iterator[Response]:
    """Asked here, where the web server should answer, another token would go round for ever."""
    asked = {"mwaa_env": ["reporting"], "rbac_role": ["Admin"]}
    for name, value in (("login", "true"), ("LOGIN", "TRUE"), ("Login", "True")):
        for query in ({name: [value]}, {**asked, name: [value]}, {**asked, name: ["x", value]}):
            for function, host in ((served, UI), (quick_start, UI)):
                event = target.event(query=query, sign_in=target.token(ADMIN), host=host)
                yield function(target)(event)


def _other_hosts(target: Target) -> Iterator[Response]:
    for host in ODD_HOSTS:
        event = target.link("reporting", "Admin", sign_in=target.token(ADMIN), host=host)
        yield served(target)(event)
        event = target.event("/logout", host=host)
        answer = served(target)(event)
        location = answer.location.replace(target.issuer, f"https://{PORTAL}")
        assert EVIL not in location
        yield Response(answer.status, (("location", location),), answer.body)


def _named_hosts(target: Target) -> Iterator[Response]:
    for name in ("x_forwarded_host", "x_host", "forwarded", "x_original_host"):
        for host in (PORTAL, EVIL):
            token = target.token(ADMIN)
            event = target.link("reporting", sign_in=token, host=host, **{name: UI})
            yield served(target)(event)


def _other_environment(target: Target) -> Iterator[Response]:
    """A link to one environment under another's host, also by somebody who may open both."""
    for claims in (ADMIN, VIEWER, STRANGER):
        for host in (UI, UI.upper(), f"{UI}:8443"):
            event = target.link("analytics", "Admin", sign_in=target.token(claims), host=host)
            yield served(target)(event)


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


def _ui_url(target: Target, environment: str) -> str:
    return str(target.platform.summary["ui_hosts"][environment])


def _other_load_balancers_session(target: Target) -> Iterator[Response]:
    for path in ("/", "/api/v2/dags", *SERVED_SIGN_IN):
        for person in (ADMINISTRATOR, "stranger@example.com"):
            yield target.get(path, *FETCH, as_=person, url=_ui_url(target, QUICK_START))


def _portals_session(target: Target) -> Iterator[Response]:
    url = _ui_url(target, "reporting")
    for role in ("Viewer", "Op", "Admin"):
        link = f"{SIGN_IN}?mwaa_env=reporting&rbac_role={role}"
        yield target.get(link, *FETCH, as_="stranger@example.com", url=url)
        yield target.get(f"/pluginsv2{link}", *FETCH, as_="stranger@example.com", url=url)
        yield target.get(link.replace("reporting", "*"), *FETCH, as_=ADMINISTRATOR, url=url)


def _hosts_session(target: Target) -> Iterator[Response]:
    """What the environment's plugins can read of the session of somebody who visits its host."""
    cookie = ("Cookie", target.cookie(ADMINISTRATOR, at=_ui_url(target, "reporting")))
    for path in ("/", f"{SIGN_IN}?mwaa_env=analytics&rbac_role=Admin"):
        for url in ("", _ui_url(target, QUICK_START)):
            yield target.get(path, *FETCH, cookie, url=url)


def _airflow_without_a_role(target: Target) -> Iterator[Response]:
    url = _ui_url(target, "reporting")
    for person in (ADMINISTRATOR, "stranger@example.com"):
        cookie = ("Cookie", target.cookie(person, at=url))
        for more in ((), (("Remote-User", ADMINISTRATOR), ("x-amzn-oidc-identity", ADMINISTRATOR))):
            yield target.get("/api/v1/dags", *FETCH, *more, cookie, url=url)
            yield target.get("/api/v1/connections", *FETCH, *more, cookie, url=url)


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
        "UiHost: no grant", "asks an environment's host for a role not granted", _ui_without_grant
    ),
    _row("UiHost: no session", "asks an environment's host without a token", _ui_without_session),
    _row(
        "UiHost: another environment",
        "asks one environment's host for another environment",
        _other_environment,
        NO_TOKEN,
    ),
    _row(
        "UiHost: other hosts",
        "asks under odd host names for an admin's token, and for the way out",
        _other_hosts,
        NO_TOKEN,
    ),
    _row(
        "UiHost: named hosts",
        "names the environment's host in headers other than Host",
        _named_hosts,
        NO_TOKEN,
    ),
    _row("token's address", "asks the authenticator itself for login=true", _token_path),
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
        lambda target: _served_paths(_ui_url(target, "reporting"), target),
        TURNED_AWAY,
        Place.LOAD_BALANCER,
    ),
    _row(
        "UiHost: session of the portal",
        "takes the portal's session to an environment's host",
        _portals_session,
        TURNED_AWAY,
        Place.LOAD_BALANCER,
    ),
    _row(
        "UiHost: session of its web server",
        "takes the session that an environment's plugins see to the portal and to other hosts",
        _hosts_session,
        TURNED_AWAY,
        Place.LOAD_BALANCER,
    ),
    _row(
        "UiHost: Airflow itself, no role",
        "signs in at the load balancer and asks Airflow's API without opening it under a role",
        _airflow_without_a_role,
        REFUSED,
        Place.LOAD_BALANCER,
    ),
    _row(
        "QuickStart: Airflow itself, no session",
        "asks for Airflow's pages, its API and its sign-in, with login=true and forged headers",
        lambda target: _served_paths(_ui_url(target, QUICK_START), target),
        TURNED_AWAY,
        Place.LOAD_BALANCER,
    ),
    _row(
        "QuickStart: session of another load balancer",
        "takes the portal's session to the other load balancer",
        _other_load_balancers_session,
        TURNED_AWAY,
        Place.LOAD_BALANCER,
    ),
)
