"""The client at the identity provider: tenants of Entra ID, and verified addresses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.config.configurations import SMALLEST, draft, parse, warnings_of, words

TENANT = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"
GLOBAL = "login.microsoftonline.com"
ADDRESSES = [
    "Issuer",
    "AuthorizationEndpoint",
    "TokenEndpoint",
    "UserInfoEndpoint",
    "EndSessionEndpoint",
]


def entra(host: str = GLOBAL, tenant: str = TENANT, **keys: Any) -> dict[str, Any]:
    """A configuration with Entra ID."""
    addresses = {
        "Issuer": f"https://{host}/{tenant}/v2.0",
        "AuthorizationEndpoint": f"https://{host}/{tenant}/oauth2/v2.0/authorize",
        "TokenEndpoint": f"https://{host}/{tenant}/oauth2/v2.0/token",
        "UserInfoEndpoint": "https://graph.microsoft.com/oidc/userinfo",
    }
    return draft(Oidc={**SMALLEST["Oidc"], **addresses, **keys})


@pytest.mark.parametrize(
    "host", [GLOBAL, "login.microsoftonline.us", "login.partner.microsoftonline.cn"]
)
def test_one_tenant_of_entra_needs_no_claim_that_it_never_sends(host: str) -> None:
    raw = entra(host)
    assert parse(raw).oidc.verified_email_required is False
    warning = warnings_of(raw)
    assert "Oidc.RequireVerifiedEmail: false" in warning
    assert "whoever may edit users or invite guests there" in warning
    assert "Grant by Subject instead." in warning
    assert "Group" not in warning


@pytest.mark.parametrize(
    "oidc",
    [
        {},
        {"Issuer": f"https://sts.windows.net/{TENANT}/"},
        {"Issuer": f"https://{GLOBAL}.example.com/{TENANT}/v2.0"},
        {"Issuer": f"https://example.com/{GLOBAL}/{TENANT}/v2.0"},
        {"Issuer": f"https://{GLOBAL}/{TENANT}/v2.0/x"},
        {"Issuer": f"https://{GLOBAL}/example.com/v2.0"},
        {"Issuer": f"https://{TENANT}.ciamlogin.com/{TENANT}/v2.0"},
    ],
)
def test_every_other_issuer_must_verify_addresses(oidc: dict[str, str]) -> None:
    raw = draft(Oidc={**entra()["Oidc"], **oidc} if oidc else SMALLEST["Oidc"])
    assert parse(raw).oidc.verified_email_required is True
    assert warnings_of(raw) == ""


@pytest.mark.parametrize("endpoint", ["AuthorizationEndpoint", "TokenEndpoint"])
def test_an_issuer_of_entra_with_endpoints_of_another_is_none(endpoint: str) -> None:
    raw = entra(**{endpoint: "https://idp.example.com/x"})
    assert parse(raw).oidc.verified_email_required is True


def test_the_key_decides_where_it_is_given_and_is_warned_of() -> None:
    required = entra(RequireVerifiedEmail=True)
    assert parse(required).oidc.verified_email_required is True
    assert "nobody can sign in" in warnings_of(required)

    trusting = draft(Oidc={**SMALLEST["Oidc"], "RequireVerifiedEmail": False})
    assert parse(trusting).oidc.verified_email_required is False
    assert "gets the grants of anybody" in warnings_of(trusting)
    assert "Grants by Subject or Group" in warnings_of(trusting)


@pytest.mark.parametrize("host", [GLOBAL, "login.microsoftonline.us", "sts.windows.net"])
@pytest.mark.parametrize(
    "tenant",
    [
        "common",
        "Common",
        "organizations",
        "consumers",
        "{tenantid}",
        "%7Btenantid%7D",
        "<tenant>",
        "",
        "common.",
        "tenant",
        "9188040d-6c67-4c5b-b112-36a304b66dad",
        "9188040d6c674c5bb11236a304b66dad",
    ],
)
@pytest.mark.parametrize("key", ["Issuer", "AuthorizationEndpoint", "TokenEndpoint"])
def test_other_directories_are_refused(key: str, tenant: str, host: str) -> None:
    reason, hint = words(entra(**{key: f"https://{host}/{tenant}/v2.0"}), f"Oidc.{key}")
    assert "people of other directories" in reason
    assert "Name your own tenant" in hint


@pytest.mark.parametrize("key", ["AuthorizationEndpoint", "TokenEndpoint"])
def test_one_tenant_stands_in_all_addresses(key: str) -> None:
    other = f"https://{GLOBAL}/{OTHER}/oauth2/v2.0/x"
    assert "another tenant" in words(entra(**{key: other}), f"Oidc.{key}")[0]


@pytest.mark.parametrize("key", ["AuthorizationEndpoint", "TokenEndpoint"])
def test_a_tenant_by_its_domain_may_be_another_and_must_verify_addresses(key: str) -> None:
    by_name = entra(**{key: f"https://{GLOBAL}/example.onmicrosoft.com/oauth2/v2.0/x"})
    assert parse(by_name).oidc.verified_email_required is True
    warning = warnings_of(by_name)
    assert "nobody can sign in: Entra ID never sends email_verified" in warning
    assert "Name the tenant by its ID in both endpoints" in warning
    assert "gets the grants of anybody" in warnings_of(
        draft(Oidc={**by_name["Oidc"], "RequireVerifiedEmail": False})
    )


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (f"{GLOBAL}/./common/oauth2/v2.0/x", "no dot segments"),
        (f"{GLOBAL}/x.y/../common/oauth2/v2.0/x", "no dot segments"),
        (f"{GLOBAL}/{TENANT}/../common/oauth2/v2.0/x", "no dot segments"),
        (f"{GLOBAL}/{TENANT}/%2e%2E/common/x", "no dot segments"),
        (f"{GLOBAL}/{TENANT}/.%2e/common/x", "no dot segments"),
        (f"{GLOBAL}/{TENANT}/x/..", "no dot segments"),
        (f"{GLOBAL}/{TENANT}\\..\\common/x", "no dot segments"),
        (f"{GLOBAL}/../", "no dot segments"),
        (f"{GLOBAL}./common/oauth2/v2.0/x", "ASCII, without a dot at its end"),
        ("idp.example.com./x", "ASCII, without a dot at its end"),
        ("login\uff0dx.example.com/x", "names a host"),
        ("\uff4cogin.microsoftonline.com/common/x", "ASCII, without a dot at its end"),
    ],
)
@pytest.mark.parametrize("key", ADDRESSES)
def test_no_address_is_another_to_a_browser(key: str, address: str, reason: str) -> None:
    found, hint = words(entra(**{key: f"https://{address}"}), f"Oidc.{key}")
    assert reason in found
    if "names a host" not in reason:
        assert hint == "Write it as the provider's discovery document does."
