"""QuickStart: one environment that exists, served by a load balancer under one role."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from local.layout import ROOT
from tests.browser.actions import fill_in, history, must_sign_in
from tests.conftest import Platform, platform_of

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("quick start")]

ENVIRONMENT, ROLE, OTHER_ROLE = "reporting", "Viewer", "Admin"
SIGN_IN = "/pluginsv2/aws_mwaa/aws-console-sso"
# In the sample nobody is granted anything, and nobody needs it.
ANYBODY = "stranger@example.com"


@pytest.fixture(scope="module")
def quick_start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    sample = json.loads((ROOT / "samples" / "quick-start.json").read_text())
    with platform_of(sample, tmp_path_factory.mktemp("quick-start")) as running:
        yield running


def test_it_says_what_to_open_and_as_whom(quick_start: Platform) -> None:
    for line in (quick_start.ui(ENVIRONMENT), ANYBODY, f"{ENVIRONMENT} as {ROLE}"):
        assert line in quick_start.output
    assert "Portal" not in quick_start.output


def test_whoever_signs_in_enters_under_the_one_role(quick_start: Platform) -> None:
    ui = quick_start.ui(ENVIRONMENT)
    with quick_start.visitor() as visitor:
        page = visitor.sign_in(f"{ui}/", email=ANYBODY)
        assert page.status_code == 200
        assert "Airflow" in page.text
        assert visitor.http.get(f"{ui}/api/v2/dags").status_code == 401

        # What Airflow's first page does with whom it does not know.
        page = visitor.enter(f"{ui}/api/v2/auth/login?next={ui}/")
        assert (page.status_code, str(page.url)) == (200, f"{ui}/")
        who = visitor.http.get(f"{ui}/ui/auth/me").text
        assert f"-{ROLE}/{ANYBODY}" in who
        dags = visitor.http.get(f"{ui}/api/v2/dags").json()["dags"]
        assert "hello_lineage" in [each["dag_id"] for each in dags]
        runs = f"{ui}/api/v2/dags/hello_lineage/dagRuns"
        assert visitor.http.post(runs, json={"logical_date": None}).status_code == 403


def test_no_parameter_chooses_another_role(quick_start: Platform) -> None:
    ui = quick_start.ui(ENVIRONMENT)
    with quick_start.visitor() as visitor:
        visitor.sign_in(f"{ui}/", email=ANYBODY)
        visitor.enter(f"{ui}{SIGN_IN}?mwaa_env={ENVIRONMENT}&rbac_role={OTHER_ROLE}")
        assert f"-{ROLE}/" in visitor.http.get(f"{ui}/ui/auth/me").text


def test_nothing_answers_without_a_session(quick_start: Platform) -> None:
    ui = quick_start.ui(ENVIRONMENT)
    with quick_start.visitor() as visitor:
        for method, path in (("GET", "/"), ("POST", "/api/v2/dags"), ("GET", SIGN_IN)):
            answer = visitor.http.request(method, ui + path, follow_redirects=False)
            assert answer.status_code == 302
            assert answer.headers["location"].startswith(quick_start.identity_provider)


def test_signing_out_ends_every_session(quick_start: Platform) -> None:
    ui = quick_start.ui(ENVIRONMENT)
    with quick_start.visitor() as visitor:
        visitor.sign_in(f"{ui}/", email=ANYBODY)
        visitor.enter(f"{ui}{SIGN_IN}")
        page = visitor.open(f"{ui}/logout")
        if page.status_code == 200 and "<form" in page.text:
            page = visitor.fill_in(page, "")
        assert str(page.url) == f"{ui}/signed-out"
        for path in ("/", "/api/v2/dags", SIGN_IN):
            again = visitor.open(ui + path)
            assert urlsplit(str(again.url)).netloc == urlsplit(quick_start.identity_provider).netloc


@pytest.mark.browser
def test_a_browser_is_in_airflow_after_signing_in_and_not_after_signing_out(
    page: Page, quick_start: Platform
) -> None:
    ui = quick_start.ui(ENVIRONMENT)
    page.goto(f"{ui}/")
    fill_in(page, ANYBODY)
    expect(page.get_by_role("button", name="User")).to_be_visible()
    assert page.url == f"{ui}/"
    who = page.evaluate("fetch('/ui/auth/me').then(answer => answer.text())")
    assert f"-{ROLE}/{ANYBODY}" in who
    assert not [url for url in history(page) if "#" in url or "login=true" in url]

    page.goto(f"{ui}/logout")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    page.goto(f"{ui}/")
    must_sign_in(page, quick_start)
