"""Findings of `doctor` about what sign-in stands on; a client's secret is shown nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cli.doctor.conftest import Doctor
from tests.unit.cli.doctor.fake_aws import CLIENT_SECRET, FakeAws
from tests.unit.config.configurations import SMALLEST


@pytest.mark.usefixtures("aws")
def test_all_is_well(doctor: Doctor) -> None:
    looked = doctor()
    assert looked.status == 0
    for subject in ("Certificate 1111-2222", "Client secret oidc-AbCdEf", "Identity provider"):
        assert f"✓ {subject}" in looked.said
    assert CLIENT_SECRET not in looked.said


@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        (None, "There is none in this account and Region."),
        ({"Status": "PENDING_VALIDATION"}, "It is PENDING_VALIDATION"),
        (
            {"Status": "ISSUED", "DomainName": "example.com"},
            "It is not for airflow.example.com, forecasting.example.com.",
        ),
        ({"Status": "ISSUED", "DomainName": "*.*.com"}, "It is not for airflow.example.com"),
        (
            {"Status": "ISSUED", "DomainName": "*.example.com", "NotAfter": 1767268800},
            "It ends on 2026-01-01.",
        ),
    ],
    ids=["missing", "pending", "other names", "no such wildcard", "ends"],
)
def test_certificates(
    certificate: dict[str, Any] | None, said: str, aws: FakeAws, doctor: Doctor
) -> None:
    aws.certificate = certificate
    looked = doctor()
    assert looked.status == 1
    assert f"✗ Certificate 1111-2222 {said}" in looked.said


def test_a_certificate_with_several_names(aws: FakeAws, doctor: Doctor) -> None:
    aws.certificate = {
        "Status": "ISSUED",
        "DomainName": "airflow.example.com",
        "SubjectAlternativeNames": ["airflow.example.com", "FORECASTING.example.com"],
    }
    assert doctor().status == 0


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (None, "There is none"),
        ("...", "is not filled in"),
        ("  ", "is not filled in"),
        (f"{CLIENT_SECRET}\n", "ends with white space"),
        (f'{{"client_secret": "{CLIENT_SECRET}"}}', "is a JSON object"),
    ],
    ids=["missing", "placeholder", "blank", "line end", "object"],
)
def test_client_secrets(secret: str | None, said: str, aws: FakeAws, doctor: Doctor) -> None:
    aws.client_secret = secret
    looked = doctor()
    assert looked.status == 1
    assert "✗ Client secret oidc-AbCdEf" in looked.said
    assert said in looked.said
    assert CLIENT_SECRET not in looked.said


def test_a_secret_that_nobody_may_read_is_no_fault(aws: FakeAws, doctor: Doctor) -> None:
    aws.refused = {"GetSecretValue"}
    looked = doctor()
    assert looked.status == 0
    assert "- Client secret oidc-AbCdEf your role may not read its value" in looked.said


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("endpoint", ["authorization", "token", "userinfo"])
def test_an_endpoint_that_the_provider_moved(
    endpoint: str, provider: dict[str, str], doctor: Doctor
) -> None:
    provider[f"{endpoint}_endpoint"] = "https://idp.example.com/moved"
    looked = doctor()
    assert looked.status == 1
    assert "the provider names https://idp.example.com/moved" in looked.said
    assert "./mwaa-platform oidc discover https://idp.example.com" in looked.said


@pytest.mark.usefixtures("aws")
def test_a_command_with_an_issuer_runs_nothing_else(
    provider: dict[str, str], doctor: Doctor
) -> None:
    issuer = "https://idp.example.com/$(id);id"
    provider["token_endpoint"] = "https://idp.example.com/moved"
    looked = doctor(Oidc={**SMALLEST["Oidc"], "Issuer": issuer})
    assert f"./mwaa-platform oidc discover '{issuer}'" in looked.said


@pytest.mark.usefixtures("aws")
def test_a_provider_that_does_not_answer(provider: dict[str, str], doctor: Doctor) -> None:
    provider.clear()
    looked = doctor()
    assert looked.status == 1
    assert "✗ Identity provider https://idp.example.com" in looked.said
