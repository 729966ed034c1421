"""Links to a role above Viewer: those of the portal open, those of anybody else ask first."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup

from authenticator import pages
from authenticator.links import COOKIE, PROOF
from authenticator.person import Person
from authenticator.settings import ROLES
from tests.unit.authenticator.alb_events import (
    PORTAL_COOKIE,
    PORTAL_SECRET,
    SIGN_IN,
    deep_link,
    event,
    proof,
    token,
)
from tests.unit.authenticator.conftest import Function, Response
from tests.unit.authenticator.fake_aws import WEB_TOKEN, FakeAws, error

NAVIGATION: dict[str, Any] = {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
GOOD = proof("analytics", "Admin")
EVIL_SECRET = "f" * 32


@pytest.fixture(autouse=True)
def everything_granted(fake_aws: FakeAws) -> None:
    fake_aws.grant("user:ada@example.com", "*", *ROLES)


def _link(proofs: list[str] | None, cookie: str | list[str] | None, **more: Any) -> dict[str, Any]:
    """A link to analytics as Admin with these proofs and cookies."""
    sent = deep_link(role="Admin", portal=False, cookie=[] if cookie is None else cookie)
    query = sent["multiValueQueryStringParameters"] | more
    return sent | {
        "multiValueQueryStringParameters": query | ({PROOF: proofs} if proofs is not None else {})
    }


def _asks(answer: Response, role: str = "Admin") -> str:
    """The link of the confirmation, once nothing is seen to have been opened."""
    page = BeautifulSoup(answer.body, "html.parser")
    assert answer.status == 200
    assert [heading.text for heading in page.select("h1")] == [f"Open analytics as {role}?"]
    assert [who.text for who in page.select("nav .who")] == ["Signed in as ada@example.com"]
    assert "Location" not in answer.headers
    assert (answer.line["event"], answer.line["decision"]) == ("confirmation", "allow")
    (link,) = page.select("a.main")
    return str(link["href"])


def _follow(link: str, cookie: str | list[str], **headers: str) -> dict[str, Any]:
    address = urlsplit(link)
    query = parse_qs(address.query, strict_parsing=True)
    return event(address.path, query, sign_in=token(), cookie=cookie, **NAVIGATION | headers)


def _new_cookie(answer: Response) -> str:
    """Name and value of the one cookie that the answer sets."""
    (cookie,) = answer.headers["Set-Cookie"]
    return cookie.partition(";")[0]


@pytest.mark.parametrize("role", ["User", "Op", "Admin"])
@pytest.mark.parametrize("site", ["none", "same-origin", "same-site", "cross-site"])
@pytest.mark.parametrize("cookie", [[], PORTAL_COOKIE], ids=["new browser", "known browser"])
def test_a_link_from_elsewhere_asks_before_it_opens(
    cookie: Any, site: str, role: str, function: Function, fake_aws: FakeAws
) -> None:
    answer = function(deep_link(role=role, portal=False, cookie=cookie, sec_fetch_site=site))

    _asks(answer, role)
    assert [name for name, _ in fake_aws.calls] == ["BatchGetItem"]
    assert answer.line["because"] == "user:ada@example.com, configuration, *"
    assert (answer.line["environment"], answer.line["role"]) == ("analytics", role)
    assert not {"_aws", "SignIns"} & answer.line.keys()


@pytest.mark.parametrize("role", ["Public", "Viewer"])
@pytest.mark.parametrize("cookie", [[], PORTAL_COOKIE], ids=["new browser", "known browser"])
@pytest.mark.parametrize("proofs", [None, ["wrong"]])
def test_a_role_that_changes_nothing_opens_at_once(
    proofs: list[str] | None, cookie: Any, role: str, function: Function
) -> None:
    sent = deep_link(role=role, portal=False, cookie=cookie)
    if proofs:
        sent["multiValueQueryStringParameters"][PROOF] = proofs

    assert function(sent).location.endswith(f"#{WEB_TOKEN}")


@pytest.mark.parametrize("role", ["User", "Op", "Admin"])
@pytest.mark.parametrize("site", ["same-origin", "cross-site"])
def test_a_link_of_the_portal_opens_at_once(site: str, role: str, function: Function) -> None:
    """From another site as well: an ended session has led through the provider meanwhile."""
    answer = function(deep_link(role=role, **NAVIGATION, sec_fetch_site=site))

    assert answer.location.endswith(f"#{WEB_TOKEN}")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("cookie", [[], PORTAL_COOKIE], ids=["new browser", "known browser"])
def test_who_confirms_gets_in(cookie: Any, function: Function) -> None:
    asked = function(deep_link(role="Admin", portal=False, cookie=cookie))
    cookie = cookie or _new_cookie(asked)

    opened = function(_follow(_asks(asked), cookie))

    assert opened.location.endswith(f"#{WEB_TOKEN}")
    assert (opened.line["environment"], opened.line["role"]) == ("analytics", "Admin")


def test_a_confirming_link_is_good_for_this_browser_role_and_environment_alone(
    function: Function,
) -> None:
    link = _asks(function(deep_link(role="Admin", portal=False)))

    assert function(_follow(link, PORTAL_COOKIE)).status == 302
    for wrong, cookie in (
        (link, f"{COOKIE}={EVIL_SECRET}"),
        (link.replace("Admin", "Op"), PORTAL_COOKIE),
        (link.replace("analytics", "Billing"), PORTAL_COOKIE),
    ):
        answer = function(_follow(wrong, cookie))
        assert answer.status == 200
        assert answer.line["event"] == "confirmation"


@pytest.mark.parametrize(
    "proofs",
    [
        None,
        [],
        [""],
        ["1"],
        [proof("analytics", "Op")],
        [proof("analytics", "Viewer")],
        [proof("Billing", "Admin")],
        [proof("analytics", "Admin", EVIL_SECRET)],
        [proof("analytics", "Admin", "")],
        [PORTAL_SECRET],
        [GOOD[:-1]],
        [f"{GOOD}0"],
        [f" {GOOD}"],
        [f"{GOOD}\0"],
        [GOOD.upper()],
        [GOOD, GOOD],
        [GOOD, "x"],
        ["x", GOOD],
        [GOOD.replace(GOOD[0], f"%{ord(GOOD[0]):x}", 1)],
        ["é" * 32],
        ["\ud800"],
    ],
    ids=ascii,
)
def test_another_value_proves_nothing(
    proofs: list[str] | None, function: Function, fake_aws: FakeAws
) -> None:
    link = _asks(function(_link(proofs, PORTAL_COOKIE)))

    assert parse_qs(urlsplit(link).query)[PROOF] == [GOOD]
    assert fake_aws.asked("AssumeRole") == []


def test_the_parameter_has_one_name(function: Function) -> None:
    _asks(function(_link(None, PORTAL_COOKIE, **{"Portal": [GOOD], "portal ": [GOOD]})))


@pytest.mark.parametrize(
    "cookie",
    [
        None,
        "",
        COOKIE,
        f"{COOKIE}=",
        f"{COOKIE}={PORTAL_SECRET[:-1]}",
        f"{COOKIE}={PORTAL_SECRET}0",
        f"{COOKIE}={PORTAL_SECRET.upper()}",
        f'{COOKIE}="{PORTAL_SECRET}"',
        f"{COOKIE}={PORTAL_SECRET}={PORTAL_SECRET}",
        f"{COOKIE}={EVIL_SECRET}",
        f"{PORTAL_COOKIE}; {PORTAL_COOKIE}",
        f"{COOKIE}={EVIL_SECRET}; {PORTAL_COOKIE}",
        [PORTAL_COOKIE, PORTAL_COOKIE],
        [PORTAL_COOKIE, f"a=b; {COOKIE}="],
        f"a={PORTAL_COOKIE}",
        f"={PORTAL_COOKIE}",
        f"a=b, {PORTAL_COOKIE}",
    ],
    ids=ascii,
)
def test_without_the_one_cookie_that_it_belongs_to_a_proof_is_none(
    cookie: Any, function: Function
) -> None:
    _asks(function(_link([GOOD], cookie)))


@pytest.mark.parametrize(
    "name",
    [
        COOKIE.removeprefix("__Host-"),
        COOKIE.replace("__Host-", "__Secure-"),
        COOKIE.lower(),
        COOKIE.upper(),
        f"x{COOKIE}",
        f"{COOKIE}-0",
        f"\u2000{COOKIE}",
        f"\u00a0{COOKIE}",
        f"\u3000{COOKIE}",
        f"\x85{COOKIE}",
        f"\x1f{COOKIE}",
        f"\x0b{COOKIE}",
        f"{COOKIE}\u2000",
        # UTF-8 that the load balancer reads as Latin-1.
        f"\u2000{COOKIE}".encode().decode("latin-1"),
        f"\u00a0{COOKIE}".encode().decode("latin-1"),
        f"\x85{COOKIE}".encode().decode("latin-1"),
    ],
    ids=ascii,
)
def test_a_cookie_that_a_sibling_host_could_set_is_not_the_portals(
    name: str, function: Function
) -> None:
    """Browsers keep the prefix `__Host-` to one host, in its exact bytes."""
    evil = f"{name}={EVIL_SECRET}"
    evil_proof = proof("analytics", "Admin", EVIL_SECRET)

    _asks(function(_link([evil_proof], evil)))
    _asks(function(_link([evil_proof], f"{evil}; {PORTAL_COOKIE}")))
    # Nor does it take the portal's own cookie away.
    assert function(_link([GOOD], f"{evil}; {PORTAL_COOKIE}; {evil}")).status == 302


@pytest.mark.parametrize(
    "cookie",
    [
        f"a=b; {PORTAL_COOKIE};c=d",
        f"a=b;{PORTAL_COOKIE}",
        ["a=b", PORTAL_COOKIE],
        f"{COOKIE} = {PORTAL_SECRET}",
    ],
)
def test_other_cookies_do_not_matter(cookie: Any, function: Function) -> None:
    assert function(_link([GOOD], cookie)).status == 302


def test_the_cookie_stays_on_its_host_and_survives_the_way_back_from_the_provider(
    function: Function,
) -> None:
    secrets = set()
    for sent in (
        event("/", sign_in=token()),
        event(SIGN_IN, {"mwaa_env": ["analytics"]}, sign_in=token()),
        deep_link(role="Admin", portal=False, cookie=[]),
        event("/", sign_in=token(), cookie=f"{COOKIE}=malformed"),
        event("/", sign_in=token(), cookie=f"{PORTAL_COOKIE}; {PORTAL_COOKIE}"),
    ):
        (cookie,) = function(sent).headers["Set-Cookie"]
        (name, secret), *attributes = (part.partition("=")[::2] for part in cookie.split("; "))
        assert name.startswith("__Host-")
        assert len(bytes.fromhex(secret)) == 16
        secrets.add(secret)
        assert sorted(attributes) == [
            ("HttpOnly", ""),
            ("Path", "/"),
            ("SameSite", "Lax"),
            ("Secure", ""),
        ]

    assert len(secrets) == 5
    assert PORTAL_SECRET not in secrets


def test_a_browser_keeps_its_cookie(function: Function) -> None:
    for sent in (
        event("/", sign_in=token(), cookie=PORTAL_COOKIE),
        deep_link(role="Admin", portal=False),
    ):
        assert "Set-Cookie" not in function(sent).headers


def test_nobody_gets_a_cookie_who_is_not_signed_in(function: Function) -> None:
    for sent in (event("/"), event("/signed-out"), deep_link(sign_in="x", cookie=[])):
        assert "Set-Cookie" not in function(sent).headers


def test_each_link_of_the_portal_has_a_proof_of_its_own(function: Function) -> None:
    proofs = []
    for cookie in (PORTAL_COOKIE, f"{COOKIE}={EVIL_SECRET}"):
        page = function(event("/", sign_in=token(), cookie=cookie)).body
        for link in BeautifulSoup(page, "html.parser").select(".roles a"):
            proofs += parse_qs(urlsplit(str(link["href"])).query)[PROOF]

    assert len(proofs) == len(set(proofs)) == 2 * 3 * len(ROLES)


def test_a_proof_is_no_grant(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.items.clear()
    fake_aws.grant("user:ada@example.com", "analytics", "Viewer")

    for portal in (True, False):
        answer = function(deep_link(role="Admin", portal=portal))
        assert answer.status == 403
        assert (answer.line["event"], answer.line["reason"]) == ("sign-in", "no grant")


@pytest.mark.parametrize(
    "change",
    [
        {"sec_fetch_dest": "iframe"},
        {"sec_fetch_dest": "image", "sec_fetch_mode": "no-cors"},
        {"sec_fetch_dest": "empty", "sec_fetch_mode": "cors"},
        {"sec_purpose": "prefetch"},
    ],
)
@pytest.mark.parametrize("portal", [True, False])
def test_no_other_page_opens_or_asks(
    portal: bool, change: dict[str, str], function: Function, fake_aws: FakeAws
) -> None:
    answer = function(deep_link(role="Admin", portal=portal, cookie=[], **change))

    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers
    assert fake_aws.calls == []


def test_the_confirmation_is_text_and_not_markup() -> None:
    odd = "<script>alert('1')</script>\"&"
    person = Person(email=odd, subject="1", groups=(), name=odd)
    html = pages.confirmation(person, odd, odd, f'/x?"><b>{odd}')
    page = BeautifulSoup(html, "html.parser")

    assert page.select("script, b") == []
    assert [who.text for who in page.select("nav .who")] == [f"Signed in as {odd} {odd}"]
    assert page.h1 is not None
    assert page.h1.text == f"Open {odd} as {odd}?"
    assert [link["href"] for link in page.select("a.main")] == [f'/x?"><b>{odd}']


@pytest.mark.parametrize("fails", [None, "AssumeRole", "BatchGetItem"])
@pytest.mark.parametrize("portal", [True, False])
def test_neither_the_proof_nor_the_secret_is_logged(
    portal: bool, fails: str | None, function: Function, fake_aws: FakeAws
) -> None:
    if fails:
        fake_aws.faults[fails] = lambda _: error("AccessDenied", 403)
    for path in (SIGN_IN, "/", "/missing", "/logout"):
        log = str(function(deep_link(role="Admin", portal=portal) | {"path": path}).log)
        assert PORTAL_SECRET not in log
        assert GOOD not in log
