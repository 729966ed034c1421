"""Sign-out from the load balancer's session, then from the identity provider's."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from authenticator.links import COOKIE
from tests.unit.authenticator.alb_events import PORTAL_COOKIE, event
from tests.unit.authenticator.conftest import Function
from tests.unit.authenticator.fake_aws import FakeAws

NAME = "AWSELBAuthSessionCookie"
USUAL = {COOKIE, NAME, *(f"{NAME}-{shard}" for shard in range(4))}


def _expired(cookies: list[str]) -> set[str]:
    for cookie in cookies:
        assert cookie.split("; ")[1:] == [
            "Path=/",
            "Max-Age=0",
            "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "Secure",
            "HttpOnly",
        ]
    names = [cookie.split("=")[0] for cookie in cookies]
    assert len(names) == len(set(names))
    return set(names)


@pytest.mark.parametrize(
    ("sent", "more"),
    [
        ([], set()),
        ([f"{NAME}-0=canary-cookie; {NAME}-1=canary-cookie"], set()),
        ([f"{NAME}-7=x;{NAME}-12=x"], {f"{NAME}-7", f"{NAME}-12"}),
        (["a=b", f"{NAME}-5=x=y=="], {f"{NAME}-5"}),
        ([f"other=1; X{NAME}-5=x; {NAME}-x=1; {NAME}-5\r\nX=1; {NAME}-1234=1"], set()),
        (["", ";", "=", "=;=", f" {NAME}-6 =x"], {f"{NAME}-6"}),
        ([PORTAL_COOKIE], set()),
    ],
)
def test_every_shard_is_expired_once(sent: list[str], more: set[str], function: Function) -> None:
    answer = function(event("/logout", cookie=sent))

    assert answer.status == 302
    assert _expired(answer.headers["Set-Cookie"]) == USUAL | more


def test_the_cookies_bear_the_configured_name(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SESSION_COOKIE_NAME", "my.cookie")
    answer = function(event("/logout", cookie=["my.cookie-9=x; myXcookie-8=x"]))

    assert "my.cookie-9" in _expired(answer.headers["Set-Cookie"])
    assert "myXcookie-8" not in _expired(answer.headers["Set-Cookie"])


def test_no_cookie_fills_the_headers(function: Function) -> None:
    shards = "; ".join(f"{NAME}-{number}=x" for number in range(10_000))
    answer = function(event("/logout", cookie=[shards]))

    assert sum(len(cookie) + 14 for cookie in answer.headers["Set-Cookie"]) < 16_000


def test_the_provider_is_told_the_way_back(function: Function) -> None:
    answer = function(event("/logout", host="airflow.example.com:8443"))

    where = urlsplit(answer.location)
    assert where.geturl().startswith("https://identity.example.com/end?")
    assert parse_qs(where.query) == {
        "client_id": ["mwaa-platform"],
        "post_logout_redirect_uri": ["https://airflow.example.com:8443/signed-out"],
    }
    assert answer.line["event"] == "sign-out"


@pytest.mark.parametrize(
    "change",
    [
        {"sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"},
        {"sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"},
        {"sec_fetch_mode": "cors", "sec_fetch_dest": "empty"},
        {"sec_fetch_dest": "style"},
        {"sec_purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
    ],
)
@pytest.mark.parametrize("site", ["same-origin", "same-site", "cross-site"])
def test_no_image_and_no_frame_signs_anybody_out(
    site: str, change: dict[str, Any], function: Function
) -> None:
    answer = function(event("/logout", sec_fetch_site=site, **change))

    assert answer.status == 403
    assert not {"Set-Cookie", "Location"} & answer.headers.keys()
    assert (answer.line["event"], answer.line["decision"]) == ("sign-out", "deny")


@pytest.mark.parametrize("site", ["none", "same-origin", "cross-site"])
def test_a_person_signs_out(site: str, function: Function) -> None:
    navigation: dict[str, Any] = {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    answer = function(event("/logout", sec_fetch_site=site, **navigation))

    assert answer.status == 302
    assert _expired(answer.headers["Set-Cookie"]) == USUAL


def test_a_providers_own_parameters_are_kept(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_END_SESSION_ENDPOINT", "https://identity.example.com/end?p=1")

    assert "/end?p=1&client_id=" in function(event("/logout")).location


def test_without_a_providers_endpoint_the_landing_page_is_ours(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OIDC_END_SESSION_ENDPOINT")

    assert function(event("/logout")).location == "/signed-out"


def test_the_landing_page_needs_no_session(function: Function, fake_aws: FakeAws) -> None:
    answer = function(event("/signed-out"))

    assert answer.status == 200
    assert "You are signed out" in answer.body
    assert "/logout" not in answer.body
    assert fake_aws.calls == []


def test_no_page_lets_the_browser_look_for_an_icon_behind_the_sign_in(function: Function) -> None:
    """That request would sign in again a person whose provider still remembers them."""
    assert '<link rel="icon" href="data:' in function(event("/signed-out")).body
