"""The OIDC flow: only a browser that returns with its own state is signed in."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from local.alb import oidc_flow
from local.alb.load_balancer import AuthenticateOidcConfig
from local.tls import Certificates
from tests.unit.local.alb.server import (
    AUTHENTICATION,
    CLAIMS,
    Alb,
    load_balancer,
    run,
    unauthenticated,
)

COOKIE = AUTHENTICATION.cookie_name


def test_a_stranger_is_sent_to_the_provider(alb: Alb) -> None:
    answer = alb.browser().get("/page")
    location = urlsplit(answer.headers["location"])
    query = parse_qs(location.query)
    assert answer.status_code == 302
    assert location._replace(query="").geturl() == AUTHENTICATION.authorization_endpoint
    assert query.keys() == {"client_id", "redirect_uri", "response_type", "scope", "state"}
    assert query["client_id"] == ["the-client"]
    assert query["redirect_uri"] == [f"{alb.url}/oauth2/idpresponse"]
    assert query["response_type"] == ["code"]
    assert query["scope"] == ["openid email"]
    assert not alb.function.events


def test_after_the_sign_in_the_page_that_was_asked_for_opens(alb: Alb) -> None:
    browser = alb.browser()
    answer = alb.come_back(browser, alb.leave(browser, "/page%2F1?a=%20b&a=%3D"))
    assert answer.headers["location"] == f"{alb.url}/page%2F1?a=%20b&a=%3D"
    assert browser.get("/page").text == "hello"


def test_the_function_gets_claims_that_only_this_load_balancer_can_have_signed(alb: Alb) -> None:
    browser = alb.signed_in()
    browser.get("/")
    headers = alb.function.events[-1]["multiValueHeaders"]
    [token] = headers["x-amzn-oidc-data"]
    header = jwt.get_unverified_header(token)
    key = browser.get(f"/public-keys/{header['kid']}").text
    claims = jwt.decode(token, key, algorithms=["ES256"], issuer=AUTHENTICATION.issuer)

    assert {name: claims[name] for name in CLAIMS} == CLAIMS
    assert header["signer"] == load_balancer().arn
    assert header["iss"] == AUTHENTICATION.issuer
    assert header["client"] == "the-client"
    assert header["exp"] == claims["exp"]
    # Padded, as no other issuer of JWTs does it: verifiers must take that.
    assert all(len(segment) % 4 == 0 for segment in token.split("."))
    assert headers["x-amzn-oidc-identity"] == [CLAIMS["sub"]]
    assert headers["x-amzn-oidc-accesstoken"] == ["canary-access-token"]


def test_no_other_key_is_served(alb: Alb) -> None:
    for kid in ("", "00000000-0000-4000-8000-000000000000", "%2e%2e/open"):
        assert alb.browser().get(f"/public-keys/{kid}").status_code == 404


def test_the_state_of_another_browser_is_refused(alb: Alb) -> None:
    attacker, victim = alb.browser(), alb.browser()
    state = alb.leave(attacker)
    assert alb.come_back(victim, state).status_code == 401
    alb.leave(victim)
    assert alb.come_back(victim, state).status_code == 401
    assert COOKIE + "-0" not in victim.cookies


@pytest.mark.parametrize("state", ["", "garbage"])
def test_a_made_up_state_is_refused(alb: Alb, state: str) -> None:
    browser = alb.browser()
    alb.leave(browser)
    assert alb.come_back(browser, state).status_code == 401


def test_a_sign_in_must_end_in_time(alb: Alb, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = alb.browser()
    state = alb.leave(browser)
    monkeypatch.setattr(oidc_flow, "LOGIN_SECONDS", -1)
    assert alb.come_back(browser, state).status_code == 401


def test_two_tabs_can_sign_in_at_once(alb: Alb) -> None:
    browser = alb.browser()
    first, second = alb.leave(browser, "/1"), alb.leave(browser, "/2")
    assert alb.come_back(browser, first).headers["location"].endswith("/1")
    assert alb.come_back(browser, second).headers["location"].endswith("/2")


def test_an_error_of_the_provider_is_561(alb: Alb) -> None:
    browser = alb.browser()
    state = alb.leave(browser)
    assert alb.come_back(browser, state, error="access_denied").status_code == 561
    alb.provider.token_status = 400
    assert alb.come_back(browser, state).status_code == 561


def test_a_silent_provider_is_500(alb: Alb) -> None:
    browser = alb.browser()
    state = alb.leave(browser)
    alb.provider.reachable = False
    assert alb.come_back(browser, state).status_code == 500


def test_claims_of_more_than_11_kb_are_500(alb: Alb) -> None:
    browser = alb.browser()
    alb.provider.claims = {**CLAIMS, "groups": ["g" * 11 * 1024]}
    assert alb.come_back(browser, alb.leave(browser)).status_code == 500


def test_a_large_session_is_spread_over_cookies_that_browsers_take(alb: Alb) -> None:
    groups = [f"group-{number}" for number in range(600)]
    alb.provider.claims = {**CLAIMS, "groups": groups}
    browser = alb.signed_in()
    shards = {name: value for name, value in browser.cookies.items() if name.startswith(COOKIE)}
    assert shards.keys() == {f"{COOKIE}-{index}" for index in range(len(shards))}
    assert 1 < len(shards) <= 4
    assert all(len(f"{name}={value}") <= 4096 for name, value in shards.items())
    assert browser.get("/").status_code == 200

    del browser.cookies[f"{COOKIE}-1"]
    assert browser.get("/").status_code == 302


def test_a_smaller_session_leaves_no_shard_of_a_larger_one(alb: Alb) -> None:
    browser = alb.browser()
    first, second = alb.leave(browser), alb.leave(browser)
    alb.provider.claims = {**CLAIMS, "groups": ["g" * 8000]}
    alb.come_back(browser, first)
    alb.provider.claims = CLAIMS
    alb.come_back(browser, second)
    assert [name for name in browser.cookies if name.startswith(COOKIE)] == [f"{COOKIE}-0"]
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("blank", [b"\xe2\x80\x80", b"\x85", b"\xa0", b"\xc2\x85", b"\xc2\xa0"])
def test_a_name_after_a_blank_of_unicode_is_another_name(alb: Alb, blank: bytes) -> None:
    """A host may set it for the domain above it, where a prefix forbids the name itself."""
    value = alb.signed_in().cookies[f"{COOKIE}-0"]
    browser = alb.browser()
    for name, status in ((COOKIE.encode(), 200), (blank + COOKIE.encode(), 302)):
        header = b"other=1; \t" + name + b"-0=" + value.encode() + b"\t ;x"
        assert browser.get("/", headers=[(b"Cookie", header)]).status_code == status


def test_the_browser_cannot_read_its_session(alb: Alb) -> None:
    browser = alb.signed_in()
    for cookie in browser.cookies.jar:
        assert cookie.secure
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert not cookie.domain_specified  # no other host's
        assert "canary" not in str(cookie.value)
        assert "ada" not in str(cookie.value)


def test_a_session_is_good_at_every_load_balancer_and_under_every_name(
    alb: Alb, certificates: Certificates
) -> None:
    """What AWS does here is not documented: this is the worst."""
    renamed = replace(AUTHENTICATION, cookie_name="another")
    with run(certificates, read=lambda: load_balancer(authentication=renamed), beside=alb) as other:
        stolen = {
            cookie.name.replace(COOKIE, "another"): str(cookie.value)
            for cookie in alb.signed_in().cookies.jar
        }
        thief = other.browser()
        header = "; ".join(f"{name}={value}" for name, value in stolen.items())
        assert thief.get("/", headers={"Cookie": header, "Host": "ui.localhost"}).is_success
        [event] = other.function.events
        assert event["multiValueHeaders"]["x-amzn-oidc-identity"] == [CLAIMS["sub"]]


@pytest.mark.parametrize(
    "other_client",
    [
        replace(AUTHENTICATION, client_id="another-client"),
        replace(AUTHENTICATION, issuer="https://another.example.com"),
    ],
    ids=["client", "issuer"],
)
def test_a_session_of_another_client_is_none(
    alb: Alb, certificates: Certificates, other_client: AuthenticateOidcConfig
) -> None:
    with run(
        certificates, read=lambda: load_balancer(authentication=other_client), beside=alb
    ) as other:
        answer = alb.signed_in().get(other.url)
        assert answer.headers["location"].startswith(AUTHENTICATION.authorization_endpoint)
        assert not other.function.events


def test_a_sign_in_can_end_at_another_load_balancer_in_its_own_browser_alone(
    alb: Alb, certificates: Certificates
) -> None:
    with run(certificates, beside=alb) as other:
        browser = alb.browser()
        state = alb.leave(browser)
        assert other.come_back(other.browser(), state).status_code == 401
        callback = f"{other.url}/oauth2/idpresponse?code=the-code&state={state}"
        assert browser.get(callback).headers["location"].startswith(alb.url)


def test_a_session_of_another_run_is_none(alb: Alb, certificates: Certificates) -> None:
    browser = alb.signed_in()
    with run(certificates) as other:
        assert browser.get(other.url).status_code == 302
    assert not other.function.events


def test_a_state_is_no_session(alb: Alb) -> None:
    browser = alb.browser()
    cookie = f"{COOKIE}-0={alb.leave(browser)}"
    assert alb.browser().get("/", headers={"Cookie": cookie}).status_code == 302


def test_nothing_may_follow_a_session(alb: Alb) -> None:
    for groups in ([], ["g" * 16], ["g" * 32]):  # with each padding
        alb.provider.claims = {**CLAIMS, "groups": groups}
        shard = alb.signed_in().cookies[f"{COOKIE}-0"]
        for more in (shard, "AAAA"):
            cookies = f"{COOKIE}-0={shard}; {COOKIE}-1={more}"
            assert alb.browser().get("/", headers={"Cookie": cookies}).status_code == 302


def test_a_session_ends(certificates: Certificates) -> None:
    ending = replace(AUTHENTICATION, session_seconds=-1)
    with run(certificates, read=lambda: load_balancer(authentication=ending)) as alb:
        browser = alb.browser()
        answer = alb.come_back(browser, alb.leave(browser))
        # A client that keeps a cookie for too long.
        shard = answer.headers.get_list("set-cookie")[0].partition(";")[0]
        expired = alb.browser().get("/", headers={"Cookie": shard})
        assert expired.status_code == 302
        assert any("01 Jan 1970" in each for each in expired.headers.get_list("set-cookie"))


def test_deny_refuses_strangers(certificates: Certificates) -> None:
    with run(certificates, read=lambda: unauthenticated("deny")) as alb:
        assert alb.browser().get("/").status_code == 401
        assert not alb.function.events


def test_allow_lets_strangers_in_as_nobody(certificates: Certificates) -> None:
    with run(certificates, read=lambda: unauthenticated("allow")) as alb:
        assert alb.browser().get("/", headers={"x-amzn-oidc-data": "forged"}).status_code == 200
        assert "x-amzn-oidc-data" not in alb.function.events[0]["multiValueHeaders"]


def test_codes_and_secrets_stay_out_of_the_log(alb: Alb, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    alb.signed_in().get("/?canary-query")
    alb.provider.token_status = 400
    browser = alb.browser()
    alb.come_back(browser, alb.leave(browser))
    assert "GET /oauth2/idpresponse 561" in caplog.text
    alb_lines = [record.getMessage() for record in caplog.records if record.name == "alb"]
    assert not any("canary" in line or "the-code" in line for line in alb_lines)
