"""Rules of the HTTPS listeners: who may pass without signing in, and where requests go."""

from __future__ import annotations

import pytest

from config.loader import parse_configuration
from stacks.alb import portal_environments
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
INGRESS = "AWS::EC2::SecurityGroupIngress"
CERTIFICATE, RECORD = "AWS::CertificateManager::Certificate", "AWS::Route53::RecordSet"
TARGETS = "Custom::EndpointTargets"
WITHOUT_SIGN_IN = ["/logout", "/signed-out", "/style.css"]
PORTAL, HOST = "airflow.example.com", "finance.airflow.example.com"


def _is_authenticator(synthesis: Synthesis, target: str) -> bool:
    stack, _, logical_id = target.partition("/")
    group = synthesis.resources(stack, TARGET_GROUP)[logical_id]["Properties"]
    return bool(group["TargetType"] == "lambda")


@pytest.mark.parametrize("name", SAMPLES)
def test_whoever_has_not_signed_in_gets_only_to_the_pages_for_signing_out(name: str) -> None:
    rules = list(https_rules(sample(name)))
    open_to_all = [rule for rule in rules if not rule.signs_in_first]

    assert len(open_to_all) == len({rule.stack for rule in rules})
    for rule in open_to_all:
        (condition,) = rule.conditions
        assert condition["Field"] == "path-pattern"
        assert condition["PathPatternConfig"]["Values"] == WITHOUT_SIGN_IN
        assert _is_authenticator(sample(name), rule.target)


@pytest.mark.parametrize("name", SAMPLES)
def test_no_two_rules_of_a_listener_have_one_priority(name: str) -> None:
    places = [(rule.stack, rule.priority) for rule in https_rules(sample(name))]

    assert len(set(places)) == len(places)
    assert all(1 <= priority <= 50_001 for _, priority in places)


@pytest.mark.parametrize("login_path", [AIRFLOW_2, AIRFLOW_3])
@pytest.mark.parametrize(
    ("stack", "host", "web_servers"),
    [("Sso", HOST, "Ui-finance/"), ("QuickStart", "any.example.com", "QuickStart/WebServers")],
)
def test_a_decision_is_the_authenticators_and_its_token_the_web_servers(
    stack: str, host: str, web_servers: str, login_path: str
) -> None:
    synthesis = sample(HOSTS if stack == "Sso" else QUICK_START)
    asked = rule_for(synthesis, stack, host, login_path, {"mwaa_env": "finance"})
    brought = rule_for(synthesis, stack, host, login_path, {"login": "true"})
    other = rule_for(synthesis, stack, host, "/dags/one/grid")

    assert _is_authenticator(synthesis, asked.target)
    for rule in (brought, other):
        assert rule.target.startswith(web_servers)
        assert not _is_authenticator(synthesis, rule.target)


@pytest.mark.parametrize("path", ["/", AIRFLOW_2, "/dags/one/grid"])
@pytest.mark.parametrize("query", [{}, {"login": "true"}])
def test_any_other_host_is_the_authenticators(path: str, query: dict[str, str]) -> None:
    for host in (PORTAL, "unknown.example.com", "finance.airflow.example.com.example.net"):
        rule = rule_for(sample(HOSTS), "Sso", host, path, query)
        assert _is_authenticator(sample(HOSTS), rule.target)


@pytest.mark.parametrize("name", [HOSTS, "many-new", NAMED])
def test_what_a_web_server_sees_of_a_session_is_good_at_no_other_host(name: str) -> None:
    """The load balancer sends its cookie on to web servers, whose plugins a team writes."""
    names: dict[str, set[str]] = {}
    for rule in https_rules(sample(name)):
        if rule.signs_in_first:
            hosts = [
                host
                for each in rule.conditions
                if each["Field"] == "host-header"
                for host in each["HostHeaderConfig"]["Values"]
            ]
            names.setdefault("".join(hosts), set()).add(rule.session_cookie_name)

    assert len(names) > 1
    assert all(len(of_a_host) == 1 for of_a_host in names.values())
    assert len(set.union(*names.values())) == len(names)


def XX() -> None:
    configuration = parse_configuration(raw_sample("many-new"), source=SAMPLES["many-new"])
    cookies = {each.ui_host: each.ui_session_cookie for each in portal_environments(configuration)}
    served = {
        host: rule.session_cookie_name
        for rule in https_rules(sample("many-new"))
        for condition in rule.conditions
        if condition["Field"] == "host-header"
        for host in condition["HostHeaderConfig"]["Values"]
    }

    assert served
    assert served == {host: name for host, name in cookies.items() if host}


def test_a_host_leads_to_its_own_environment() -> None:
    for name in ("finance", "research"):
        rule = rule_for(sample(HOSTS), "Sso", f"{name}.airflow.example.com", "/home")
        assert rule.place.startswith(f"Ui-{name}/")


def test_nothing_of_an_environment_is_served_without_a_host_of_its_own() -> None:
    assert {name for name in sample(HOSTS).templates if name.startswith("Ui-")} == {
        "Ui-finance",
        "Ui-research",
    }
    assert [rule.priority for rule in https_rules(sample("existing"))] == [50_001, 10]
