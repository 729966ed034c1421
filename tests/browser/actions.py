"""Steps of walks through a browser: signing in, opening an environment, signing out there."""

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
    reach_airflow(page, platform, environment)


def reach_airflow(page: Page, platform: Platform, environment: str) -> None:
    """The environment's Airflow opens."""
    page.wait_for_url(f"{platform.airflow(environment)}/**")
    # The page that takes the token goes on to Airflow's first one by itself.
    expect(page).not_to_have_url(re.compile("aws-console-sso"))
    # Its address is there before it is; a form that is sent meanwhile may lead nowhere.
    page.wait_for_load_state()


def sign_out_of_airflow_2(page: Page) -> None:
    """By the menu of Airflow's own page."""
    menu = page.get_by_role("listitem").filter(has_text="Log Out")
    menu.locator("a.dropdown-toggle").click()
    menu.get_by_text("Log Out").click()


def sign_out_of_airflow_3(page: Page) -> None:
    """By the menu of Airflow's own page."""
    page.get_by_role("button", name="User").click()
    page.get_by_role("menuitem", name="Logout").click()
    page.get_by_role("dialog").get_by_role("button", name="Confirm").click()


def must_choose_a_role(page: Page, platform: Platform, environment: str) -> None:
    """The portal shows its page of the environment, which opens nothing by itself."""
    page.wait_for_url(f"{platform.portal}**")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Open {environment}")


def history(page: Page) -> list[str]:
    """Every address to which the browser could go back or forward, and where it is."""
    session = page.context.new_cdp_session(page)
    entries = session.send("Page.getNavigationHistory")["entries"]
    return [entry[each] for entry in entries for each in ("url", "userTypedURL")]


def must_sign_in(page: Page, platform: Platform) -> None:
    """The provider asks who is there."""
    expect(page.get_by_label("Password")).to_be_visible()
    assert page.url.startswith(platform.identity_provider)
