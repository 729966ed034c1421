"""Airflow behind the load balancer: no access but through it, and none without a grant.

The shared platform is deployed to again, then set up again, with a host name for each environment.
"""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
from bs4 import BeautifulSoup

from local.deployment import Deployment
from local.layout import ui_host
from local.processes import Processes
from local.readiness import probe
from tests.conftest import Platform, project_configuration, set_up
from tests.integration.test_sign_in import PRIVATE, PUBLIC, deep_link, trigger, user_name
from tests.integration.visitor import Visitor, sign_in_links

pytestmark = [pytest.mark.platform, pytest.mark.last, pytest.mark.xdist_group("platform")]

AIRFLOW_3, AIRFLOW_2 = PUBLIC, PRIVATE
ENVIRONMENTS = [AIRFLOW_2, AIRFLOW_3]
SIGN_IN = {
    AIRFLOW_2: "/aws_mwaa/aws-console-sso",
    AIRFLOW_3: "/pluginsv2/aws_mwaa/aws-console-sso",
}
# Where Airflow sends whom it does not know to sign in.
UNKNOWN = {AIRFLOW_2: "/home", AIRFLOW_3: "/api/v2/auth/login"}
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
    alb = {**configuration["Alb"], "DomainName": "example.com", "HostedZoneId": "Z0123456789"}
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
    configuration = json.loads((platform.state / "cdk" / "cdk.context.json").read_text())
    configuration["Alb"]["DomainName"] = "localhost"
    for environment in configuration["MwaaEnvironments"]:
        environment["WebServerAccessMode"] = "PRIVATE_ONLY"
        environment["UiHost"] = ui_host(environment["Name"])
    deployment = Deployment(
        folder=folder,
        stand_in=platform.cloud,
        processes=Processes(folder / "processes.json"),
        log=folder / "cdk.log",
    )
    deployment.write(configuration)
    deployment.deploy()
    return {name: described(platform, name) for name in ENVIRONMENTS}


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
def test_static_files_arrive_and_only_with_a_session(served: Platform, environment: str) -> None:
    with served.visitor() as visitor, served.visitor() as stranger:
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
        answer = stranger.http.get(scripts[0], follow_redirects=False)
        assert answer.headers["location"].startswith(served.identity_provider)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_session_every_address_leads_to_the_provider(
    served: Platform, environment: str, method: str
) -> None:
    paths = ("/", f"{API[environment]}/dags", SIGN_IN[environment], "/aws_mwaa/login?login=true")
    with served.visitor() as visitor:
        for path in paths:
            answer = visitor.http.request(
                method, served.ui(environment) + path, headers=FORGED, follow_redirects=False
            )
            assert answer.status_code == 302, path
            assert answer.headers["location"].startswith(served.identity_provider)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_who_comes_without_a_role_is_sent_to_the_portal(served: Platform, environment: str) -> None:
    with served.visitor() as visitor:
        page = visitor.sign_in(
            served.ui(environment) + UNKNOWN[environment], email="viewer@example.com"
        )
        assert str(page.url) == served.portal
        assert (environment, "Viewer") in sign_in_links(page)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_signed_in_without_a_grant_there_is_no_way_in(served: Platform, environment: str) -> None:
    ui = served.ui(environment)
    with served.visitor() as visitor:
        visitor.sign_in(ui + UNKNOWN[environment], email="stranger@example.com")
        link = f"{ui}{SIGN_IN[environment]}?mwaa_env={environment}&rbac_role="
        for role in ("Viewer", "Admin"):
            answer = visitor.follow(link + role)
            assert answer.status_code == 403
            assert "#" not in answer.headers.get("location", "")
        assert visitor.http.get(f"{ui}{API[environment]}/dags").status_code in {401, 403}
        assert visitor.http.get(f"{ui}{API[environment]}/dags", headers=FORGED).status_code in {
            401,
            403,
        }


