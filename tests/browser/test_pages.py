"""The authenticator's pages in a real Chromium: layout, accessibility, scripts, keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import broken_rules
from tests.browser.actions import sign_in
from tests.browser.chromium import SCHEMES, opened
from tests.conftest import Platform

pytestmark = [
    pytest.mark.platform,
    pytest.mark.browser,
    pytest.mark.xdist_group("platform"),
]

WIDTHS = (360, 768, 1280)
PAGES = {
    "portal": ("/", "viewer@example.com"),
    "empty portal": ("/", "stranger@example.com"),
    "refused": (
        "/aws_mwaa/aws-console-sso?mwaa_env=analytics&rbac_role=Admin",
        "viewer@example.com",
    ),
    "incomplete link": ("/aws_mwaa/aws-console-sso", "viewer@example.com"),
    "one environment": ("/aws_mwaa/aws-console-sso?mwaa_env=reporting", "viewer@example.com"),
    "confirmation": (
        "/aws_mwaa/aws-console-sso?mwaa_env=reporting&rbac_role=Op",
        "viewer@example.com",
    ),
    "not found": ("/nowhere", "viewer@example.com"),
    "signed out": ("/signed-out", "viewer@example.com"),
}
every_page = pytest.mark.parametrize(("path", "email"), PAGES.values(), ids=PAGES)


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """A browser without JavaScript."""
    with opened(browser, scripts=False) as page:
        yield page


def test_a_stranger_sees_an_empty_portal_and_what_to_do(page: Page, platform: Platform) -> None:
    sign_in(page, platform, "stranger@example.com")
    expect(page.get_by_role("heading", level=1)).to_have_text("Airflow environments")
    expect(page.get_by_text("There is nothing that you may open yet.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("stranger@example.com")
    assert page.get_by_role("link", name="Open").count() == 0


@every_page
def test_a_page_fits_every_width(page: Page, platform: Platform, path: str, email: str) -> None:
    sign_in(page, platform, email)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(urljoin(platform.portal, path))
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


@every_page
def test_a_page_keeps_the_rules_of_accessibility(
    page: Page, platform: Platform, path: str, email: str
) -> None:
    """In light and in dark: contrast is among them."""
    sign_in(page, platform, email)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.goto(urljoin(platform.portal, path))
        assert broken_rules(page) == []


@every_page
def test_a_page_loads_nothing_from_elsewhere_and_needs_no_script(
    plain_page: Page, platform: Platform, path: str, email: str
) -> None:
    sign_in(plain_page, platform, email)
    asked: list[str] = []
    plain_page.on("request", lambda request: asked.append(request.url))
    plain_page.goto(urljoin(platform.portal, path))
    expect(plain_page.get_by_role("heading", level=1)).to_be_visible()
    assert len(asked) > 1
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith("data:")}
    assert hosts == {urlsplit(platform.portal).netloc}
    expect(plain_page.locator("script")).to_have_count(0)


@every_page
def test_the_console_is_free_of_complaints(
    page: Page, platform: Platform, path: str, email: str
) -> None:
    """Also of those about the content security policy."""
    sign_in(page, platform, email)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda fault: said.append(str(fault)))
    answer = page.goto(urljoin(platform.portal, path))
    assert answer is not None
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    # Chromium reports the page's own status as a failed resource where it is an error.
    assert [each for each in said if f"status of {answer.status}" not in each] == []


def test_the_whole_way_by_keyboard(page: Page, platform: Platform) -> None:
    sign_in(page, platform, "viewer@example.com")
    names = [
        "Sign out",
        "Open analytics as Viewer",
        "Open reporting as Viewer",
        "Open reporting as Op",
    ]
    for name in names:
        page.keyboard.press("Tab")
        link = page.get_by_role("link", name=name, exact=True)
        expect(link).to_be_focused()
        # A ring around it, that people can see.
        assert link.evaluate("each => getComputedStyle(each).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.wait_for_url(f"{platform.airflow('reporting')}/**")


def test_names_of_links_are_unique_and_landmarks_are_there(page: Page, platform: Platform) -> None:
    sign_in(page, platform, "viewer@example.com")
    texts = [" ".join(text.split()) for text in page.get_by_role("link").all_inner_texts()]
    assert len(set(texts)) == len(texts)
    for landmark in ("banner", "main", "navigation"):
        assert page.get_by_role(landmark).count() >= 1, landmark
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
