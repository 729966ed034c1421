"""The gate: a load balancer and client of its own before the hosts of environments."""

from __future__ import annotations

import pytest

from tests.templates.listener import LISTENER, RULE, TARGET_GROUP, Rule, https_rules, rule_for
from tests.templates.synthesis import Json, raw_sample, rendered, sample, synthesise

GATED = "gated-hosts"
AIRFLOW_2 = "/aws_mwaa/aws-console-sso"
AIRFLOW_3 = "/pluginsv2/aws_mwaa/aws-console-sso"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
RECORD = "AWS::Route53::RecordSet"
PORTAL, HOST = "airflow.example.com", "finance.airflow.example.net"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:quick-AbCdEf"
login_paths = pytest.mark.parametrize("login_path", [AIRFLOW_2, AIRFLOW_3])


def _sign_in(rule: Rule) -> Json:
    (config,) = (
        each["AuthenticateOidcConfig"]
        for each in rule.actions
        if len(rule.actions) == 2 and each["Type"] == "authenticate-oidc"
    )
    return dict(config)


@login_paths
def test_a_token_reaches_the_web_server_or_nobody(login_path: str) -> None:
    """A browser takes the fragment, with the token in it, along to the provider."""
    for query in ({"login": "true"}, {"login": "true", "gate": "1"}):
        rule = rule_for(sample(GATED), "Gate", HOST, login_path, query)
        assert _sign_in(rule)["OnUnauthenticatedRequest"] == "deny"
        assert rule.target.startswith("Ui-finance/")


@login_paths
@pytest.mark.parametrize("value", ["1", "", "anything"])
def test_who_has_signed_in_at_the_gate_goes_back_to_the_portal_with_the_link(
    login_path: str, value: str
) -> None:
    query = {"gate": value, "mwaa_env": "finance"}
    rule = rule_for(sample(GATED), "Gate", HOST, login_path, query)

    assert rule.signs_in_first
    assert rule.last_action["RedirectConfig"] == {
        "Protocol": "HTTPS",
        "Host": PORTAL,
        "Port": "443",
        "Path": AIRFLOW_2,
        "Query": "#{query}",
        "StatusCode": "HTTP_302",
    }


@login_paths
def test_any_other_login_leads_to_the_portal_without_what_was_asked(login_path: str) -> None:
    rule = rule_for(sample(GATED), "Gate", HOST, login_path, {"mwaa_env": "research"})

    (action,) = rule.actions
    assert action["RedirectConfig"]["Host"] == PORTAL
    assert action["RedirectConfig"]["Query"] == "mwaa_env=finance"


@pytest.mark.parametrize("path", ["/", "/home", "/health", "/static/a.js", "/oauth2/idpresponse"])
@pytest.mark.parametrize("query", [{}, {"login": "true"}, {"gate": "1"}])
def test_nobody_reaches_a_web_server_without_a_sign_in(path: str, query: dict[str, str]) -> None:
    rule = rule_for(sample(GATED), "Gate", HOST, path, query)

    assert rule.signs_in_first
    assert rule.target.startswith("Ui-finance/")


@pytest.mark.parametrize("host", [PORTAL, "unknown.example.com", f"x.{HOST}"])
@pytest.mark.parametrize("path", ["/", AIRFLOW_2, "/logout"])
def test_the_gate_serves_no_other_host_and_has_no_authenticator(host: str, path: str) -> None:
    rule = rule_for(sample(GATED), "Gate", host, path)

    assert rule.last_action["FixedResponseConfig"]["StatusCode"] == "400"
    functions = sample(GATED).resources("Gate", "AWS::Lambda::Function").values()
    # They are about the load balancer itself; see test_order and test_web_acl.
    packages = {each["Properties"]["Handler"].partition(".")[0] for each in functions}
    assert packages == {"load_balancer_protection", "web_acl"}
    assert not sample(GATED).resources("Gate", TARGET_GROUP)


def test_the_gate_has_a_client_and_a_cookie_of_its_own() -> None:
    signed_in = [rule for rule in https_rules(sample(GATED)) if len(rule.actions) == 2]
    of = {
        stack: {
            (config["ClientId"], config["SessionCookieName"], config["ClientSecret"])
            for config in (_sign_in(rule) for rule in signed_in if rule.stack == stack)
        }
        for stack in ("Gate", "Sso")
    }

    ((client, cookie, secret),) = of["Gate"]
    assert client == "0oa2example"
    assert cookie == "AWSELBAuthSessionCookie-gate"
    assert "mwaa-gate-client" in secret
    ((other_client, other_cookie, other_secret),) = of["Sso"]
    assert (client, cookie, secret) != (other_client, other_cookie, other_secret)
    for function in sample(GATED).resources("Sso", "AWS::Lambda::Function").values():
        variables = function["Properties"].get("Environment", {}).get("Variables", {})
        assert variables.get("OIDC_CLIENT_ID", other_client) == other_client


