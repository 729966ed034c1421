"""The gate before environments' hosts, and clients apart from the portal's."""

from __future__ import annotations

from typing import Any

import pytest

from config.ui_priority import GATED_PRIORITIES, UI_PRIORITIES
from tests.unit.config.configurations import (
    ALB,
    NAMES,
    QUICK_START,
    SECRET,
    SMALLEST,
    draft,
    mistakes_in,
    parse,
    quick_start,
    warnings_about,
    warnings_of,
    with_environment,
    without,
    words,
)

GATE: dict[str, Any] = {"ClientId": "gate", "ClientSecretArn": SECRET}
OPEN = {**NAMES, "InternetFacing": True}


def gated(alb: dict[str, Any] = NAMES, gate: Any = GATE, **sections: Any) -> dict[str, Any]:
    """One environment under a host of its own, behind a gate."""
    raw = with_environment(UiHost="analytics.example.com")
    return {**raw, "Alb": alb, "UiGate": gate, **sections}


def test_a_gate_has_a_client_of_its_own_and_lasts_as_long_as_airflows_session() -> None:
    gate = parse(gated()).ui_gate
    assert gate is not None
    assert (gate.client.client_id, gate.client.client_secret_arn) == ("gate", SECRET)
    assert gate.session_timeout_hours == 12
    own_cookie = {**NAMES, "SessionCookieName": "__Host-portal"}
    assert warnings_about(parse(gated(own_cookie))) == ()


@pytest.mark.parametrize("gate", [None, {}, {"ClientId": "gate"}, {"ClientSecretArn": SECRET}])
def test_a_gate_is_whole_or_none(gate: Any) -> None:
    missing = {key for key in GATE if gate is not None and key not in gate}
    assert set(mistakes_in(gated(gate=gate))) == {f"UiGate.{key}" for key in missing}


@pytest.mark.parametrize(
    "raw",
    [
        draft(UiGate=GATE),
        draft(UiGate=GATE, Alb={**NAMES}, MwaaEnvironments=[{"Name": "finance"}]),
        {**quick_start(), "UiGate": GATE},
    ],
    ids=["new", "existing", "quick start"],
)
def test_a_gate_before_no_host_is_refused(raw: dict[str, Any]) -> None:
    reason, hint = words(raw, "UiGate")
    assert reason == "Nothing reads it: no environment has a UiHost."
    assert hint == "Take it out, or give an environment a UiHost."


def test_the_client_of_the_gate_is_nobody_elses() -> None:
    reason, hint = words(gated(gate={**GATE, "ClientId": "platform"}), "UiGate.ClientId")
    assert reason.startswith("This is Oidc.ClientId: what the web servers behind the gate see")
    assert hint == "Register a client for the gate alone."

    own = {**QUICK_START, "ClientId": "gate", "ClientSecretArn": SECRET}
    raw = gated({**NAMES, **ALB}, QuickStart=own)
    reason, _ = words(raw, "UiGate.ClientId")
    assert reason.startswith("This is QuickStart.ClientId:")
    # The secret may be wrong at the same time.
    assert "UiGate.ClientId" in mistakes_in({**raw, "UiGate": {"ClientId": "gate"}})


PORTALS_SECRET = SMALLEST["Oidc"]["ClientSecretArn"]


@pytest.mark.parametrize("client_id", ["PLATFORM", "Platform"])
def test_a_client_is_the_same_in_any_case(client_id: str) -> None:
    raw = gated(gate={**GATE, "ClientId": client_id})
    assert words(raw, "UiGate.ClientId")[0].startswith("This is Oidc.ClientId:")
    own = {**QUICK_START, "ClientId": client_id, "ClientSecretArn": SECRET}
    assert "the portal and QuickStart share one client" in warnings_of(draft(QuickStart=own))
    beside = gated({**NAMES, **ALB}, QuickStart={**own, "ClientId": "GATE"})
    assert words(beside, "UiGate.ClientId")[0].startswith("This is QuickStart.ClientId:")


@pytest.mark.parametrize(
    ("client_id", "hint"),
    [
        ("platform\u200b", "Copy it again"),
        ("plat\u00adform", "Copy it again"),
        ("\ufeffplatform", "Copy it again"),
        ("plat form", "Copy it again"),
        ("plat\u00a0form", "Copy it again"),
        ("platform\t", "Copy it again"),
        ("platform\x7f", "Copy it again"),
        ("pl\u0430tform", ""),
    ],
)
def test_a_client_is_named_by_what_can_be_seen(client_id: str, hint: str) -> None:
    for raw, place in (
        (draft(Oidc={**SMALLEST["Oidc"], "ClientId": client_id}), "Oidc"),
        (gated(gate={**GATE, "ClientId": client_id}), "UiGate"),
        (quick_start(ClientId=client_id, ClientSecretArn=SECRET), "QuickStart"),
    ):
        reason, found = words(raw, f"{place}.ClientId")
        assert reason == "This must be a client ID in printable ASCII, without blanks."
        assert hint in found


