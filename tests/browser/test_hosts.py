"""What Chromium makes of hosts: whose cookie it takes, and what a host shows that is not served."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from authenticator import pages, responses
from authenticator.errors import UNKNOWN_HOST
from local.tls import make_certificates
from tests.browser.chromium import SCHEMES
from tests.loopback import Request, Response, Server, serving
from tests.unit.local.alb.server import AUTHENTICATION, Alb, load_balancer, run

pytestmark = pytest.mark.browser

PARENT = "airflow.localhost"
PORTAL, SIBLING = f"portal.{PARENT}", f"ui.{PARENT}"
COOKIE, COMMON = "__Host-airflow", "airflow"
"""A name of the session cookie that the browser protects, and one that it does not."""


def at_once(request: Request) -> Response:
    """The answer of a provider that knows the person."""
    query = parse_qs(urlsplit(request.path).query)
    back = urlencode({"code": "the-code", "state": query["state"][0]})
    return Response(302, headers={"Location": f"{query['redirect_uri'][0]}?{back}"})


@pytest.fixture
def alb(tmp_path: Path) -> Iterator[Alb]:
    """A load balancer that serves every host name, and keeps sessions in `COOKIE`."""
    certificates = make_certificates(tmp_path, [PORTAL, SIBLING])
    with serving(Server(at_once)) as provider:
        authentication = replace(
            AUTHENTICATION,
            authorization_endpoint=f"{provider.url}/auth",
            cookie_name=COOKIE,
        )
        read = lambda: load_balancer(authentication=authentication)  # noqa: E731
        with run(certificates, read=read) as running:
            yield running


def opened(page: Page, alb: Alb, host: str, path: str = "/") -> str:
    """Open a page of a host; the cookies that its target got."""
    answer = page.goto(f"https://{host}:{urlsplit(alb.url).port}{path}")
    assert answer is not None
    assert (answer.status, urlsplit(answer.url).hostname) == (200, host)
    # The browser may ask for an icon of the former page meanwhile.
    asked: list[dict[str, Any]] = [
        event["multiValueHeaders"]
        for event in alb.function.events
        if event["path"] == path and event["multiValueHeaders"]["host"][0].startswith(host)
    ]
    return "; ".join(asked[-1].get("cookie", []))


def test_a_session_cookie_named_for_one_host_is_that_hosts_alone(page: Page, alb: Alb) -> None:
    assert f"{COOKIE}-0=" in opened(page, alb, PORTAL)
    assert f"{COOKIE}-0=" not in opened(page, alb, SIBLING, "/open")


def test_a_sibling_plants_no_session_cookie_that_is_named_for_one_host(
    page: Page, alb: Alb
) -> None:
    before = opened(page, alb, PORTAL)
    planted = [f"{name}-0=planted; Domain={PARENT}; Path=/; Secure" for name in (COOKIE, COMMON)]
    alb.function.answer |= {"multiValueHeaders": {"Set-Cookie": planted}}
    opened(page, alb, SIBLING, "/open")
    for cookie in planted:
        page.evaluate("cookie => { document.cookie = cookie }", cookie)

    cookies = opened(page, alb, PORTAL)
    assert f"{COMMON}-0=planted" in cookies.split("; ")
    assert set(cookies.split("; ")) - {f"{COMMON}-0=planted"} == set(before.split("; "))


def test_the_page_at_a_host_that_is_not_served_needs_no_other(page: Page) -> None:
    style = pages.stylesheet()
    html = pages.message(UNKNOWN_HOST, "0" * 16, pages.PORTAL, style=style)
    answer = responses.page(UNKNOWN_HOST.status, html, style=style)
    headers = {name: values[-1] for name, values in answer["multiValueHeaders"].items()}
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with serving(
        Server(lambda _: Response(answer["statusCode"], html.encode(), headers))
    ) as server:
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.goto(server.url)
            behind = {"light": "rgb(245, 246, 248)", "dark": "rgb(14, 19, 25)"}[scheme]
            expect(page.locator("body")).to_have_css("background-color", behind)
        assert {urlsplit(url).path for url in asked if not url.startswith("data:")} == {"/"}


def test_a_link_that_has_just_appeared_takes_no_click(page: Page) -> None:
    """Else the second click of a double click, begun on another page, opens an environment."""
    page.set_content(
        f"<style>{pages.stylesheet()}</style><ul class=roles><li><a href=/>Open</a></ul>"
    )
    first, last = page.locator(".roles a").evaluate("""link => {
        link.style.animation = "none"
        link.getBoundingClientRect()
        link.style.animation = ""
        const [settling] = link.getAnimations()
        settling.pause()
        const states = [getComputedStyle(link).pointerEvents]
        settling.finish()
        return [...states, getComputedStyle(link).pointerEvents]
    }""")
    assert (first, last) == ("none", "auto")