def test_no_rule_has_more_values_or_a_higher_priority_than_aws_takes() -> None:
    for rule in https_rules(sample(GATED)):
        values = [
            value
            for condition in rule.conditions
            for config in condition.values()
            if isinstance(config, dict)
            for value in config["Values"]
        ]
        assert len(values) <= 5
        assert rule.priority <= 50_001


def test_the_gate_admits_the_same_people_in_the_same_network_as_the_portal() -> None:
    gate, portal = (sample(GATED).properties(stack, LOAD_BALANCER) for stack in ("Gate", "Sso"))
    for name in ("Scheme", "Subnets"):
        assert gate[name] == portal[name]
    attributes = {each["Key"]: each["Value"] for each in gate["LoadBalancerAttributes"]}
    assert attributes["access_logs.s3.enabled"] == "true"
    groups = [
        sample(GATED).properties(stack, "AWS::EC2::SecurityGroup") for stack in ("Gate", "Sso")
    ]
    assert groups[0]["SecurityGroupIngress"] == groups[1]["SecurityGroupIngress"]
    acls = [
        sample(GATED).properties(stack, "Custom::WebAcl")["WebAclArn"] for stack in ("Gate", "Sso")
    ]
    assert acls[0] == acls[1]


@pytest.mark.parametrize(
    ("gate", "alb", "certificate"),
    [("gate", "alb", "gate"), (None, "alb", "alb"), (None, None, None)],
)
def test_the_default_certificate_is_the_gates_the_portals_or_made(
    gate: str | None, alb: str | None, certificate: str | None
) -> None:
    raw = raw_sample(GATED)
    for section, name in (("UiGate", gate), ("Alb", alb)):
        if name:
            arn = f"arn:aws:acm:us-east-1:111122223333:certificate/{name}"
            raw[section]["CertificateArn"] = arn
    synthesis = synthesise(raw)

    (listener,) = (
        each["Properties"]
        for each in synthesis.resources("Gate", LISTENER).values()
        if each["Properties"]["Port"] == 443
    )
    arn = rendered(listener["Certificates"])[0]["CertificateArn"]
    made = synthesis.resources("Gate", "AWS::CertificateManager::Certificate")
    assert arn.endswith(f"/{certificate}") if certificate else arn.strip("<>") in made
    assert bool(made) is (certificate is None)


def test_a_host_moves_behind_the_gate_without_sharing_a_target_group() -> None:
    """A target group belongs to one load balancer, and the new rule comes before the old goes."""
    raw = raw_sample(GATED)
    del raw["UiGate"]
    before, after = synthesise(raw), sample(GATED)

    assert "Gate" not in before.templates
    groups = [set(each.resources("Ui-finance", TARGET_GROUP)) for each in (before, after)]
    assert len(groups[0]) == len(groups[1]) == 1
    assert not groups[0] & groups[1]
    rules, gated = (each.resources("Ui-finance", RULE) for each in (before, after))
    for logical_id in rules:
        assert (
            rules[logical_id]["Properties"]["ListenerArn"]
            != (gated[logical_id]["Properties"]["ListenerArn"])
        )
    records = [each.resources("Ui-finance", RECORD) for each in (before, after)]
    assert records[0].keys() == records[1].keys()
    assert records[0] != records[1]


def test_the_gate_stays_as_it_is_when_its_last_hosts_go() -> None:
    """Its stack is updated before those that import from it."""
    raw = raw_sample(GATED)
    del raw["MwaaEnvironments"][0]["UiHost"]

    assert synthesise(raw).templates["Gate"] == sample(GATED).templates["Gate"]


@pytest.mark.parametrize("beside_portal", [True, False])
def test_quick_start_signs_in_and_trusts_its_own_client(beside_portal: bool) -> None:
    raw = raw_sample("quick-start")
    raw["QuickStart"] |= {"ClientId": "quick", "ClientSecretArn": SECRET}
    if beside_portal:
        raw["MwaaEnvironments"] = [{"Name": "other"}]
    synthesis = synthesise(raw)

    signed_in = [
        rule for rule in https_rules(synthesis) if rule.needs_session and rule.stack == "QuickStart"
    ]
    assert len(signed_in) >= 3
    for rule in signed_in:
        config = _sign_in(rule)
        assert config["ClientId"] == "quick"
        assert SECRET in config["ClientSecret"]
    trusted = {
        stack: function["Properties"]["Environment"]["Variables"]["OIDC_CLIENT_ID"]
        for stack in synthesis.templates
        for function in synthesis.resources(stack, "AWS::Lambda::Function").values()
        if "OIDC_CLIENT_ID" in str(function)
    }
    assert trusted["QuickStart"] == "quick"
    assert trusted.get("Sso", raw["Oidc"]["ClientId"]) == raw["Oidc"]["ClientId"]
