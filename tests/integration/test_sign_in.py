"""The sign-in from end to end: load balancer, provider, portal, one role, real Airflow."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
import pytest

from tests.conftest import Platform
from tests.integration.visitor import Visitor, links, sign_in_links
from tests.waits import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("platform")]

PUBLIC, PRIVATE = "analytics", "reporting"


def deep_link(platform: Platform, environment: str, role: str) -> str:
    query = urlencode({"mwaa_env": environment, "rbac_role": role})
    return urljoin(platform.portal, f"/aws_mwaa/aws-console-sso?{query}")


def trigger(
    visitor: Visitor, platform: Platform, environment: str, dag: str = "hello_lineage"
) -> httpx.Response:
    """Ask the environment's Airflow, as the person signed in there, to run a DAG."""
    version, body = ("v2", {"logical_date": None}) if environment == PUBLIC else ("v1", {})
    url = f"{platform.airflow(environment)}/api/{version}/dags/{dag}/dagRuns"
    return visitor.http.post(url, json=body)


def user_name(visitor: Visitor, platform: Platform, environment: str) -> str:
    """The page or answer in which Airflow says who is signed in, and under which role."""
    page = "/ui/auth/me" if environment == PUBLIC else "/users/userinfo/"
    return visitor.open(platform.airflow(environment) + page).text


@pytest.mark.parametrize("environment", [PUBLIC, PRIVATE])
@pytest.mark.parametrize(
    ("email", "role", "may_run_a_dag"),
    [("viewer@example.com", "Viewer", False), ("admin@example.com", "Admin", True)],
)
def test_a_person_enters_under_exactly_the_granted_role(
    platform: Platform, environment: str, email: str, role: str, may_run_a_dag: bool
) -> None:
    with platform.visitor() as visitor:
        portal = visitor.sign_in(platform.portal, email=email)
        page = visitor.enter(sign_in_links(portal)[environment, role])

        assert page.status_code == 200
        assert urlsplit(str(page.url)).netloc == urlsplit(platform.airflow(environment)).netloc
        assert "Airflow" in page.text
        signed_in = user_name(visitor, platform, environment)
        assert f"mwaa-platform-{role}/{email}" in signed_in
        if environment == PRIVATE:
            assert f"[{role}]" in signed_in
        assert trigger(visitor, platform, environment).is_success is may_run_a_dag


def test_the_portal_offers_what_is_granted_and_nothing_else(platform: Platform) -> None:
    with platform.visitor() as visitor:
        portal = visitor.sign_in(platform.portal, email="viewer@example.com")
        assert set(sign_in_links(portal)) == {
            (PUBLIC, "Viewer"),
            (PRIVATE, "Viewer"),
            (PRIVATE, "Op"),
        }
        names = [link.text for link in links(portal)]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("environment", [PUBLIC, PRIVATE])
def test_another_role_is_refused(platform: Platform, environment: str) -> None:
    with platform.visitor() as visitor:
        visitor.sign_in(platform.portal, email="viewer@example.com")
        answer = visitor.follow_to_token(deep_link(platform, environment, "Admin"))
        assert answer.status_code == 403
        assert "location" not in answer.headers
        assert "reference" in answer.text.lower()


def test_a_member_of_a_group_has_the_groups_grant_alone(platform: Platform) -> None:
    with platform.visitor() as visitor:
        portal = visitor.sign_in(platform.portal, email="data-engineers-member@example.com")
        assert set(sign_in_links(portal)) == {(PUBLIC, "User")}
        page = visitor.enter(sign_in_links(portal)[PUBLIC, "User"])
        assert page.status_code == 200


def test_a_person_without_grants_is_told_so_and_gets_nowhere(platform: Platform) -> None:
    with platform.visitor() as visitor:
        portal = visitor.sign_in(platform.portal, email="stranger@example.com")
        assert portal.status_code == 200
        assert sign_in_links(portal) == {}
        assert "stranger@example.com" in portal.text
        assert visitor.follow_to_token(deep_link(platform, PUBLIC, "Viewer")).status_code == 403


