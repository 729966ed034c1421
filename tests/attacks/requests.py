"""Malformed and misleading HTTP requests to the load balancer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from tests.attacks.attack import AT_HOME, HARMLESS, REFUSED, TURNED_AWAY, Attack, Expectation, Place
from tests.attacks.links import ADMINISTRATOR, FETCH
from tests.attacks.target import ADMIN, SIGN_IN, Headers, Response, Target

STRANGER = "stranger@example.com"
LINK = f"{SIGN_IN}?mwaa_env=analytics&rbac_role=Admin"
OPEN_PATHS = ("/logout", "/signed-out", "/style.css")
EVERY_PATH = ("/", LINK, f"/pluginsv2{LINK}", *OPEN_PATHS)
EVIL = "evil.example"


def _forged(target: Target) -> Iterator[Headers]:
    """What would have to be said for somebody to be an admin, in every spelling."""
    good, bad = target.token(ADMIN), "e30=.e30=.AAAA"
    yield (("x-amzn-oidc-data", bad), ("x-amzn-oidc-identity", ADMINISTRATOR))
    for token in (good, bad):
        yield (("x-amzn-oidc-data", token),)
        yield (("X-Amzn-Oidc-Data", token), ("X-AMZN-OIDC-DATA", token))
        yield (("x_amzn_oidc_data", token),)
        yield (("x-amzn_oidc-data", token), ("x-amzn-oidc-identity", "1"))
        yield (("x-amzn-oidc-data", f"{token},{token}"),)
        yield (("X-Amzn-Oidc-Accesstoken", token), ("Authorization", f"Bearer {token}"))
        yield (("X-Forwarded-User", ADMINISTRATOR), ("Remote-User", ADMINISTRATOR))


def _forged_without_session(target: Target) -> Iterator[Response]:
    for headers in _forged(target):
        yield target.get(LINK, *FETCH, *headers)
        yield target.get("/", *FETCH, *headers)


def _forged_as_stranger(target: Target) -> Iterator[Response]:
    for headers in _forged(target):
        yield target.get(LINK, *FETCH, *headers, as_=STRANGER)


def _forged_on_open_paths(target: Target) -> Iterator[Response]:
    for headers in _forged(target):
        for path in OPEN_PATHS:
            yield target.get(path, *FETCH, *headers)


def _paths(target: Target) -> Iterator[Response]:
    """Where a rule without sign-in might be taken, and another page be served by it."""
    query = LINK.partition("?")[2]
    for path in (
        f"/logout/..{SIGN_IN}",
        f"/logout/../{SIGN_IN}",
        f"/style.css/..;{SIGN_IN}",
        f"/style.css%2f..{SIGN_IN}",
        f"/style.css/%2e%2e{SIGN_IN}",
        f"/style.css%00{SIGN_IN}",
        f"//style.css{SIGN_IN}",
        "/style.css/",
        "/STYLE.CSS",
        "/signed-out;/",
        "/signed-out%2f..%2f",
        "/signed-out/..",
        "//",
        "/.",
        "/./",
        f"/.{SIGN_IN}",
        SIGN_IN.upper(),
        f"{SIGN_IN}/",
        f"/{SIGN_IN}",
        f"{SIGN_IN}%2f",
        f"{SIGN_IN};x",
        f"{SIGN_IN}%00",
        SIGN_IN.replace("_", "%5f"),
        SIGN_IN.replace("/", "\\"),
        "/favicon.ico",
        "/.env",
        "/environments.json",
        "/oauth2/idpresponse",
        "/oauth2/idpresponse?code=x&state=x",
    ):
        yield target.get(f"{path}{'' if '?' in path else '?' + query}", *FETCH)


def _odd_paths_signed_in(target: Target) -> Iterator[Response]:
    query = LINK.partition("?")[2]
    for path in (
        "//",
        f"/{SIGN_IN}",
        f"{SIGN_IN}/",
        SIGN_IN.upper(),
        f"{SIGN_IN};x",
        f"{SIGN_IN}%2f",
        f"{SIGN_IN}%00",
        f"/x/..{SIGN_IN}",
        SIGN_IN.replace("_", "%5f"),
        f"//{EVIL}{SIGN_IN}",
        f"/%5c{EVIL}",
        f"///{EVIL}/%2f..",
        "/portal.html",
        "/templates/base.html",
        "/../settings.py",
        "/%2e%2e/settings.py",
    ):
        yield target.get(f"{path}?{query}", *FETCH, as_=ADMINISTRATOR)


def _redirects(target: Target) -> Iterator[Response]:
    """Everything that might choose where an answer leads."""
    for path in ("/", "/logout", "/signed-out", "/nowhere"):
        for person in (None, STRANGER):
            for name in ("X-Forwarded-Host", "X-Host", "X-Original-URL", "Forwarded", "Referer"):
                value = f"host={EVIL}" if name == "Forwarded" else f"https://{EVIL}/"
                yield target.get(path, *FETCH, (name, value), as_=person)
            for parameter in ("next", "redirect_uri", "post_logout_redirect_uri", "url", "state"):
                yield target.get(f"{path}?{parameter}=https://{EVIL}/", *FETCH, as_=person)
    for request_target in (
        f"//{EVIL}/",
        f"/\\{EVIL}/",
        f"/%2f{EVIL}/",
        f"//{EVIL}/logout",
        f"/logout//{EVIL}",
    ):
        yield target.get(request_target, *FETCH)
        yield target.get(request_target, *FETCH, as_=STRANGER)


def _absolute(target: Target) -> Iterator[Response]:
    for request_target in (
        f"https://{EVIL}/logout",
        f"https://{EVIL}/",
        f"http://{EVIL}/signed-out",
    ):
        yield target.get(request_target, *FETCH)
        yield target.get(request_target, *FETCH, as_=STRANGER)


def _other_hosts(target: Target) -> Iterator[Response]:
    """With the request's answer, what the provider makes of an address that it does not know."""
    port = target.address[1]
    for host in (EVIL, f"{EVIL}:{port}", f"localhost:{port}.{EVIL}", f"localhost@{EVIL}", "[::1]"):
        for path in EVERY_PATH:
            answer = target.ask("GET", path, FETCH, host=host)
            yield answer
            if EVIL in answer.location:
                with target.platform.visitor() as visitor:
                    page = visitor.http.get(answer.location)
                assert urlsplit(str(page.url)).netloc == urlsplit(target.issuer).netloc
                assert f'href="https://{EVIL}' not in page.text
                yield Response(page.status_code, (), "")


