"""Airflow behind the load balancer: no access but through it, and none without a grant.

The shared platform is deployed to again, then set up again, with a host name for each environment.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import escape
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Page, expect

from local.deployment import Deployment
from local.layout import ui_host
from local.processes import Processes
from local.readiness import probe
from tests.browser.actions import (
    fill_in,
    history,
    must_choose_a_role,
    must_sign_in,
    open_environment,
    reach_airflow,
    sign_in,
    sign_out_of_airflow_2,
    sign_out_of_airflow_3,
)
from tests.conftest import Platform, project_configuration, set_up
from tests.integration.lookups import run_lookups
from tests.integration.test_sign_in import PRIVATE, PUBLIC, deep_link, trigger, user_name
from tests.integration.visitor import Visitor, sign_in_links

pytestmark = [pytest.mark.platform, pytest.mark.last(2), pytest.mark.xdist_group("platform")]

AIRFLOW_3, AIRFLOW_2 = PUBLIC, PRIVATE
ENVIRONMENTS = [AIRFLOW_2, AIRFLOW_3]
SIGN_IN = {
    AIRFLOW_2: "/aws_mwaa/aws-console-sso",
    AIRFLOW_3: "/pluginsv2/aws_mwaa/aws-console-sso",
}
# Where Airflow sends whom it does not know to sign in.
UNKNOWN = {AIRFLOW_2: "/home", AIRFLOW_3: "/api/v2/auth/login"}
AIRFLOW_COOKIE = {AIRFLOW_2: "session", AIRFLOW_3: "_token"}
SIGN_OUT = {AIRFLOW_2: sign_out_of_airflow_2, AIRFLOW_3: sign_out_of_airflow_3}
SESSION_COOKIE = "__Host-airflow"
"""The portal's, which browsers keep to its own host."""
API = {AIRFLOW_2: "/api/v1", AIRFLOW_3: "/api/v2"}
# In place of signed claims: what a load balancer would be believed to have said.
FORGED = {
    "x-amzn-oidc-data": "e30=.e30=.AAAA",
    "x-amzn-oidc-identity": "admin@example.com",
    "x-amzn-oidc-accesstoken": "forged",
}


def with_ui_hosts(configuration: dict[str, Any]) -> dict[str, Any]:
    """The same configuration, with every Airflow under a host of the load balancer."""
    environments = [
        {**each, "WebServerAccessMode": "PRIVATE_ONLY", "UiHost": f"{each['Name']}.example.com"}
        for each in configuration["MwaaEnvironments"]
    ]
    alb = {
        **configuration["Alb"],
        "DomainName": "example.com",
        "HostedZoneId": "Z0123456789",
        "SessionCookieName": SESSION_COOKIE,
    }
    return {**configuration, "Alb": alb, "MwaaEnvironments": environments}


def described(platform: Platform, environment: str) -> dict[str, Any]:
    mwaa = platform.cloud.session.client("mwaa")
    return dict(mwaa.get_environment(Name=environment)["Environment"])


@pytest.fixture(scope="module")
def former(platform: Platform) -> dict[str, Any]:
    """What was there before: how the environments are described, and a run of Airflow 2."""
    with platform.visitor() as visitor:
        visitor.sign_in(platform.portal, email="admin@example.com")
        visitor.enter(deep_link(platform, AIRFLOW_2, "Admin"))
        answer = trigger(visitor, platform, AIRFLOW_2)
        assert answer.is_success, answer.text
    environments = {name: described(platform, name) for name in ENVIRONMENTS}
    return {"run": answer.json()["dag_run_id"], "environments": environments}


