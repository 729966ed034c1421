"""QuickStart: one environment that exists, served by a load balancer under one role."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from local.aws_stand_in import AwsStandIn
from local.layout import ROOT
from tests.browser.actions import fill_in, history, must_sign_in
from tests.conftest import Platform, platform_of
from tests.integration.lookups import run_lookups
from tests.waits import wait_until

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


EXISTING, STACK = "existing", "quick-start-QuickStart"
AIRFLOW, GROUP = "Environment0Airflow", "Environment0Group"


def _update_existing(cloud: AwsStandIn, resources: dict[str, Any]) -> None:
    cloudformation = cloud.session.client("cloudformation")
    cloudformation.update_stack(
        StackName=EXISTING,
        TemplateBody=json.dumps({"Resources": resources}),
        Capabilities=["CAPABILITY_IAM"],
    )
    waiter = cloudformation.get_waiter("stack_update_complete")
    waiter.wait(StackName=EXISTING, WaiterConfig={"Delay": 1})


def _recreate_environment(cloud: AwsStandIn) -> tuple[str, str]:
    """Another environment of the same name, with another security group and other addresses.

    Returns the ids of the former security group and of the current one.
    """
    body: Any = cloud.session.client("cloudformation").get_template(StackName=EXISTING)[
        "TemplateBody"
    ]
    resources = (json.loads(body) if isinstance(body, str) else body)["Resources"]
    airflow = resources.pop(AIRFLOW)
    ec2 = cloud.session.client("ec2")
    taken = ec2.describe_network_interfaces()["NetworkInterfaces"]
    _update_existing(cloud, resources)
    for each in taken:
        ec2.create_network_interface(
            SubnetId=each["SubnetId"], PrivateIpAddress=each["PrivateIpAddress"]
        )
    airflow["Properties"]["NetworkConfiguration"]["SecurityGroupIds"] = [
        {"Fn::GetAtt": ["Current", "GroupId"]}
    ]
    _update_existing(cloud, {**resources, "Current": resources[GROUP], AIRFLOW: airflow})
    described = cloud.session.client("cloudformation").describe_stack_resources(StackName=EXISTING)
    ids = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in described["StackResources"]
    }
    return ids[GROUP], ids["Current"]


def _rules_for(cloud: AwsStandIn, source: str, group: str) -> list[Any]:
    described = cloud.session.client("ec2").describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [group]}]
    )["SecurityGroupRules"]
    return [
        each for each in described if each.get("ReferencedGroupInfo", {}).get("GroupId") == source
    ]


def test_a_recreated_environment_is_reached_again_and_nothing_is_left_of_a_removed_stack(
    quick_start: Platform,
) -> None:
    """Within five minutes in AWS: the lookups run on a schedule."""
    cloud, ui = quick_start.cloud, quick_start.ui(ENVIRONMENT)
    source = quick_start.outputs("QuickStart")["LoadBalancerSecurityGroupId"]
    with quick_start.visitor() as visitor:
        visitor.sign_in(f"{ui}/", email=ANYBODY)
        former, current = _recreate_environment(cloud)
        wait_until("No way in", lambda: visitor.open(f"{ui}/").status_code == 504)
        assert len(_rules_for(cloud, source, former)) == 1

        assert run_lookups(cloud, STACK) == 2

        assert visitor.enter(f"{ui}{SIGN_IN}").status_code == 200
    assert _rules_for(cloud, source, former) == []
    [rule] = _rules_for(cloud, source, current)
    assert (rule["FromPort"], rule["ToPort"]) == (443, 443)

    cloudformation = cloud.session.client("cloudformation")
    cloudformation.update_termination_protection(StackName=STACK, EnableTerminationProtection=False)
    cloudformation.delete_stack(StackName=STACK)
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName=STACK, WaiterConfig={"Delay": 1})
    assert _rules_for(cloud, source, current) == []
