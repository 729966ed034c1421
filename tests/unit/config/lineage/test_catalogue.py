"""What each catalogue must be told, and the words for what it is told wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.lineage.catalogue import HttpCatalogue
from config.lineage.datahub import DataHub
from config.lineage.datazone import DataZone
from config.lineage.marquez import Marquez
from config.lineage.openlineage import OpenLineage
from config.lineage.openmetadata import OpenMetadata
from config.lineage.settings import AnyCatalogue
from tests.unit.config.configurations import (
    DATAZONE,
    LINEAGE,
    MARQUEZ,
    SECRET,
    draft,
    fill_with_lineages_wheels,
    mistakes_in,
    parse,
    two,
    warnings_of,
    with_environment,
    without,
    words,
)

AT = "MwaaEnvironments[0].Lineage"
OPENLINEAGE = {"Provider": "OpenLineage", "Url": "https://lineage.example.com/team/"}
DATAHUB = {"Provider": "DataHub", "Url": "https://datahub.example.com/gms/"}
OPENMETADATA = {
    "Provider": "OpenMetadata",
    "Url": "https://openmetadata.example.com:8585",
    "Version": "1.12.4",
}
OLD_OPENMETADATA = {**OPENMETADATA, "Version": "1.1.7"}
OKTA = {
    "Authentication": "Okta",
    "ClientId": "0oa1example",
    "OrgUrl": "https://example.okta.com",
    "Email": "airflow@example.com",
}


def lineage(*catalogues: dict[str, Any], version: str = "2.11.2") -> dict[str, Any]:
    """A new environment that sends to one catalogue, by its keys, or to several in a list."""
    keys = {"Catalogues": list(catalogues)} if len(catalogues) > 1 else catalogues[0]
    return with_environment(AirflowVersion=version, Lineage=keys)


def catalogue(keys: dict[str, Any], version: str = "2.11.2") -> AnyCatalogue:
    settings = parse(lineage(keys, version=version)).new_environments[0].lineage
    assert settings is not None
    return settings.catalogues[0]


def test_what_is_not_given_has_the_providers_own_default() -> None:
    match catalogue(OPENLINEAGE):
        case OpenLineage(endpoint="api/v1/lineage", authentication="Token", api_key_header=None):
            pass
        case other:
            pytest.fail(repr(other))
    match catalogue(MARQUEZ):
        case Marquez(authentication="None", needs_token=False):
            pass
        case other:
            pytest.fail(repr(other))
    match catalogue(OPENMETADATA):
        case OpenMetadata(authentication="JWT", service_name=None, scopes=(), needs_token=True):
            pass
        case other:
            pytest.fail(repr(other))
    match catalogue(DATAZONE):
        case DataZone(region=None):
            pass
        case other:
            pytest.fail(repr(other))
    assert isinstance(catalogue(DATAHUB), DataHub)


def test_an_api_key_has_a_header_of_its_own() -> None:
    by_default = catalogue({**OPENLINEAGE, "Authentication": "ApiKey"})
    named = catalogue(
        {**OPENLINEAGE, "Authentication": "ApiKey", "ApiKeyHeader": "x-functions-key"}
    )
    assert isinstance(by_default, OpenLineage)
    assert isinstance(named, OpenLineage)
    assert (by_default.api_key_header, named.api_key_header) == ("X-API-Key", "x-functions-key")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://lineage.example.com", "https://lineage.example.com"),
        ("https://lineage.example.com/", "https://lineage.example.com/"),
        ("https://lineage.example.com/a/b/", "https://lineage.example.com/a/b/"),
        ("http://10.0.0.5:5000", "http://10.0.0.5:5000"),
    ],
)
def test_an_address_to_which_an_endpoint_can_be_joined(url: str, kept: str) -> None:
    found = catalogue({**OPENLINEAGE, "Url": url})
    assert isinstance(found, HttpCatalogue)
    assert found.url == kept


@pytest.mark.parametrize("keys", [LINEAGE, OPENMETADATA])
def test_a_slash_behind_the_host_alone_is_no_part_of_its_address(keys: dict[str, Any]) -> None:
    found = catalogue({**keys, "Url": keys["Url"] + "/"})
    assert isinstance(found, HttpCatalogue)
    assert found.url == keys["Url"]


CASES: list[tuple[dict[str, Any], str, str, str]] = [
    # Providers.
    ({**LINEAGE, "Provider": "Marques"}, "Provider", "Marques is none of: Atlan", "Marquez?"),
    ({**LINEAGE, "Provider": "marquez"}, "Provider", "marquez is none of: Atlan", "Marquez?"),
    ({**LINEAGE, "Provider": "Collibra"}, "Provider", "Collibra is none of: Atlan", ""),
    ({**LINEAGE, "Provider": 7}, "Provider", "This is none of: Atlan", ""),
    ({**LINEAGE, "Provider": "..."}, "Provider", "Not filled in yet: the data catalogue", ""),
    ({"Url": "https://example.com"}, "Provider", "Missing: the data catalogue", "One of: Atlan"),
    # Keys of another provider.
    ({**LINEAGE, "Version": "1.12.4"}, "Version", "no such key", "belongs in OpenMetadata"),
    ({**DATAZONE, "Url": "https://x.example.com"}, "Url", "no such key", "belongs in"),
    ({"Provider": "Marquez"}, "Url", "Missing: address of the catalogue", ""),
    # Addresses.
    (
        {**MARQUEZ, "Url": "marquez.example.com"},
        "Url",
        "begins with https:// or",
        "https:// before",
    ),
    ({**MARQUEZ, "Url": "ftp://example.com"}, "Url", "begins with https:// or http://", ""),
    ({**MARQUEZ, "Url": "https://:5000"}, "Url", "names a host", ""),
    ({**MARQUEZ, "Url": "https://me:word@example.com"}, "Url", "user name or password", ""),
    ({**MARQUEZ, "Url": "https://example.com?key=1"}, "Url", "no query", "in the secret"),
    ({**OPENLINEAGE, "Url": "https://example.com/team"}, "Url", "last part", "with a slash"),
    ({**DATAHUB, "Url": "https://example.com/gms"}, "Url", "last part", "with a slash"),
    (
        {**OPENLINEAGE, "Url": "https://example.com/team/api/v1/lineage"},
        "Url",
        "joins api/v1/lineage",
        "Leave out api/v1/lineage",
    ),
    ({**OPENMETADATA, "Url": "https://example.com:8585/api"}, "Url", "without a path", "End it"),
    ({**LINEAGE, "Url": "http://example.atlan.com"}, "Url", "begins with https://", ""),
    ({**LINEAGE, "Url": "https://example.atlan.com/events/"}, "Url", "without a path", "End it"),
    ({**LINEAGE, "Url": "https://example.atlan.com/?x=1"}, "Url", "without a path", ""),
    (
        {**OPENLINEAGE, "Endpoint": "/v1"},
        "Endpoint",
        "without a slash",
        "path of Url would be lost",
    ),
    ({**OPENLINEAGE, "Endpoint": "https://x.example.com/v1"}, "Endpoint", "a path", "in Url"),
    # What is shown, and to whom.
    ({**OPENLINEAGE, "Url": "http://example.com"}, "Authentication", "read the token", "https://"),
    ({**DATAHUB, "Url": "http://datahub.example.com"}, "Url", "read the token", "https://"),
    ({**MARQUEZ, "TokenSecretArn": SECRET}, "Authentication", "TokenSecretArn", "Take it out"),
    ({**MARQUEZ, "TokenField": "key"}, "Authentication", "reads TokenField", "Take it out"),
    ({**MARQUEZ, "Authentication": "ApiKey"}, "Authentication", "ApiKey is none of", ""),
    ({**OPENLINEAGE, "ApiKeyHeader": "X-Key"}, "ApiKeyHeader", "beside Authentication Token", ""),
    (
        {**OPENLINEAGE, "Authentication": "ApiKey", "ApiKeyHeader": "Content-Type"},
        "ApiKeyHeader",
        "free for a key",
        "",
    ),
    (
        {**LINEAGE, "TokenSecretArn": SECRET.removesuffix("-AbCdEf")},
        "TokenSecretArn",
        "six characters",
        "",
    ),
    # Amazon's.
    ({**DATAZONE, "DomainId": "0123"}, "DomainId", "begins with dzd-", ""),
    ({**DATAZONE, "Region": "Frankfurt"}, "Region", "a Region, such as", ""),
    # OpenMetadata's ways in.
    ({**OPENMETADATA, "Version": "1.12"}, "Version", "three numbers", ""),
    ({**OPENMETADATA, "Version": "0.13.4"}, "Version", "before 1.0 fails", "Upgrade the server"),
    ({**OPENMETADATA, **OKTA}, "Authentication", "1.12.4 has dropped it", "Take JWT"),
    ({**OPENMETADATA, "Authentication": "None"}, "Authentication", "has dropped it", "Take JWT"),
    ({**OLD_OPENMETADATA, **without(OKTA, "Email")}, "Email", "Missing: Authentication Okta", ""),
    (
        {**OLD_OPENMETADATA, **OKTA, "Domain": "example.eu.auth0.com"},
        "Domain",
        "Authentication Okta",
        "Take it out",
    ),
    ({**OLD_OPENMETADATA, "Authentication": "LDAP"}, "Authentication", "none of: JWT", ""),
]


@pytest.mark.parametrize(("keys", "key", "reason", "hint"), CASES)
@pytest.mark.parametrize("listed", [False, True], ids=["alone", "listed"])
def test_a_mistake_in_a_catalogue(
    keys: dict[str, Any], key: str, reason: str, hint: str, listed: bool
) -> None:
    other = {"Provider": "Marquez", "Url": "https://other.example.com"}
    raw = lineage(other, keys) if listed else lineage(keys)
    said, advised = words(raw, f"{AT}.Catalogues[1].{key}" if listed else f"{AT}.{key}")
    assert reason in said
    assert hint in advised


def test_every_mistake_in_every_catalogue_is_named_at_once() -> None:
    raw = lineage(
        {**OPENLINEAGE, "Url": "https://example.com/team", "Endpoint": "/v1", "Colour": "red"},
        {**OLD_OPENMETADATA, "Authentication": "Auth0"},
        "Atlan",  # type: ignore[arg-type]
    )
    assert set(mistakes_in(raw)) == {
        f"{AT}.Catalogues[0].Url",
        f"{AT}.Catalogues[0].Endpoint",
        f"{AT}.Catalogues[0].Colour",
        f"{AT}.Catalogues[1].ClientId",
        f"{AT}.Catalogues[1].Domain",
        f"{AT}.Catalogues[2]",
    }


def test_no_value_that_may_be_a_secret_is_ever_shown() -> None:
    canary = "eyJhbGciOiJSUzI1NiJ9.canary.c4n4ry"
    keys = {
        **OLD_OPENMETADATA,
        "TokenSecretArn": canary,
        "Url": f"https://example.com/{canary}",
        "Authentication": canary,
        "Token": canary,
        "Audience": f" {canary}",
    }
    mistakes = mistakes_in(lineage(keys))
    assert len(mistakes) == 5
    assert canary not in repr(mistakes)


@pytest.mark.parametrize(
    "way",
    [
        {"Authentication": "JWT"},
        {"Authentication": "None"},
        {"Authentication": "Google"},
        {"Authentication": "Google", "Audience": "https://example.com/token"},
        {"Authentication": "Auth0", "ClientId": "airflow", "Domain": "example.auth0.com"},
        OKTA,
        {**OKTA, "Scopes": ["openid", "email"]},
        {
            "Authentication": "Azure",
            "ClientId": "1111",
            "Authority": "https://login.example.com/1111",
            "Scopes": ["api://1111/.default"],
        },
        {
            "Authentication": "CustomOidc",
            "ClientId": "airflow",
            "TokenEndpoint": "https://idp.example.com/token",
        },
    ],
)
def test_every_way_into_openmetadata_before_it_took_jwt_alone(way: dict[str, Any]) -> None:
    token = {} if way["Authentication"] == "None" else {"TokenSecretArn": SECRET}
    lineage = {**OLD_OPENMETADATA, **way, **token}
    legacy = {"Name": "legacy", "AirflowVersion": "2.6.3", "Lineage": lineage}
    settings = parse(draft(MwaaEnvironments=[legacy])).existing_environments[0].lineage
    assert settings is not None
    (found,) = settings.catalogues
    assert isinstance(found, OpenMetadata)
    assert found.needs_token is bool(token)


@pytest.mark.parametrize("host", ["134744072", "0x8080808", "8.8.8.8", "lineage.example.com"])
def test_no_token_travels_readably_to_a_public_host(host: str) -> None:
    raw = lineage({**OPENLINEAGE, "Url": f"http://{host}/"})
    assert any(
        "anybody on the way could read" in each.message for each in mistakes_in(raw).values()
    )


def test_a_host_that_is_yet_to_be_filled_in() -> None:
    raw = lineage({**LINEAGE, "Url": "https://<instance>.atlan.com"})
    assert "names a host" in words(raw, f"{AT}.Url")[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ServiceName", "Überweisung"),
        ("ServiceName", "a$HOME"),
        ("Url", "https://bücher.example.com"),
        ("Domain", "t.auth0.com/x?"),
    ],
)
def test_what_becomes_an_option_of_mwaas_or_an_address_is_fit_for_it(key: str, value: str) -> None:
    auth0 = {"Authentication": "Auth0", "ClientId": "x", "Domain": "example.eu.auth0.com"}
    keys = {**OLD_OPENMETADATA, **auth0, "TokenSecretArn": SECRET}

    def found(**more: str) -> dict[str, Any]:
        legacy = {"Name": "legacy", "AirflowVersion": "2.6.3", "Lineage": {**keys, **more}}
        return mistakes_in(draft(MwaaEnvironments=[legacy]))

    assert not found()
    assert f"MwaaEnvironments[0].Lineage.{key}" in found(**{key: value})


def test_what_travels_readably_is_a_warning() -> None:
    private = {**OPENLINEAGE, "Url": "http://lineage.internal:5000/"}
    assert "the token and lineage travel readably to lineage" in warnings_of(lineage(private))
    assert "lineage travels readably to marquez" in warnings_of(lineage(MARQUEZ))
    assert "readably" not in warnings_of(lineage(OPENLINEAGE, LINEAGE))


@pytest.mark.parametrize(
    "again",
    [
        OPENLINEAGE,
        {**OPENLINEAGE, "TokenField": "key", "TokenSecretArn": SECRET},
        {**MARQUEZ, "Url": OPENLINEAGE["Url"]},
        {**OPENLINEAGE, "Url": "https://Lineage.Example.com:443/team/"},
        {
            **OPENLINEAGE,
            "Url": "https://lineage.example.com/",
            "Endpoint": "team/api/v1/lineage",
        },
        DATAZONE,
    ],
)
def test_a_catalogue_stands_once(again: dict[str, Any]) -> None:
    raw = lineage(OPENLINEAGE, DATAZONE, again)
    reason, _ = words(raw, "MwaaEnvironments[0].Lineage.Catalogues")
    assert f"{again['Provider']} stands here twice" in reason
    assert not mistakes_in(lineage(OPENLINEAGE, LINEAGE))
    # On one machine all have one host.
    assert not mistakes_in(lineage({**MARQUEZ, "Url": LINEAGE["Url"]}, LINEAGE))


OF_ATLAN = "https://example.atlan.com/"


@pytest.mark.parametrize(
    "same",
    [
        {**OPENLINEAGE, "Url": f"{OF_ATLAN}events/openlineage/airflow-mwaa/"},
        {
            **OPENLINEAGE,
            "Url": f"{OF_ATLAN}events/",
            "Endpoint": "openlineage/airflow-mwaa/api/v1/lineage",
        },
    ],
)
def test_atlan_is_atlan_by_whichever_provider(same: dict[str, Any]) -> None:
    atlan = {**LINEAGE, "Url": OF_ATLAN.rstrip("/")}
    reason, _ = words(lineage(atlan, same), "MwaaEnvironments[0].Lineage.Catalogues")
    assert "twice with one address" in reason
    raw = two(
        {"Lineage": {**atlan, "Connection": "gold"}}, {"Lineage": {**same, "Connection": "gold"}}
    )
    reason, _ = words(raw, "MwaaEnvironments[1].Lineage.Connection")
    assert "sends to this connection already" in reason


@pytest.mark.parametrize(
    ("keys", "doubled"),
    [
        ({**MARQUEZ, "Url": "https://marquez.example.com/api/"}, "api"),
        ({**MARQUEZ, "Url": "https://marquez.example.com/api/v1/"}, "api/v1"),
        ({**DATAHUB, "Url": "https://datahub.example.com/gms/openapi/"}, "openapi"),
        (
            {**DATAHUB, "Url": "https://datahub.example.com/openapi/openlineage/"},
            "openapi/openlineage",
        ),
    ],
)
def test_a_path_that_would_stand_twice(keys: dict[str, Any], doubled: str) -> None:
    reason, hint = words(lineage(keys), f"{AT}.Url")
    assert f"{doubled} would stand in it twice" in reason
    assert f"Leave out {doubled}," in hint


def test_two_hosts_never_share_a_token() -> None:
    entries = [{**each, "TokenSecretArn": SECRET} for each in (LINEAGE, OPENLINEAGE)]
    reason, hint = words(lineage(*entries), "MwaaEnvironments[0].Lineage.Catalogues")
    assert "Atlan and OpenLineage name one secret" in reason
    assert "TokenField" in hint
    fields = [{**each, "TokenField": each["Provider"]} for each in entries]
    assert not mistakes_in(lineage(*fields))
    other_endpoint = {**entries[1], "Endpoint": "other"}
    assert not mistakes_in(lineage(entries[1], other_endpoint))


@pytest.mark.parametrize("key", ["Token", "ApiKey", "JwtToken", "api_key", "Password", "SecretKey"])
@pytest.mark.parametrize(
    "spelled", [lambda one: {"Lineage": one}, lambda one: {"Lineage": {"Catalogues": [one]}}]
)
def test_a_token_has_no_key_in_the_file(key: str, spelled: Any) -> None:
    canary = "eyJhbGciOiJub25lIn0.canary"
    mistakes = mistakes_in(with_environment(**spelled({**LINEAGE, key: canary})))
    assert next(iter(mistakes)).endswith(key)
    assert "lineage token set" in str(mistakes)
    assert canary not in str(mistakes)


@pytest.mark.parametrize("field", ["eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "a b", "9"])
def test_a_token_is_not_taken_for_the_name_of_a_field(field: str) -> None:
    raw = lineage({**LINEAGE, "TokenSecretArn": SECRET, "TokenField": field})
    [(path, mistake)] = mistakes_in(raw).items()
    assert path == "MwaaEnvironments[0].Lineage.TokenField"
    assert "belongs in the secret" in str(mistake)
    assert field not in str(mistake)


def test_without_a_way_out_a_catalogue_outside_is_a_warning(tmp_path: Path) -> None:
    fill_with_lineages_wheels(tmp_path)
    wheels = {"NatGateways": 0, "Wheels": str(tmp_path)}
    outside = with_environment(Lineage=LINEAGE, **wheels)
    inside = with_environment(Lineage=MARQUEZ, **wheels)
    by_role = with_environment(Lineage=DATAZONE, **wheels)
    assert "example.atlan.com" in warnings_of(outside)
    for raw in (inside, by_role):
        assert "NatGateways" not in warnings_of(raw)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("openlineage.transport", '{"type": "http", "auth": {"type": "api_key", "apiKey": "x"}}'),
        ("lineage.jwt_token", "canary"),
    ],
)
def test_a_token_in_an_option_is_a_warning(option: str, value: str) -> None:
    said = warnings_of(with_environment(ConfigurationOptions={option: value}))
    assert f"reads the token in {option}" in said
    assert "canary" not in said
    transport = {"openlineage.transport": '{"type": "http", "url": "https://example.com"}'}
    assert "token" not in warnings_of(with_environment(ConfigurationOptions=transport))
