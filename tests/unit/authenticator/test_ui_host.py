"""Environments that the load balancer itself serves, each under a host of its own."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.authenticator.alb_events import SIGN_IN, deep_link, event, token
from tests.unit.authenticator.conftest import Function
from tests.unit.authenticator.fake_aws import WEB_TOKEN, FakeAws

PORTAL = "airflow.example.com"
UI = "billing.example.com"
OTHER_UI = "reports.example.com"
NEW_SIGN_IN = "/pluginsv2/aws_mwaa/aws-console-sso"


@pytest.fixture
def listing() -> list[dict[str, str | None]]:
    private = {"access_mode": "PRIVATE_ONLY"}
    return [
        {"name": "analytics", "airflow_version": "3.3.1"},
        {
            "name": "Billing",
            "airflow_version": "2.10.3",
            "ui_host": UI,
            "ui_session_cookie": "own",
            **private,
        },
        {
            "name": "legacy",
            "airflow_version": "3.2.1",
            "ui_host": OTHER_UI,
            "ui_session_cookie": "other",
            **private,
        },
    ]


@pytest.fixture(autouse=True)
def granted(
    variables: dict[str, str],  # noqa: ARG001
    fake_aws: FakeAws,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORTAL_HOST", PORTAL)
    fake_aws.grant("user:ada@example.com", "*", "Viewer")


@pytest.mark.parametrize("path", [SIGN_IN, NEW_SIGN_IN])
@pytest.mark.parametrize("host", [PORTAL, f"{PORTAL}:8443", "evil.example.org"])
def test_a_link_leads_to_the_environments_own_host_before_a_token_is_minted(
    path: str, host: str, function: Function, fake_aws: FakeAws
) -> None:
    answer = function(deep_link("Billing", host=host) | {"path": path})

    assert answer.location == f"https://{UI}{path}?mwaa_env=Billing&rbac_role=Viewer"
    assert fake_aws.asked("AssumeRole") == []
    assert answer.line["event"] == "redirect"


@pytest.mark.parametrize("host", [UI, UI.upper(), f"{UI}:443"])
def test_on_its_own_host_the_token_goes_to_the_same_host(host: str, function: Function) -> None:
    answer = function(deep_link("Billing", host=host))

    assert answer.location == f"{SIGN_IN}?login=true#{WEB_TOKEN}"
    assert answer.line["event"] == "sign-in"


def test_the_path_there_is_that_of_airflow_3(function: Function) -> None:
    location = function(deep_link("legacy", host=OTHER_UI)).location

    assert location == f"{NEW_SIGN_IN}?login=true#{WEB_TOKEN}"


@pytest.mark.parametrize("role", ["Viewer", "Admin"])
@pytest.mark.parametrize(
    ("host", "environment"),
    [(UI, "analytics"), (UI, "legacy"), (OTHER_UI, "analytics"), (f"{OTHER_UI}:443", "Billing")],
)
def test_on_a_host_nothing_but_its_own_environment_opens(
    host: str, environment: str, role: str, function: Function, fake_aws: FakeAws
) -> None:
    """Its web server sees the sessions there: they must be good for nothing else."""
    answer = function(deep_link(environment, role, host=host))

    assert answer.location == (f"https://{PORTAL}{SIGN_IN}?mwaa_env={environment}&rbac_role={role}")
    assert fake_aws.calls == []
    assert answer.line["event"] == "redirect"


@pytest.mark.parametrize("environment", ["", "unknown", "*", "Billing/..", "billing"])
def test_on_a_host_what_is_not_configured_leads_nowhere(
    environment: str, function: Function
) -> None:
    answer = function(deep_link(environment, host=UI))

    assert answer.status in {400, 403}
    assert "Location" not in answer.headers


def test_an_environment_without_a_host_of_its_own_is_opened_at_once(function: Function) -> None:
    location = function(deep_link("analytics", host=PORTAL)).location

    assert location.startswith("https://abc-vpce.c1.eu-west-1.airflow.amazonaws.com/pluginsv2/")


@pytest.mark.parametrize("host", [PORTAL, UI])
def test_without_a_grant_no_host_is_told(host: str, function: Function, fake_aws: FakeAws) -> None:
    answer = function(deep_link("Billing", "Admin", host=host))

    assert answer.status == 403
    assert UI not in answer.body
    assert "Location" not in answer.headers
    assert fake_aws.asked("AssumeRole") == []


@pytest.mark.parametrize(
    "host", [[UI, PORTAL], [], "billing.example.com.evil.example.org", f"{UI}."]
)
def test_no_odd_host_gets_a_token_of_that_host(
    host: Any, function: Function, fake_aws: FakeAws
) -> None:
    answer = function(deep_link("Billing", host=host))

    assert answer.location.startswith(f"https://{UI}/")
    assert fake_aws.asked("AssumeRole") == []


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    host=st.lists(st.sampled_from([PORTAL, UI, OTHER_UI]) | st.text(max_size=30), max_size=2),
    environment=st.sampled_from(["analytics", "Billing", "legacy"]),
    login=st.lists(st.sampled_from(["true", "false"]) | st.text(max_size=5), max_size=2),
)
def test_whatever_the_host_a_token_reaches_its_own_environment_alone(
    host: list[str], environment: str, login: list[str], function: Function
) -> None:
    sent = deep_link(environment, host=host)
    sent["multiValueQueryStringParameters"]["login"] = login

    answer = function(sent)

    location = answer.headers.get("Location", [""])[0]
    where = urlsplit(location)
    own = {"analytics": None, "Billing": UI, "legacy": OTHER_UI}[environment]
    if where.fragment == WEB_TOKEN and where.netloc == "":
        assert host == [own]
    elif where.fragment == WEB_TOKEN:
        assert own is None
        assert host not in ([UI], [OTHER_UI])
        assert where.netloc.endswith(".airflow.amazonaws.com")
    else:
        assert where.netloc in {"", own, PORTAL}


@pytest.mark.parametrize("path", [SIGN_IN, NEW_SIGN_IN])
@pytest.mark.parametrize("query", [None, {"next": ["https://evil.example.org"]}])
def test_airflow_asking_for_a_sign_in_leads_to_the_portal(
    path: str, query: Any, function: Function, fake_aws: FakeAws
) -> None:
    answer = function(event(path, query, sign_in=token(), host=UI))

    assert answer.location == f"https://{PORTAL}/"
    assert answer.line["event"] == "redirect"
    assert fake_aws.calls == []


def test_half_a_link_is_a_mistake_there_too(function: Function) -> None:
    assert function(event(SIGN_IN, {"mwaa_env": ["x"]}, sign_in=token(), host=UI)).status == 400


def test_a_sign_in_is_proven_before_anything_is_told(function: Function) -> None:
    for query in (None, {"mwaa_env": ["Billing"], "rbac_role": ["Viewer"]}):
        answer = function(event(SIGN_IN, query, host=UI))
        assert answer.status == 403
        assert "Location" not in answer.headers


def test_a_token_never_goes_round(function: Function, fake_aws: FakeAws) -> None:
    query = {"mwaa_env": ["Billing"], "rbac_role": ["Viewer"], "login": ["true"]}

    assert function(event(SIGN_IN, query, sign_in=token(), host=UI)).status == 400
    assert fake_aws.calls == []


def test_signing_out_there_ends_airflows_session_and_goes_on_to_the_portal(
    function: Function,
) -> None:
    answer = function(event("/logout", host=f"{UI}:8443", cookie="own-7=x; other-0=x"))

    ended = {cookie.split("=")[0] for cookie in answer.headers["Set-Cookie"]}
    assert ended == {"session", "_token", "own", *(f"own-{n}" for n in (0, 1, 2, 3, 7))}
    assert answer.location == f"https://{PORTAL}/logout"


def test_signing_out_of_the_portal_leaves_other_hosts_cookies_alone(function: Function) -> None:
    cookies = function(event("/logout")).headers["Set-Cookie"]

    assert {cookie.split("=")[0].partition("-")[0] for cookie in cookies} == {
        "AWSELBAuthSessionCookie"
    }


@pytest.mark.parametrize(
    ("host", "back"),
    [
        (PORTAL, PORTAL),
        (f"{PORTAL}:8443", f"{PORTAL}:8443"),
        ("evil.example.org", PORTAL),
        ("airflow.example.com.evil.example.org", PORTAL),
        ([], PORTAL),
    ],
)
def test_the_way_back_from_the_provider_is_the_configured_host(
    host: Any, back: str, function: Function
) -> None:
    location = function(event("/logout", host=host)).location

    assert location.endswith(f"https%3A%2F%2F{back.replace(':', '%3A')}%2Fsigned-out")


@pytest.mark.parametrize("path", ["/signed-out", "/missing", SIGN_IN])
def test_a_page_of_that_host_leads_to_the_portal(path: str, function: Function) -> None:
    """Through the sign-in of that host, for `/` is Airflow."""
    page = BeautifulSoup(function(event(path, host=UI)).body, "html.parser")

    assert page.select("a.main")[0]["href"] == SIGN_IN


def test_the_portal_is_not_shown_under_that_host(function: Function) -> None:
    assert function(event("/", sign_in=token(), host=UI)).location == SIGN_IN


def test_a_private_environment_served_here_needs_no_vpn(function: Function) -> None:
    page = BeautifulSoup(function(event("/", sign_in=token())).body, "html.parser")
    cards = {card.h2.text: card.text for card in page.select(".card") if card.h2}

    assert "Private" in cards["legacy"]
    assert "VPN" not in cards["legacy"]