def _two_hosts(target: Target) -> Iterator[Response]:
    for more in ((("Host", EVIL),), (("Host", EVIL), ("Host", "localhost"))):
        yield target.get(LINK, *FETCH, *more, as_=STRANGER)
    yield target.exchange(b"GET / HTTP/1.1\r\n\r\n")
    yield target.exchange(b"GET / HTTP/1.1\r\nHost: \r\n\r\n")


def _cookies(target: Target) -> Iterator[Response]:
    name = target.authentication.cookie_name
    shards = dict(part.split("=", 1) for part in target.cookie(ADMINISTRATOR).split("; "))
    other = dict(part.split("=", 1) for part in target.cookie(STRANGER).split("; "))
    first = shards[f"{name}-0"]
    middle = len(first) // 2
    changed = "A" if first[middle] != "A" else "B"
    for cookies in (
        {f"{name}-0": first[:middle] + changed + first[middle + 1 :]},
        {f"{name}-0": first[:-1]},
        {f"{name}-0": "A" + first},
        {f"{name}-0": first[:middle] + other[f"{name}-0"][middle:]},
        {f"{name}-0": first[:middle]},
        {f"{name}-0": first[middle:], f"{name}-1": first[:middle]},
        {f"{name}-0": first, f"{name}-1": other[f"{name}-0"]},
        {f"{name}-1": "", f"{name}-0": ""},
        {name: first},
        {f"{name}-00": first},
        {f"{name}-10": first},
        {f"{name.lower()}-0": first},
        {f"{name}-0": '{"claims":{"sub":"1","email":"admin@example.com"},"expires":9999999999}'},
        {f"{name}-0": "null"},
        {"AWSALBAuthNonce": first},
    ):
        header = "; ".join(f"{each}={value}" for each, value in cookies.items())
        yield target.get(LINK, *FETCH, ("Cookie", header))