@pytest.fixture(scope="module")
def updated(
    platform: Platform, former: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """How the environments are described after a second deployment by the CLI."""
    del former
    folder = tmp_path_factory.mktemp("update")
    _deploy(platform, folder, _with_hosts(platform))
    return {name: described(platform, name) for name in ENVIRONMENTS}


def _with_hosts(platform: Platform) -> dict[str, Any]:
    """The configuration of the first deployment, with a host for every environment."""
    deployed = (platform.state / "cdk" / "cdk.context.json").read_text()
    configuration: dict[str, Any] = json.loads(deployed)
    configuration["Alb"]["DomainName"] = "localhost"
    for environment in configuration["MwaaEnvironments"]:
        environment["WebServerAccessMode"] = "PRIVATE_ONLY"
        environment["UiHost"] = ui_host(environment["Name"])
    return configuration


def _deploy(platform: Platform, folder: Path, configuration: dict[str, Any]) -> None:
    deployment = Deployment(
        folder=folder,
        stand_in=platform.cloud,
        processes=Processes(folder / "processes.json"),
        log=folder / "cdk.log",
    )
    deployment.write(configuration)
    deployment.deploy()


@pytest.fixture(scope="module")
def served(platform: Platform, updated: dict[str, Any]) -> Platform:
    """The platform set up again in its own folder. Airflow's address is the load balancer's."""
    del updated
    again = set_up(with_ui_hosts(project_configuration()), platform.state)
    return replace(again, summary={**again.summary, "environments": again.summary["ui_hosts"]})


def entered(visitor: Visitor, served: Platform, environment: str, role: str, email: str) -> None:
    visitor.sign_in(served.portal, email=email)
    page = visitor.enter(deep_link(served, environment, role))
    assert page.status_code == 200, page.text


def host(answer: httpx.Response) -> str:
    return urlsplit(str(answer.url)).netloc


def netloc(url: str) -> str:
    return urlsplit(url).netloc


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_second_deployment_replaces_no_environment(
    former: dict[str, Any], updated: dict[str, Any], environment: str
) -> None:
    before, after = former["environments"][environment], updated[environment]
    assert after["WebserverAccessMode"] == "PRIVATE_ONLY"
    for key in ("CreatedAt", "NetworkConfiguration", "SourceBucketArn", "ExecutionRoleArn"):
        assert after[key] == before[key]


def test_a_second_run_keeps_what_airflow_knows(served: Platform, former: dict[str, Any]) -> None:
    with served.visitor() as visitor:
        entered(visitor, served, AIRFLOW_2, "Viewer", "viewer@example.com")
        runs = visitor.http.get(f"{served.ui(AIRFLOW_2)}/api/v1/dags/hello_lineage/dagRuns").json()
        assert former["run"] in [each["dag_run_id"] for each in runs["dag_runs"]]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize(
    ("email", "role", "may_run_a_dag"),
    [("viewer@example.com", "Viewer", False), ("admin@example.com", "Admin", True)],
)
def test_the_portals_link_leads_through_the_load_balancer_into_airflow(
    served: Platform, environment: str, email: str, role: str, may_run_a_dag: bool
) -> None:
    with served.visitor() as visitor:
        portal = visitor.sign_in(served.portal, email=email)
        page = visitor.enter(sign_in_links(portal)[environment, role])

        assert page.status_code == 200
        assert host(page) == netloc(served.ui(environment))
        assert "Airflow" in page.text
        signed_in = user_name(visitor, served, environment)
        assert f"mwaa-platform-{role}/{email}" in signed_in
        if environment == AIRFLOW_2:
            assert f"[{role}]" in signed_in
        assert trigger(visitor, served, environment).is_success is may_run_a_dag


def test_a_form_of_airflow_works(served: Platform) -> None:
    """The page's own way to run a DAG on Airflow 2, with its token against forged requests."""
    with served.visitor() as visitor:
        entered(visitor, served, AIRFLOW_2, "Op", "viewer@example.com")
        url = f"{served.ui(AIRFLOW_2)}/dags/hello_lineage/trigger"
        page = BeautifulSoup(visitor.open(url).text, "html.parser")
        token = page.select_one("input[name=csrf_token]")
        assert token
        run = {"csrf_token": token["value"], "conf": "{}", "run_id": "by-the-form"}
        answer = visitor.http.post(url, data=run, headers={"Referer": url})
        assert answer.status_code == 200
        assert host(answer) == netloc(url)
        runs = visitor.http.get(f"{served.ui(AIRFLOW_2)}/api/v1/dags/hello_lineage/dagRuns").json()
        assert "by-the-form" in [each["dag_run_id"] for each in runs["dag_runs"]]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_static_files_arrive(served: Platform, environment: str) -> None:
    with served.visitor() as visitor:
        entered(visitor, served, environment, "Viewer", "viewer@example.com")
        page = visitor.open(f"{served.ui(environment)}/")
        scripts = [
            urljoin(str(page.url), str(each["src"]))
            for each in BeautifulSoup(page.text, "html.parser").select("script[src]")
        ]
        assert scripts
        for script in scripts:
            answer = visitor.http.get(script)
            assert answer.status_code == 200, script
            assert "javascript" in answer.headers["content-type"]
            assert netloc(script) == netloc(served.ui(environment))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_without_airflows_session_no_address_shows_anything(
    served: Platform, environment: str
) -> None:
    with served.visitor() as visitor:
        for headers in ({}, FORGED):
            answer = visitor.http.get(
                f"{served.ui(environment)}{API[environment]}/dags", headers=headers
            )
            assert answer.status_code in {401, 403}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_who_comes_without_a_role_chooses_one_in_the_portal(
    served: Platform, environment: str
) -> None:
    with served.visitor() as visitor:
        page = visitor.sign_in(
            served.ui(environment) + UNKNOWN[environment], email="viewer@example.com"
        )
        assert host(page) == netloc(served.portal)
        assert {name for name, _ in sign_in_links(page)} == {environment}
        assert visitor.enter(sign_in_links(page)[environment, "Viewer"]).status_code == 200


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_login_path_leads_to_the_portal_and_drops_what_was_asked(
    served: Platform, environment: str
) -> None:
    link = f"{served.ui(environment)}{SIGN_IN[environment]}?mwaa_env=other&rbac_role=Admin"
    with served.visitor() as visitor:
        answer = visitor.follow_to_token(link)
    asked = urlsplit(answer.headers["location"])
    assert asked.netloc == netloc(served.portal)
    assert (asked.path, asked.query) == (SIGN_IN[AIRFLOW_2], f"mwaa_env={environment}")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_signed_in_without_a_grant_there_is_no_way_in(served: Platform, environment: str) -> None:
    ui = served.ui(environment)
    with served.visitor() as visitor:
        page = visitor.sign_in(ui + UNKNOWN[environment], email="stranger@example.com")
        assert page.status_code == 403
        for role in ("Viewer", "Admin"):
            answer = visitor.follow(deep_link(served, environment, role))
            assert answer.status_code == 403
            assert "#" not in answer.headers.get("location", "")
        assert visitor.http.get(f"{ui}{API[environment]}/dags").status_code in {401, 403}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_token_travels_through_the_provider(served: Platform, environment: str) -> None:
    """It is made when nothing is left to do but to open the page that takes it."""
    asked: list[httpx.Request] = []
    with served.visitor() as visitor:
        visitor.sign_in(served.portal, email="viewer@example.com")
        visitor.http.event_hooks["request"].append(asked.append)
        answer = visitor.follow(deep_link(served, environment, "Viewer"))
        assert {netloc(str(each.url)) for each in asked} == {netloc(served.portal)}
        location, _, token = answer.headers["location"].partition("#")
        assert location == f"{served.ui(environment)}{SIGN_IN[environment]}?login=true"
        assert token
        assert answer.headers["cache-control"] == "no-store"
        for request in asked:
            assert token not in str(request.url)
            assert token not in str(request.headers)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_web_server_sees_no_session_of_the_load_balancer(
    served: Platform, environment: str
) -> None:
    """The load balancer sends cookies on, and a team's plugins can read them there."""
    with served.visitor() as visitor:
        entered(visitor, served, environment, "Viewer", "viewer@example.com")
        request = visitor.http.build_request("GET", f"{served.ui(environment)}/home")
        assert any(name.startswith(f"{SESSION_COOKIE}-") for name in visitor.http.cookies)
        assert "__Host-" not in request.headers.get("cookie", "")
        answer = visitor.http.get(f"{served.ui(environment)}/home")
        assert not [each for each in answer.headers if each.startswith("x-amzn-oidc")]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_signing_out_of_airflow_signs_nobody_in_again(served: Platform, environment: str) -> None:
    ui = served.ui(environment)
    with served.visitor() as visitor:
        entered(visitor, served, environment, "Viewer", "viewer@example.com")
        for name in ("session", "_token"):  # as Airflow's own sign-out does
            for cookie in [each for each in visitor.http.cookies.jar if each.name == name]:
                visitor.http.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)
        page = visitor.open(f"{ui}{UNKNOWN[environment]}")
        assert host(page) == netloc(served.portal)
        assert (environment, "Viewer") in sign_in_links(page)
        assert visitor.http.get(f"{ui}{API[environment]}/dags").status_code in {401, 403}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_deployed_health_check_finds_the_web_server_well(
    served: Platform, environment: str
) -> None:
    [group] = served.cloud.session.client("elbv2").describe_target_groups(
        TargetGroupArns=[served.outputs(f"Ui-{environment}")["UiTargetGroupArn"]]
    )["TargetGroups"]
    assert (group["Protocol"], group["HealthCheckProtocol"]) == ("HTTPS", "HTTPS")
    webserver = described(served, environment)["WebserverUrl"].rpartition(":")[2]
    answer = probe(f"https://localhost:{webserver}{group['HealthCheckPath']}", served.ca)
    assert answer is not None
    assert _matches(answer.status_code, group["Matcher"]["HttpCode"])


