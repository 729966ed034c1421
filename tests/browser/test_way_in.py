"""The way in as a person sees it, in a real Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import Platform

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
INSTALL = "apt-get install chromium"

pytestmark = [
    pytest.mark.platform,
    pytest.mark.browser,
    pytest.mark.xdist_group("platform"),
    pytest.mark.skipif(CHROMIUM is None, reason=f"needs a Chromium: {INSTALL}"),
]

WIDTHS = (360, 768, 1280)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(ignore_https_errors=True, locale="en-US")
    yield context.new_page()
    context.close()


def sign_in(page: Page, platform: Platform, email: str) -> None:
    page.goto(platform.portal)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill("any password")
    page.keyboard.press("Enter")
    page.wait_for_url(platform.portal)


@pytest.mark.parametrize(
    ("environment", "proof"),
    [("analytics", "hello_lineage"), ("reporting", "hello_lineage")],
    ids=["Airflow 3, public", "Airflow 2, private"],
)
def test_a_click_on_the_portal_opens_airflow(
    page: Page, platform: Platform, environment: str, proof: str
) -> None:
    sign_in(page, platform, "viewer@example.com")
    page.get_by_role("link", name=f"Open {environment} as Viewer").click()
    page.wait_for_url(f"{platform.airflow(environment)}/**")
    if environment == "analytics":
        page.goto(f"{platform.airflow(environment)}/dags")
    expect(page.get_by_role("link", name=proof).first).to_be_visible(timeout=30_000)
    assert "#" not in page.url


def test_a_stranger_reads_what_to_do(page: Page, platform: Platform) -> None:
    sign_in(page, platform, "stranger@example.com")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.get_by_role("link", name="Open").count() == 0
    expect(page.locator("body")).to_contain_text("stranger@example.com")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_portal_fits_every_width(page: Page, platform: Platform, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, platform, "viewer@example.com")
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"portal-{width}.png", full_page=True)


def test_the_portal_needs_no_script_and_no_other_host(browser: Browser, platform: Platform) -> None:
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=False)
    page = context.new_page()
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    sign_in(page, platform, "viewer@example.com")
    expect(page.get_by_role("link", name="Open reporting as Op")).to_be_visible()
    assert {host.split(":")[0] for host in hosts} == {"localhost"}
    context.close()
