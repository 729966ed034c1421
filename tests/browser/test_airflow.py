"""Opening Airflow under one role and signing out, in a real Chromium."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.actions import fill_in, must_sign_in, open_environment, sign_in
from tests.conftest import Platform

pytestmark = [
    pytest.mark.platform,
    pytest.mark.browser,
    pytest.mark.xdist_group("platform"),
]

AIRFLOW_2, AIRFLOW_3 = "reporting", "analytics"
DAG = "hello_lineage"
SIGN_IN = "/aws_mwaa/aws-console-sso"


def trigger_button(page: Page, platform: Platform, environment: str) -> Locator:
    """What Airflow runs a DAG with, on the DAG's page."""
    name = "Trigger DAG" if environment == AIRFLOW_2 else "Trigger Dag"
    path = f"/dags/{DAG}/grid" if environment == AIRFLOW_2 else f"/dags/{DAG}"
    page.goto(platform.airflow(environment) + path)
    return page.get_by_label(name, exact=True).first


def confirm(page: Page) -> int:
    """Send Airflow 3's form to run a DAG; the status that its API answers with."""
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and answer.url.endswith("/dagRuns")
    ) as caught:
        page.get_by_role("dialog").get_by_role("button", name="Trigger", exact=True).click()
    return caught.value.status


def test_a_viewer_finds_no_working_trigger_in_airflow_2(page: Page, platform: Platform) -> None:
    sign_in(page, platform, "viewer@example.com")
    open_environment(page, platform, AIRFLOW_2, "Viewer")
    button = trigger_button(page, platform, AIRFLOW_2)
    expect(button).to_have_class("btn btn-default btn-icon-only disabled trigger-dropdown-btn")
    expect(button).to_have_css("pointer-events", "none")


@pytest.mark.parametrize(
    ("email", "role"), [("viewer@example.com", "Op"), ("admin@example.com", "Admin")]
)
def test_op_and_admin_run_a_dag_in_airflow_2(
    page: Page, platform: Platform, email: str, role: str
) -> None:
    sign_in(page, platform, email)
    open_environment(page, platform, AIRFLOW_2, role)
    button = trigger_button(page, platform, AIRFLOW_2)
    expect(button).to_have_class("btn btn-default btn-icon-only trigger-dropdown-btn")
    button.click()
    expect(page.get_by_text(f"Triggered {DAG}").first).to_be_visible()


@pytest.mark.parametrize(
    ("email", "role", "status"),
    [
        ("viewer@example.com", "Viewer", 403),
        ("data-engineers-member@example.com", "User", 200),
        ("admin@example.com", "Admin", 200),
    ],
)
def test_the_trigger_of_airflow_3_works_for_those_who_may(
    page: Page, platform: Platform, email: str, role: str, status: int
) -> None:
    """Airflow 3.3.1 shows the button to everybody, and leaves the refusal to its API."""
    sign_in(page, platform, email)
    open_environment(page, platform, AIRFLOW_3, role)
    trigger_button(page, platform, AIRFLOW_3).click()
    assert confirm(page) == status


@pytest.mark.parametrize("environment", [AIRFLOW_2, AIRFLOW_3])
def test_a_token_stays_in_no_address_and_no_history(
    page: Page, platform: Platform, environment: str
) -> None:
    sign_in(page, platform, "viewer@example.com")
    open_environment(page, platform, environment, "Viewer")
    assert "#" not in page.url
    page.go_back()
    assert "login=true" not in page.url


@pytest.mark.parametrize("environment", [AIRFLOW_2, AIRFLOW_3])
def test_who_signs_out_cannot_come_back_without_signing_in(
    page: Page, platform: Platform, environment: str
) -> None:
    sign_in(page, platform, "viewer@example.com")
    open_environment(page, platform, environment, "Viewer")
    page.goto(platform.portal)
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")

    for path in ("/", f"{SIGN_IN}?mwaa_env={environment}&rbac_role=Viewer"):
        page.goto(urljoin(platform.portal, path))
        must_sign_in(page, platform)
    page.go_back()
    assert page.get_by_role("link", name="Open").count() == 0


def test_a_deep_link_leads_to_airflow_after_signing_in(page: Page, platform: Platform) -> None:
    page.goto(urljoin(platform.portal, f"{SIGN_IN}?mwaa_env={AIRFLOW_2}&rbac_role=Op"))
    fill_in(page, "viewer@example.com")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Open {AIRFLOW_2} as Op?")
    open_environment(page, platform, AIRFLOW_2, "Op")
    page.wait_for_url(f"{platform.airflow(AIRFLOW_2)}/home**")
    expect(page.get_by_role("link", name=DAG).first).to_be_visible()