def _matches(status: int, matcher: str) -> bool:
    ranges = [part.partition("-")[::2] for part in matcher.split(",")]
    return any(int(first) <= status <= int(last or first) for first, last in ranges)


def test_addresses_that_change_are_followed(served: Platform) -> None:
    """By the function that a schedule starts; the deployment has run it once."""
    elb = served.cloud.session.client("elbv2")
    arn = served.outputs(f"Ui-{AIRFLOW_2}")["UiTargetGroupArn"]

    def registered() -> set[str]:
        found = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return {each["Target"]["Id"] for each in found}

    addresses = registered()
    assert len(addresses) == 2
    subnets = served.cloud.session.client("ec2").describe_subnets(
        SubnetIds=described(served, AIRFLOW_2)["NetworkConfiguration"]["SubnetIds"]
    )["Subnets"]
    ranges = [ip_network(each["CidrBlock"]) for each in subnets]
    assert all(any(ip_address(each) in cidr for cidr in ranges) for each in addresses)

    gone = addresses.pop()
    elb.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": gone}])
    stale: Any = {"Id": "10.2.3.4", "Port": 443, "AvailabilityZone": "all"}
    elb.register_targets(TargetGroupArn=arn, Targets=[stale])
    assert run_lookups(served.cloud, f"mwaa-platform-Ui-{AIRFLOW_2}") == 1
    assert registered() == {*addresses, gone}


