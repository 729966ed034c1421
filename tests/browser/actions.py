"""Steps that the browser tests share: signing in and opening an environment."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.conftest import Platform


def sign_in(page: Page, platform: Platform, email: str) -> None:
    """Open the portal and sign in at the provider on the way there."""
    page.goto(platform.portal)
    fill_in(page, email)
    page.wait_for_url(platform.portal)


def fill_in(page: Page, email: str) -> None:
    """The provider's form, sent with the Enter key."""
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill("any password")
    page.keyboard.press("Enter")


def open_environment(page: Page, platform: Platform, environment: str, role: str) -> None:
    """Click a role on the portal; the environment's Airflow is there at the end."""
    page.get_by_role("link", name=f"Open {environment} as {role}", exact=True).click()
    page.wait_for_url(f"{platform.airflow(environment)}/**")
    # The page that takes the token goes on to Airflow's first one by itself.
    expect(page).not_to_have_url(re.compile("aws-console-sso"))


def must_sign_in(page: Page, platform: Platform) -> None:
    """The provider asks who is there."""
    expect(page.get_by_label("Password")).to_be_visible()
    assert page.url.startswith(platform.identity_provider)
