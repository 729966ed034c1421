"""Rules of the HTTPS listeners: who may pass without signing in, and where requests go."""

from __future__ import annotations

import pytest

from local.alb.refusals import Address, refusals
from tests.templates.listener import TARGET_GROUP, https_rules, rule_for
from tests.templates.synthesis import (
    SAMPLES,
    Synthesis,
    raw_sample,
    sample,
)

AIRFLOW_2 = "/aws_mwaa/aws-console-sso"
AIRFLOW_3 = "/pluginsv2/aws_mwaa/aws-console-sso"
HOSTS, QUICK_START, NAMED = "existing-with-host-names", "quick-start", "one-new-in-a-named-vpc"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
CERTIFICATE, RECORD = "AWS::CertificateManager::Certificate", "AWS::Route53::RecordSet"
TARGETS = "Custom::EndpointTargets"
WITHOUT_SIGN_IN = ["/logout", "/signed-out", "/style.css"]
PORTAL, HOST = "airflow.example.com", "finance.airflow.example.net"


def _is_authenticator(synthesis: Synthesis, target: str) -> bool:
    stack, _, logical_id = target.partition("/")
    group = synthesis.resources(stack, TARGET_GROUP)[logical_id]["Properties"]
    return bool(group["TargetType"] == "lambda")


@pytest.mark.parametrize("name", SAMPLES)
def test_whoever_has_not_signed_in_gets_only_to_the_pages_for_signing_out(name: str) -> None:
    """At the hosts that sign people in; hosts of environments lead to web servers alone."""
    rules = [
        rule for rule in https_rules(sample(name)) if not rule.place.startswith(("Ui-", "Gate/"))
    ]
    open_to_all = [rule for rule in rules if not rule.needs_session and rule.priority <= 50_000]

    assert len(open_to_all) == len({rule.stack for rule in rules})
    for rule in open_to_all:
        (condition,) = (each for each in rule.conditions if each["Field"] == "path-pattern")
        assert condition["PathPatternConfig"]["Values"] == WITHOUT_SIGN_IN
        assert _is_authenticator(sample(name), rule.target)


@pytest.mark.parametrize("name", SAMPLES)
def test_where_the_portals_host_is_known_no_rule_is_for_every_host(name: str) -> None:
    alb = raw_sample(name)["Alb"]
    for rule in https_rules(sample(name)):
        if rule.stack == "QuickStart" and raw_sample(name).get("MwaaEnvironments"):
            continue
        if rule.priority <= 50_000:
            assert bool(rule.hosts) == ("DomainName" in alb)
        elif "DomainName" in alb:
            (action,) = rule.actions
            assert action["FixedResponseConfig"]["StatusCode"] == "400"
        else:
            assert rule.signs_in_first


@pytest.mark.parametrize("name", SAMPLES)
def test_no_two_rules_of_a_listener_have_one_priority(name: str) -> None:
    places = [(rule.stack, rule.priority) for rule in https_rules(sample(name))]

    assert len(set(places)) == len(places)
    assert all(1 <= priority <= 50_001 for _, priority in places)


@pytest.mark.parametrize("name", SAMPLES)
def test_aws_takes_every_rule(name: str) -> None:
    listener = Address(protocol="HTTPS", port=443)
    for rule in https_rules(sample(name)):
        described = {"Actions": rule.actions, "Conditions": rule.conditions}
        assert refusals(described, listener) == [], rule.place


@pytest.mark.parametrize("login_path", [AIRFLOW_2, AIRFLOW_3])
def test_quick_starts_decision_is_the_authenticators_and_its_token_the_web_servers(
    login_path: str,
) -> None:
    synthesis = sample(QUICK_START)
    asked = rule_for(synthesis, "QuickStart", "any.example.com", login_path, {"mwaa_env": "x"})
    brought = rule_for(synthesis, "QuickStart", "any.example.com", login_path, {"login": "true"})
    other = rule_for(synthesis, "QuickStart", "any.example.com", "/dags/one/grid")

    assert _is_authenticator(synthesis, asked.target)
    assert other.signs_in_first
    # A token stays in the fragment through redirects, the one to the provider as well.
    assert brought.needs_session
    assert not brought.signs_in_first
    for rule in (brought, other):
        assert rule.target.startswith("QuickStart/WebServers")


@pytest.mark.parametrize("login_path", [AIRFLOW_2, AIRFLOW_3])
@pytest.mark.parametrize("query", [{}, {"mwaa_env": "research", "rbac_role": "Admin"}])
def test_a_login_at_an_environments_host_leads_to_its_page_in_the_portal(
    login_path: str, query: dict[str, str]
) -> None:
    (action,) = rule_for(sample(HOSTS), "Sso", HOST, login_path, query).actions

    assert action["Type"] == "redirect"
    assert action["RedirectConfig"] == {
        "Protocol": "HTTPS",
        "Host": PORTAL,
        "Port": "443",
        "Path": AIRFLOW_2,
        "Query": "mwaa_env=finance",
        "StatusCode": "HTTP_302",
    }


@pytest.mark.parametrize("name", [HOSTS, "many-new", NAMED])
def test_an_environments_host_has_no_session_and_no_function(name: str) -> None:
    """Its web server, whose plugins a team writes, sees what the load balancer passes on."""
    rules = [rule for rule in https_rules(sample(name)) if rule.place.startswith("Ui-")]

    assert rules
    for rule in rules:
        assert PORTAL not in rule.hosts
        (action,) = rule.actions
        assert action["Type"] in {"forward", "redirect"}
        if action["Type"] == "forward":
            assert rule.target.startswith(rule.place.partition("/")[0])
            assert not _is_authenticator(sample(name), rule.target)


@pytest.mark.parametrize("login_path", [AIRFLOW_2, AIRFLOW_3])
def test_a_token_goes_to_the_web_servers_of_its_host(login_path: str) -> None:
    for path, query in ((login_path, {"login": "true"}), ("/dags/one/grid", {})):
        rule = rule_for(sample(HOSTS), "Sso", HOST, path, query)
        assert rule.target.startswith("Ui-finance/")


@pytest.mark.parametrize("path", ["/", AIRFLOW_2, "/dags/one/grid"])
@pytest.mark.parametrize("query", [{}, {"login": "true"}])
def test_the_portals_host_is_the_authenticators_and_any_other_nobodys(
    path: str, query: dict[str, str]
) -> None:
    rule = rule_for(sample(HOSTS), "Sso", PORTAL, path, query)
    assert rule.signs_in_first
    assert _is_authenticator(sample(HOSTS), rule.target)
    for host in ("unknown.example.com", f"{HOST}.example.net", f"x.{PORTAL}"):
        rule = rule_for(sample(HOSTS), "Sso", host, path, query)
        assert rule.last_action["Type"] == "fixed-response"


def test_a_host_leads_to_its_own_environment() -> None:
    for name in ("finance", "research"):
        rule = rule_for(sample(HOSTS), "Sso", f"{name}.airflow.example.net", "/home")
        assert rule.place.startswith(f"Ui-{name}/")


def test_nothing_of_an_environment_is_served_without_a_host_of_its_own() -> None:
    assert {name for name in sample(HOSTS).templates if name.startswith("Ui-")} == {
        "Ui-finance",
        "Ui-research",
    }
    assert [rule.priority for rule in https_rules(sample("existing"))] == [50_001, 10]