def _callback(target: Target) -> Iterator[Response]:
    """The end of somebody else's sign-in, in this browser."""
    started = target.get(LINK, *FETCH)
    state = urlsplit(started.location).query.partition("state=")[2].partition("&")[0]
    for cookies in ((), (("Cookie", "AWSALBAuthNonce=other"),)):
        for query in (f"code=x&state={state}", "code=x", "state=x", f"error=x&state={state}"):
            yield target.get(f"/oauth2/idpresponse?{query}", *FETCH, *cookies)


def _raw(*requests: bytes) -> Callable[[Target], Iterator[Response]]:
    def run(target: Target) -> Iterator[Response]:
        for request in requests:
            yield target.exchange(request)

    return run


def _head(*lines: str) -> bytes:
    return "\r\n".join([f"GET {LINK} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode(
        "latin-1"
    )


def _oversized(target: Target) -> Iterator[Response]:
    cookie = ("Cookie", target.cookie(ADMINISTRATOR))
    yield target.get(LINK, *FETCH, cookie, ("X-Long", "x" * 17_000))
    yield target.get(LINK, *FETCH, cookie, *((f"X-{n}", "x" * 900) for n in range(100)))
    yield target.get(f"{LINK}&x={'x' * 17_000}", *FETCH, cookie)
    yield target.get(f"/{'x' * 17_000}", *FETCH, cookie)
    yield target.ask("POST", LINK, [cookie, *FETCH], body=b"x" * (1024 * 1024 + 1))
    yield target.ask("POST", LINK, [cookie, *FETCH], body=b"mwaa_env=analytics&rbac_role=Admin")


def _row(
    name: str,
    does: str,
    run: Callable[[Target], Iterator[Response]],
    must: Expectation = TURNED_AWAY,
) -> Attack:
    return Attack(f"request: {name}", does, Place.LOAD_BALANCER, must, run)


ATTACKS = (
    _row("forged headers, no session", "sends x-amzn-oidc-* themselves", _forged_without_session),
    _row(
        "forged headers, own session",
        "signs in as somebody without grants and sends an admin's x-amzn-oidc-*",
        _forged_as_stranger,
        REFUSED,
    ),
    _row(
        "forged headers, no sign-in there",
        "sends x-amzn-oidc-* to the addresses that need no sign-in",
        _forged_on_open_paths,
        HARMLESS,
    ),
    _row(
        "paths around the rules",
        "writes paths so that the rule without sign-in might serve another page",
        _paths,
    ),
    _row(
        "odd paths, signed in",
        "writes paths with traversal, other case, encodings, a host in them",
        _odd_paths_signed_in,
        REFUSED,
    ),
    _row(
        "open redirects",
        "names another host in headers, parameters and paths",
        _redirects,
        AT_HOME,
    ),
    _row("absolute address", "asks for another host's address here", _absolute, AT_HOME),
    _row(
        "other host names",
        "asks for every page under another host's name; the provider does not go on there",
        _other_hosts,
        AT_HOME,
    ),
    _row(
        "two hosts or none",
        "sends several Host headers, an empty one, or none",
        _two_hosts,
        REFUSED,
    ),
    _row(
        "tampered session",
        "changes, cuts, swaps, joins or renames the shards of a session's cookie",
        _cookies,
    ),
    _row("somebody else's callback", "ends a sign-in that another browser began", _callback),
    _row(
        "null bytes and line ends",
        "puts null bytes, line ends and blanks where none belong",
        _raw(
            _head("X-A: a\0b"),
            _head("X-A\0: a"),
            _head("X-A : a"),
            _head("X-A: a\rX-B: b"),
            _head(" folded"),
            _head("x-amzn-oidc-data\t: e30=.e30=.AAAA"),
            f"GET {LINK}\0 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
            f"GET {LINK} x HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
            f"GET {LINK}\r\n\r\n".encode(),
            b"\0\0\0\0\r\n\r\n",
        ),
    ),
    _row(
        "smuggling",
        "gives a body two lengths, so that its end is taken for another request",
        _raw(
            _head("Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\nGET /logout",
            _head("Content-Length: 0", "Content-Length: 30") + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            _head("Transfer-Encoding: xchunked"),
            _head("Content-Length: -1"),
            _head("Content-Length: 1e1"),
        ),
    ),
    _row("oversized", "sends long lines, headers, addresses and bodies", _oversized, REFUSED),
)