@pytest.mark.browser
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_browser_is_in_airflow_until_its_session_there_ends(
    page: Page, served: Platform, environment: str
) -> None:
    """The session at the portal, which goes on, opens nothing without a click."""
    ui = served.ui(environment)
    sign_in(page, served, "viewer@example.com")
    open_environment(page, served, environment, "Viewer")
    assert not [url for url in history(page) if "#" in url or "login=true" in url]
    answer = page.goto(f"{ui}{API[environment]}/version")
    assert answer is not None
    cookies = answer.request.all_headers()["cookie"].split("; ")
    assert {each.partition("=")[0] for each in cookies} == {AIRFLOW_COOKIE[environment]}

    page.context.clear_cookies(name=AIRFLOW_COOKIE[environment])
    page.goto(f"{ui}/")
    must_choose_a_role(page, served, environment)
    open_environment(page, served, environment, "Viewer")
    SIGN_OUT[environment](page)
    must_choose_a_role(page, served, environment)
    answer = page.goto(f"{ui}{API[environment]}/dags")
    assert answer is not None
    assert answer.status in {401, 403}


@pytest.mark.browser
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_browser_is_asked_about_a_link_from_elsewhere_and_not_about_the_portals_own(
    page: Page, served: Platform, environment: str
) -> None:
    """The portal's own link leads on after its session, and that at the provider, have ended."""
    page.set_content(f'<a href="{escape(deep_link(served, environment, "Admin"))}">A link</a>')
    page.get_by_role("link").click()
    fill_in(page, "admin@example.com")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Open {environment} as Admin?")
    expect(page.get_by_role("banner")).to_contain_text("admin@example.com")
    open_environment(page, served, environment, "Admin")

    page.goto(served.portal)
    page.context.clear_cookies(name=re.compile(f"{SESSION_COOKIE}-|_session"))
    page.get_by_role("link", name=f"Open {environment} as Admin").click()
    must_sign_in(page, served)
    fill_in(page, "admin@example.com")
    reach_airflow(page, served, environment)