@pytest.mark.parametrize("secret", [PORTALS_SECRET, PORTALS_SECRET.removesuffix("-AbCdEf")])
def test_two_clients_do_not_have_one_secret(secret: str) -> None:
    reason, hint = words(gated(gate={**GATE, "ClientSecretArn": secret}), "UiGate.ClientSecretArn")
    assert reason == "This is the secret of Oidc.ClientSecretArn, for another client."
    assert hint == "Give the whole ARN of the secret of the gate's own client."

    own = {**QUICK_START, "ClientId": "quick", "ClientSecretArn": secret}
    assert "the portal and QuickStart share one secret" in warnings_of(draft(QuickStart=own))
    assert "share one" not in warnings_of({**quick_start(), "QuickStart": own})

    gate = {**GATE, "ClientSecretArn": SECRET}
    beside = gated({**NAMES, **ALB}, gate, QuickStart={**own, "ClientSecretArn": SECRET})
    reason, _ = words(beside, "UiGate.ClientSecretArn")
    assert reason == "This is the secret of QuickStart.ClientSecretArn, for another client."


@pytest.mark.parametrize(
    ("alb", "doubted"),
    [
        (OPEN, True),
        ({**OPEN, "WebAclArn": "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/a/b"}, True),
        ({**OPEN, "AllowedCidrs": ["0.0.0.0/0"]}, True),
        ({**OPEN, "AllowedCidrs": ["0.0.0.0/1", "128.0.0.0/1"]}, True),
        ({**OPEN, "AllowedCidrs": ["203.0.113.0/24"]}, False),
        (NAMES, False),
    ],
    ids=["open", "web ACL", "all ranges", "two halves", "some ranges", "internal"],
)
def test_web_servers_that_everybody_on_the_internet_reaches_are_warned_of(
    alb: dict[str, Any], doubted: bool
) -> None:
    text = "everybody on the internet reaches what the web servers of analytics.example.com answer"
    assert (text in warnings_of(without(gated(alb), "UiGate"))) is doubted
    assert text not in warnings_of(gated(alb))
    assert text not in warnings_of(draft(Alb=alb))


@pytest.mark.parametrize(
    ("gate", "named"),
    [(GATE, "Alb"), ({**GATE, "CertificateArn": ALB["CertificateArn"]}, "UiGate")],
)
def test_without_a_zone_the_certificate_of_the_gate_covers_the_hosts(
    gate: dict[str, Any], named: str
) -> None:
    raw = gated({**ALB, "DomainName": "airflow.example.com"}, gate)
    assert f"the certificate of {named}.CertificateArn must cover" in warnings_of(raw)


@pytest.mark.parametrize(("hosts", "gate", "rules"), [(26, True, 104), (33, False, 101)])
def test_the_quota_of_rules_is_that_of_the_load_balancer_that_has_them(
    hosts: int, gate: bool, rules: int
) -> None:
    def text(count: int) -> str:
        entries = [{"Name": f"e{n}", "UiHost": f"e{n}.example.com"} for n in range(count)]
        raw = gated(MwaaEnvironments=entries)
        return warnings_of(raw if gate else without(raw, "UiGate"))

    assert f"{hosts} of them take {rules} rules" in text(hosts)
    assert "of them take" not in text(hosts - 1)


def test_four_rules_for_each_host_have_priorities_that_aws_takes() -> None:
    entries = [{"Name": f"e{n}", "UiHost": f"e{n}.example.com"} for n in range(40)]
    for raw, limit in (
        (gated(MwaaEnvironments=entries), GATED_PRIORITIES),
        (without(gated(MwaaEnvironments=entries), "UiGate"), UI_PRIORITIES),
    ):
        configuration = parse(raw)
        found = {configuration.ui_priority(each) for each in configuration.environments}
        assert len(found) == len(entries)
        assert all(0 <= each < limit for each in found)


@pytest.mark.parametrize("beside_portal", [True, False])
def test_quick_start_may_have_a_client_of_its_own(beside_portal: bool) -> None:
    keys: dict[str, Any] = {"ClientId": "quick", "ClientSecretArn": SECRET}
    raw = draft(QuickStart={**QUICK_START, **keys}) if beside_portal else quick_start(**keys)
    configuration = parse(raw)
    assert configuration.quick_start_client.client_id == "quick"
    assert configuration.quick_start_client.client_secret_arn == SECRET
    assert configuration.oidc.client.client_id == "platform"
    assert "share one client" not in warnings_of(raw)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"ClientId": "quick"}, "Missing: the secret of the client that ClientId names."),
        ({"ClientSecretArn": SECRET}, "The secret of which client?"),
    ],
)
def test_a_client_and_its_secret_are_named_together(keys: dict[str, Any], reason: str) -> None:
    assert words(quick_start(**keys), "QuickStart.ClientSecretArn")[0] == reason


@pytest.mark.parametrize("client", [{}, {"ClientId": "platform", "ClientSecretArn": SECRET}])
def test_one_client_for_the_portal_and_quick_start_is_warned_of(client: dict[str, Any]) -> None:
    text = "the portal and QuickStart share one client"
    assert text in warnings_of(draft(QuickStart={**QUICK_START, **client}))
    assert text not in warnings_of(quick_start(**client))
