"""Hosts: the portal's answers, no other does, and the token goes to the environment's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authenticator.settings import ROLES
from tests.unit.authenticator.alb_events import SIGN_IN, deep_link, event, token
from tests.unit.authenticator.conftest import Function
from tests.unit.authenticator.fake_aws import WEB_TOKEN, FakeAws

PORTAL = "airflow.example.com"
UI = "billing.example.com"
OTHER_UI = "reports.example.com"
NEW_SIGN_IN = "/pluginsv2/aws_mwaa/aws-console-sso"
MWAA = "abc-vpce.c1.eu-west-1.airflow.amazonaws.com"
HOST_OF = {"analytics": None, "Billing": UI, "legacy": OTHER_UI}
VERSIONS = {"analytics": "3.3.1", "Billing": "2.10.3", "legacy": "3.2.1"}
PATHS = ("/", SIGN_IN, NEW_SIGN_IN, "/logout", "/signed-out", "/style.css", "/missing")

UNREADABLE: tuple[str | list[str], ...] = (
    f"{PORTAL}:0443",
    f"{PORTAL}:123456",
    f"{PORTAL}:65536",
    f"{PORTAL}:0",
    f"{PORTAL}:",
    f"{PORTAL}:443:443",
    f"{PORTAL}:+443",
    f"{PORTAL}:x",
    f"{PORTAL}:\uff14\uff14\uff13",
    f"{PORTAL}.",
    f"{PORTAL}.:443",
    f".{PORTAL}",
    f"-{PORTAL}",
    f" {PORTAL}",
    f"{PORTAL}\t",
    f"{PORTAL}\n",
    f"{PORTAL}\0",
    f"{PORTAL}\0.{UI}",
    f"{PORTAL}%00",
    f"{PORTAL}/",
    f"{PORTAL}?",
    f"{PORTAL}#",
    f"{PORTAL}\\",
    f"https://{PORTAL}",
    f"ada@{PORTAL}",
    f"{PORTAL}@{UI}",
    f"{PORTAL},{UI}",
    f"{PORTAL}, {PORTAL}",
    f"{PORTAL};{UI}",
    f"[{PORTAL}]",
    "[::1]:443",
    "*.example.com",
    "air_flow.example.com",
    "airflow..example.com",
    "airflow\u3002example\uff0ecom",
    "\uff41irflow.example.com",
    "a\u0131rflow.example.com",
    "a\u0130rflow.example.com",
    "de\u017f\u212a.example.com",
    "\ud800.example.com",
    f"{'a' * 250}.com",
    "",
    [""],
    [],
    [PORTAL, PORTAL],
    [PORTAL, UI],
    [UI, PORTAL],
    [PORTAL, ""],
)
"""Values of Host that are no host, or several."""

FOREIGN = (
    UI,
    UI.upper(),
    f"{UI}:443",
    OTHER_UI,
    "evil.example.org",
    f"{PORTAL}.evil.example.org",
    f"evil-{PORTAL}",
    f"www.{PORTAL}",
    "example.com",
    "airflow-example.com",
    "127.0.0.1",
    MWAA,
)
"""Hosts that can be read, and are not the portal's."""


@pytest.fixture
def portal_host() -> str | None:
    return PORTAL


@pytest.fixture
def listing(portal_host: str | None) -> list[dict[str, str | None]]:
    """Two environments have a host of their own, where a portal's host is known."""
    return [
        {
            "name": name,
            "airflow_version": VERSIONS[name],
            "access_mode": "PRIVATE_ONLY",
            "ui_host": portal_host and host,
        }
        for name, host in HOST_OF.items()
    ]