def test_the_host_of_one_environment_grants_nothing_in_it(served: Platform) -> None:
    """Viewer of both: another role, or the other environment, is decided as everywhere."""
    ui = served.ui(AIRFLOW_2)
    with served.visitor() as visitor:
        visitor.sign_in(served.portal, email="viewer@example.com")
        link = f"{ui}{SIGN_IN[AIRFLOW_2]}?rbac_role={{}}&mwaa_env={{}}"
        assert visitor.follow(link.format("Admin", AIRFLOW_2)).status_code == 403
        for forged in (FORGED, {"x-amzn-oidc-identity": "admin@example.com"}):
            answer = visitor.http.get(link.format("Admin", AIRFLOW_2), headers=forged)
            assert answer.status_code == 403
        other = visitor.follow(link.format("Viewer", AIRFLOW_3))
        there = served.ui(AIRFLOW_3)
        assert host(other) == netloc(there)
        assert other.headers["location"].startswith(f"{there}{SIGN_IN[AIRFLOW_3]}?login=true#")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_token_travels_through_the_provider(served: Platform, environment: str) -> None:
    """It is made when nothing is left to do but to open the page that takes it."""
    asked: list[httpx.Request] = []
    with served.visitor() as visitor:
        visitor.sign_in(served.portal, email="viewer@example.com")
        visitor.http.event_hooks["request"].append(asked.append)
        answer = visitor.follow(deep_link(served, environment, "Viewer"))
        hosts = [netloc(str(each.url)) for each in asked]
        assert netloc(served.identity_provider) in hosts
        assert host(answer) == hosts[-1] == netloc(served.ui(environment))
        location, _, token = answer.headers["location"].partition("#")
        assert location == f"{served.ui(environment)}{SIGN_IN[environment]}?login=true"
        assert token
        assert answer.headers["cache-control"] == "no-store"
        for request in asked:
            assert token not in str(request.url)
            assert token not in str(request.headers)
        sent = [each for each in asked if netloc(str(each.url)) == netloc(served.identity_provider)]
        redirects = {
            uri
            for each in sent
            for uri in parse_qs(urlsplit(str(each.url)).query).get("redirect_uri", [])
        }
        assert redirects == {f"{served.ui(environment)}/oauth2/idpresponse"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_a_web_server_sees_of_a_session_opens_nothing_else(
    served: Platform, environment: str
) -> None:
    """The load balancer sends its cookies on, and a team's plugins can read them there."""
    with served.visitor() as visitor:
        entered(visitor, served, environment, "Viewer", "viewer@example.com")
        own = urlsplit(served.ui(environment)).hostname or ""
        seen = {each.name: each.value for each in visitor.http.cookies.jar if own in each.domain}
    assert [name for name in seen if name.startswith(f"AWSELBAuthSessionCookie-{environment}-")]
    other = served.ui(AIRFLOW_3 if environment == AIRFLOW_2 else AIRFLOW_2)
    header = "; ".join(f"{name}={value}" for name, value in seen.items())
    with served.visitor() as thief:
        for url in (served.portal, deep_link(served, environment, "Viewer"), f"{other}/home"):
            answer = thief.http.get(url, headers={"Cookie": header})
            assert host(answer) == netloc(served.identity_provider)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_signing_out_there_ends_every_session(served: Platform, environment: str) -> None:
    ui = served.ui(environment)
    with served.visitor() as visitor:
        entered(visitor, served, environment, "Viewer", "viewer@example.com")
        page = visitor.open(f"{ui}/logout")
        if page.status_code == 200 and "<form" in page.text:
            page = visitor.fill_in(page, "")
        assert str(page.url) == urljoin(served.portal, "/signed-out")
        names = {cookie.name for cookie in visitor.http.cookies.jar if "ui-" in cookie.domain}
        assert not {name for name in names if "ELB" in name or name in {"session", "_token"}}
        for url in (served.portal, ui, f"{ui}{API[environment]}/dags"):
            again = visitor.open(url)
            assert host(again) == netloc(served.identity_provider)
            assert 'type="password"' in again.text


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
    for function, event in _scheduled(served, AIRFLOW_2):
        answer = served.cloud.session.client("lambda").invoke(FunctionName=function, Payload=event)
        assert "FunctionError" not in answer, answer["Payload"].read()
    assert registered() == {*addresses, gone}


def _scheduled(served: Platform, environment: str) -> list[tuple[str, str]]:
    """Functions of the environment's stack that a schedule starts, with their events."""
    events = served.cloud.session.client("events")
    stack = f"mwaa-platform-Ui-{environment}"
    resources = served.cloud.session.client("cloudformation").describe_stack_resources(
        StackName=stack
    )
    rules = [
        each["PhysicalResourceId"]
        for each in resources["StackResources"]
        if each["ResourceType"] == "AWS::Events::Rule"
    ]
    targets = [
        (target["Arn"], target.get("Input", "{}"))
        for rule in rules
        for target in events.list_targets_by_rule(Rule=rule)["Targets"]
    ]
    assert targets
    return targets
