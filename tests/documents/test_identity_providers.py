"""Settings of each provider in docs/identity-providers.md."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from authenticator.errors import RefusedError
from authenticator.person import ClaimRules, Person, read_person
from config.loader import parse_configuration
from config.model import Configuration
from local.layout import ROOT
from tests.unit.config.configurations import ALB, SMALLEST, SOURCE

DOCUMENT = (ROOT / "docs" / "identity-providers.md").read_text()
PROVIDERS = ("Okta", "Entra ID", "Auth0", "Keycloak", "Amazon Cognito", "Google")


class Shown(NamedTuple):
    """A provider's section: the configuration, the claims it sends, and who the person then is."""

    settings: Mapping[str, Any]
    claims: Mapping[str, Any]
    principals: tuple[str, ...]

    @property
    def configuration(self) -> Configuration:
        region = self.settings["Oidc"]["ClientSecretArn"].split(":")[3]
        alb = {"CertificateArn": ALB["CertificateArn"].replace("us-east-1", region)}
        return parse_configuration({**SMALLEST, "Alb": alb, **self.settings}, source=SOURCE)

    def person(self, **changes: Any) -> Person:
        """Who somebody is with these claims instead of those that the document shows."""
        oidc = self.configuration.oidc
        rules = ClaimRules(
            groups_claim=oidc.groups_claim,
            group_paths=oidc.group_paths,
            groups_as_text=oidc.groups_as_text,
            require_verified_email=oidc.verified_email_required,
        )
        return read_person({**self.claims, **changes}, rules)


def shown(provider: str) -> Shown:
    section = DOCUMENT.partition(f"\n## {provider}\n")[2].partition("\n## ")[0]
    settings, claims = map(json.loads, re.findall(r"```json\n(.*?)```", section, re.S))
    [principals] = re.findall(r"^Grants can name: (.*)$", section, re.M)
    return Shown(settings, claims, tuple(re.findall(r"`(.+?)`", principals)))


def test_the_document_has_a_section_for_each_and_no_other() -> None:
    _, _, table = DOCUMENT.partition("| sign-out ends the provider's session |")
    assert tuple(re.findall(r"^\| \[(.+?)\]", table, re.M)) == PROVIDERS
    assert tuple(re.findall(r"^## (.+)$", DOCUMENT, re.M)[1:]) == PROVIDERS


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_configuration_is_right_as_it_stands(provider: str) -> None:
    example = shown(provider)
    configuration = example.configuration
    assert configuration.oidc.issuer == example.settings["Oidc"]["Issuer"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_person_is_who_the_document_says(provider: str) -> None:
    example = shown(provider)
    assert example.person().principals == example.principals


def test_a_group_with_a_comma_in_a_text_counts_as_two_as_the_document_warns() -> None:
    example = shown("Amazon Cognito")
    claim = example.configuration.oidc.groups_claim
    groups = example.person(**{claim: "[sales, airflow-operators]"}).groups
    assert groups == ("airflow-operators", "sales")
    assert example.person(**{claim: ["sales, airflow-operators"]}).groups == (
        "sales, airflow-operators",
    )


def test_keycloaks_paths_have_one_name_with_and_without_the_key() -> None:
    example = shown("Keycloak")
    assert example.person().groups == ("/data/engineers",)
    oidc = {**example.settings["Oidc"], "GroupPaths": True}
    with_paths = example._replace(settings={**example.settings, "Oidc": oidc})
    assert with_paths.person().groups == ("data/engineers",)
    assert with_paths.person(groups=["data/engineers"]).groups == ()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_grant_that_is_shown_reaches_that_person(provider: str) -> None:
    example = shown(provider)
    [grant] = example.configuration.grants
    assert grant.principal in example.principals


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("told", [False, "false", None, ""])
def test_an_address_that_is_not_verified_is_turned_away(provider: str, told: Any) -> None:
    with pytest.raises(RefusedError):
        shown(provider).person(email_verified=told)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_address_of_which_nothing_is_told_is_turned_away_except_by_one(provider: str) -> None:
    example = shown(provider)
    claims = {name: value for name, value in example.claims.items() if name != "email_verified"}
    silent = example._replace(claims=claims)
    if provider == "Entra ID":
        assert silent.person().email == "ada@example.com"
    else:
        with pytest.raises(RefusedError):
            silent.person()