@pytest.fixture(autouse=True)
def everything_granted(
    variables: dict[str, str],  # noqa: ARG001
    portal_host: str | None,
    fake_aws: FakeAws,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORTAL_HOST", portal_host or "")
    fake_aws.grant("user:ada@example.com", "*", *ROLES)


with_and_without_a_portals_host = pytest.mark.parametrize(
    "portal_host", [PORTAL, None], ids=["known", "unknown"]
)


def _requests(host: Any) -> Iterator[dict[str, Any]]:
    """Each path, and each environment's links, with the sessions that one may have."""
    sessions: tuple[str | None, ...] = (token(), None, "x.y.z")
    for sign_in in sessions:
        for path in PATHS:
            yield event(path, host=host, sign_in=sign_in)
        for path in (SIGN_IN, NEW_SIGN_IN):
            for environment in (*HOST_OF, "unknown"):
                for role in ("Viewer", "Admin"):
                    link = deep_link(environment, role, host=host, sign_in=sign_in)
                    yield link | {"path": path}


def _refused(function: Function, fake_aws: FakeAws, host: Any) -> None:
    for sent in _requests(host):
        answer = function(sent)

        assert answer.status == 400
        assert "This address is not served here" in answer.body
        assert not {"Location", "Set-Cookie"} & answer.headers.keys()
        assert WEB_TOKEN not in answer.body
        line = answer.line
        assert (line["decision"], line["reason"]) == ("deny", "unknown host")
        assert "who" not in line
    assert fake_aws.calls == []


@with_and_without_a_portals_host
@pytest.mark.parametrize("host", UNREADABLE, ids=ascii)
def test_what_is_not_one_readable_host_gets_nothing(
    host: Any, function: Function, fake_aws: FakeAws
) -> None:
    _refused(function, fake_aws, host)


@pytest.mark.parametrize("host", FOREIGN)
def test_no_other_host_than_the_portals_gets_anything(
    host: str, function: Function, fake_aws: FakeAws
) -> None:
    """An environment's web server sees what a browser sends to that host, cookies and all."""
    _refused(function, fake_aws, host)


def test_a_letter_that_becomes_the_portals_in_lower_case_is_another(
    function: Function, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_HOST", "desk.example.com")

    assert function(deep_link(host="desk.example.com")).status == 302
    fake_aws.calls.clear()
    _refused(function, fake_aws, "des\u212a.example.com")


def test_a_request_without_a_host_header_gets_nothing(
    function: Function, fake_aws: FakeAws
) -> None:
    sent = deep_link()
    del sent["multiValueHeaders"]["host"]

    assert function(sent).status == 400
    assert fake_aws.calls == []


def test_no_other_header_names_the_host(function: Function, fake_aws: FakeAws) -> None:
    answer = function(deep_link(host=UI, x_forwarded_host=PORTAL, forwarded=f"host={PORTAL}"))

    assert answer.status == 400
    assert fake_aws.calls == []


@pytest.mark.parametrize(
    "host", [PORTAL, PORTAL.upper(), f"{PORTAL}:443", f"{PORTAL}:8443", f"{PORTAL}:65535"]
)
@pytest.mark.parametrize("path", [SIGN_IN, NEW_SIGN_IN])
@pytest.mark.parametrize("role", ["Viewer", "Admin"])
@pytest.mark.parametrize(
    ("environment", "target"),
    [
        ("analytics", f"https://{MWAA}{NEW_SIGN_IN}"),
        ("Billing", f"https://{UI}{SIGN_IN}"),
        ("legacy", f"https://{OTHER_UI}{NEW_SIGN_IN}"),
    ],
)
def test_the_portal_hands_a_token_to_the_environments_host(  # noqa: PLR0917 (parameters)
    host: str, path: str, role: str, environment: str, target: str, function: Function
) -> None:
    answer = function(deep_link(environment, role, host=host) | {"path": path})

    assert answer.location == f"{target}?login=true#{WEB_TOKEN}"
    assert answer.line["event"] == "sign-in"


@pytest.mark.parametrize("portal_host", [None])
@pytest.mark.parametrize("host", [PORTAL, "localhost:8443", *FOREIGN])
def test_without_a_portals_host_any_readable_one_is_the_portal(
    host: str, function: Function
) -> None:
    answer = function(deep_link("Billing", host=host))

    assert answer.location == f"https://{MWAA}{SIGN_IN}?login=true#{WEB_TOKEN}"
    assert function(event("/", sign_in=token(), host=host)).status == 200


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    host=st.lists(st.sampled_from([PORTAL, UI, OTHER_UI]) | st.text(max_size=30), max_size=2),
    environment=st.sampled_from(list(HOST_OF)),
    login=st.lists(st.sampled_from(["true", "false"]) | st.text(max_size=5), max_size=2),
)
def test_whatever_the_host_a_token_reaches_its_own_environment_alone(
    host: list[str], environment: str, login: list[str], function: Function
) -> None:
    sent = deep_link(environment, host=host)
    sent["multiValueQueryStringParameters"]["login"] = login

    answer = function(sent)

    if [each.lower() for each in host] != [PORTAL] or "true" in [each.lower() for each in login]:
        assert answer.status == 400
        assert "Location" not in answer.headers
    else:
        assert urlsplit(answer.location).netloc == (HOST_OF[environment] or MWAA)


def test_without_a_grant_no_host_is_told(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.items.clear()
    for role in ("Viewer", "Admin"):
        answer = function(deep_link("Billing", role))

        assert answer.status == 403
        assert UI not in answer.body
        assert "Location" not in answer.headers
    assert fake_aws.asked("AssumeRole") == []


def test_a_token_never_goes_round(function: Function, fake_aws: FakeAws) -> None:
    sent = deep_link("Billing")
    sent["multiValueQueryStringParameters"]["login"] = ["true"]

    assert function(sent).status == 400
    assert fake_aws.calls == []


def test_signing_out_of_the_portal_leaves_airflows_cookies_alone(function: Function) -> None:
    cookies = function(event("/logout")).headers["Set-Cookie"]

    assert {cookie.split("=")[0].partition("-0")[0] for cookie in cookies} & {
        "session",
        "_token",
    } == set()


@pytest.mark.parametrize(
    ("host", "back"), [(PORTAL, PORTAL), (f"{PORTAL}:8443", f"{PORTAL}%3A8443")]
)
def test_the_way_back_from_the_provider_is_the_portal(
    host: str, back: str, function: Function
) -> None:
    location = function(event("/logout", host=host)).location

    assert location.endswith(f"=https%3A%2F%2F{back}%2Fsigned-out")


def _main_link(body: str) -> str:
    (link,) = BeautifulSoup(body, "html.parser").select("a.main")
    return str(link["href"])


def test_a_wrong_host_is_told_where_the_portal_is(function: Function) -> None:
    page = function(event("/", host=f"{PORTAL}:0443")).body

    assert _main_link(page) == f"https://{PORTAL}/"
    assert "/logout" not in page


@pytest.mark.parametrize("portal_host", [None])
def test_no_page_repeats_a_wrong_host(function: Function) -> None:
    page = function(event("/", host="evil.example.org:0443")).body

    assert _main_link(page) == "/"
    assert "evil.example.org" not in page


def test_a_private_environment_served_here_needs_no_vpn(function: Function) -> None:
    page = BeautifulSoup(function(event("/", sign_in=token())).body, "html.parser")
    cards = {card.h2.text: card.text for card in page.select(".card") if card.h2}

    assert "Private" in cards["legacy"]
    assert "VPN" not in cards["legacy"]
    assert "VPN" in cards["analytics"]