def test_a_deep_link_survives_the_sign_in(platform: Platform) -> None:
    with platform.visitor() as visitor:
        form = visitor.open(deep_link(platform, PRIVATE, "Viewer"))
        visitor.http.follow_redirects = False
        answer = visitor.fill_in(form, "viewer@example.com")
        while answer.is_redirect and "#" not in answer.headers["location"]:
            answer = visitor.http.get(urljoin(str(answer.url), answer.headers["location"]))
        assert answer.headers["location"].startswith(
            f"{platform.airflow(PRIVATE)}/aws_mwaa/aws-console-sso?login=true#"
        )
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("environment", [PUBLIC, PRIVATE])
def test_a_token_opens_one_environment_once(platform: Platform, environment: str) -> None:
    other = PRIVATE if environment == PUBLIC else PUBLIC
    paths = {PUBLIC: "/pluginsv2/aws_mwaa/login", PRIVATE: "/aws_mwaa/login"}
    with platform.visitor() as visitor, platform.visitor() as thief:
        visitor.sign_in(platform.portal, email="admin@example.com")
        location = visitor.follow(deep_link(platform, environment, "Admin")).headers["location"]
        token = {"token": urlsplit(location).fragment}

        elsewhere = thief.http.post(platform.airflow(other) + paths[other], data=token)
        assert elsewhere.status_code == 403
        assert visitor.http.post(urljoin(location, "login"), data=token).status_code == 200
        assert thief.http.post(urljoin(location, "login"), data=token).status_code == 403
        assert trigger(thief, platform, environment).status_code in {401, 403}


def test_signing_out_ends_the_session_at_the_provider_too(platform: Platform) -> None:
    with platform.visitor() as visitor:
        visitor.sign_in(platform.portal, email="viewer@example.com")
        page = visitor.open(urljoin(platform.portal, "/logout"))
        if page.status_code == 200 and "<form" in page.text:
            page = visitor.fill_in(page, "")
        assert str(page.url) == urljoin(platform.portal, "/signed-out")
        again = visitor.open(platform.portal)
        assert urlsplit(str(again.url)).netloc != urlsplit(platform.portal).netloc
        assert 'type="password"' in again.text


def test_claims_that_a_client_sends_itself_are_worth_nothing(platform: Platform) -> None:
    """The load balancer may pass such headers on where it does not authenticate."""
    with platform.visitor() as visitor:
        forged = {"x-amzn-oidc-data": "e30=.e30=.AAAA", "x-amzn-oidc-identity": "admin@example.com"}
        answer = visitor.http.get(
            urljoin(platform.portal, "/signed-out"), headers=forged, follow_redirects=False
        )
        assert sign_in_links(answer) == {}
        link = deep_link(platform, PUBLIC, "Admin")
        answer = visitor.http.get(link, headers=forged, follow_redirects=False)
        assert "#" not in answer.headers.get("location", "")


def test_the_log_names_every_decision_and_holds_no_token(platform: Platform) -> None:
    log = platform.state / "logs" / "aws.log"
    before = decisions(log)
    with platform.visitor() as visitor:
        visitor.sign_in(platform.portal, email="admin@example.com")
        answer = visitor.follow(deep_link(platform, PUBLIC, "Admin"))
        token = urlsplit(answer.headers["location"]).fragment
        session = {name: value for name, value in visitor.http.cookies.items() if "ELB" in name}

        def is_logged() -> bool:
            visitor.open(platform.portal)  # a late line is handed on with the next call's
            return decisions(log) > before

        wait_until("The decision is in the log", is_logged)
    for secret in (token, *session.values()):
        assert secret not in log.read_text()


def decisions(log: Path) -> int:
    """How many sign-ins of the administrator were allowed."""
    lines = [line for line in log.read_text().splitlines() if '"event": "sign-in"' in line]
    wanted = ('"decision": "allow"', '"who": "admin@example.com"')
    return sum(all(each in line for each in wanted) for line in lines)
