"""The plugin's settings: a transport that the client of each Airflow version accepts."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from pathspec import PathSpec

from artifacts.lineage import ResolvedLineage
from artifacts.plugins import build_plugins
from mwaa.versions import AIRFLOW_VERSIONS
from tests.lineage import ATLAN, MARQUEZ, openmetadata, resolved
from tests.unit.config.configurations import SECRET

EXECUTION_SECONDS = 10
"""After which Airflow ends the sending of a task's event."""

KEYED = {
    "Provider": "OpenLineage",
    "Url": "https://lineage.example.com/team/",
    "TokenField": "key",
    "Authentication": "ApiKey",
}
DATAZONE = {"Provider": "DataZone", "DomainId": "dzd-abc", "Region": "eu-west-1"}
BACKEND = openmetadata("1.1.0", Authentication="Google", Audience="https://om.example.com")
LINEAGE = resolved(ATLAN)
SEVERAL = [each.version for each in AIRFLOW_VERSIONS.values() if each.openlineage_provider][:-1]

Entry = dict[str, Any]


def shipped(archive: Path) -> dict[str, Any]:
    """The settings that the plugin finds."""
    with zipfile.ZipFile(archive) as plugins:
        return dict(json.loads(plugins.read("mwaa_platform_lineage.json")))


def settings(directory: Path, *catalogues: Entry, version: str = "2.10.3") -> dict[str, Any]:
    """The plugin's settings for these catalogues."""
    return shipped(build_plugins(resolved(*catalogues, version=version), directory=directory))


def members(transport: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The transports within one."""
    inner = transport.get("transports", [transport])
    return list(inner.values()) if isinstance(inner, dict) else inner


def longest(transport: Mapping[str, Any]) -> float:
    """The seconds that catalogues can take which answer an error at the last moment."""
    seconds = 0.0
    for each in members(transport):
        seconds += each["timeout"] * (1 + each.get("retry", {}).get("total", 0))
    return seconds


def test_same_settings_give_the_same_bytes_anywhere_at_any_time(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    one = build_plugins(LINEAGE, directory=first)
    umask = os.umask(0o077)
    try:
        other = build_plugins(LINEAGE, directory=second)
    finally:
        os.umask(umask)
    assert (one.name, one.read_bytes()) == (other.name, other.read_bytes())
    with zipfile.ZipFile(one) as plugins:
        assert plugins.namelist() == sorted(plugins.namelist())
        assert {entry.date_time for entry in plugins.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    "other",
    [
        resolved(ATLAN, connection="silver"),
        resolved(ATLAN, ttl_seconds=61),
        resolved(ATLAN, version="2.11.0"),
        resolved(MARQUEZ),
        resolved({**ATLAN, "TokenSecretArn": SECRET}, is_deployed=False),
    ],
)
def test_other_settings_give_another_file(tmp_path: Path, other: ResolvedLineage) -> None:
    one = build_plugins(LINEAGE, directory=tmp_path)
    assert one.name != build_plugins(other, directory=tmp_path).name


def test_only_the_plugin_is_loaded_by_airflow_as_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(build_plugins(LINEAGE, directory=tmp_path)) as plugins:
        lines = plugins.read(".airflowignore").decode().splitlines()
        modules = [name for name in plugins.namelist() if name.endswith(".py")]
    patterns = [line for line in lines if not line.startswith("#")]
    # Airflow 2 takes them for regular expressions, Airflow 3 for globs.
    by_expressions = [name for name in modules if not any(re.search(p, name) for p in patterns)]
    by_globs = PathSpec.from_lines("gitignore", patterns).match_files(modules, negate=True)
    assert by_expressions == [*by_globs] == ["mwaa_platform_lineage.py"]


def test_token_is_asked_for_and_never_shipped(tmp_path: Path) -> None:
    transport = settings(tmp_path, ATLAN)["transport"]
    assert transport["auth"] == {
        "type": "mwaa_platform_token.SecretsManagerTokenProvider",
        "secret": "atlan",
        "cache_seconds": 60,
    }
    url = urljoin(transport["url"], transport["endpoint"])  # as the client joins them
    assert url == "https://example.atlan.com/events/openlineage/airflow-mwaa/api/v1/lineage"


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("2.6.3", "mwaa_platform_transport.QuietTransport"),
        ("2.10.3", "mwaa_platform_transport.QuietTransport"),
        ("2.11.0", "http"),
        ("3.3.1", "http"),
    ],
)
def test_clients_without_filters_leave_the_preflights_runs_out_by_the_transport(
    tmp_path: Path, version: str, kind: str
) -> None:
    assert settings(tmp_path, MARQUEZ, version=version)["transport"]["type"] == kind


def test_catalogue_without_a_token_is_asked_for_none(tmp_path: Path) -> None:
    assert "auth" not in settings(tmp_path, MARQUEZ)["transport"]


@pytest.mark.parametrize(
    ("catalogue", "version", "header"),
    [(KEYED, "3.3.1", "X-API-Key"), (ATLAN, "2.6.3", None), (ATLAN, "2.5.1", None)],
)
def test_what_the_client_cannot_do_the_plugins_own_transport_does(
    tmp_path: Path, catalogue: Entry, version: str, header: str | None
) -> None:
    transport = settings(tmp_path, catalogue, version=version)["transport"]
    assert transport["type"] == "mwaa_platform_transport.TokenTransport"
    assert transport["auth"]["secret"] == catalogue["Provider"].lower()
    assert transport["auth"].get("header") == header
    assert transport["auth"].get("field") == catalogue.get("TokenField")


@pytest.mark.parametrize("version", SEVERAL)
def test_each_of_several_catalogues_gets_every_event(tmp_path: Path, version: str) -> None:
    transport = settings(tmp_path, DATAZONE, ATLAN, MARQUEZ, KEYED, version=version)["transport"]
    assert transport["type"] == "composite"
    assert transport["continue_on_failure"] is True
    # Clients take a list at first, and names for their log from 1.23 on.
    assert isinstance(transport["transports"], list if version == "2.10.1" else dict)
    assert len(members(transport)) == 4
    # The slowest client to start keeps no other waiting.
    assert "domainId" in members(transport)[-1]


def test_version_newer_than_the_table_gets_what_the_newest_gets(tmp_path: Path) -> None:
    transport = settings(tmp_path, ATLAN, MARQUEZ, version="9.9.9")["transport"]
    assert list(transport["transports"]) == ["atlan", "marquez"]


@pytest.mark.parametrize(
    "catalogues",
    [
        [ATLAN],
        [DATAZONE],
        [ATLAN, DATAZONE],
        [ATLAN, MARQUEZ, KEYED],
        [{**MARQUEZ, "Url": f"https://marquez-{each}.example.com"} for each in range(9)],
    ],
)
def test_all_catalogues_together_end_before_airflow_ends_them(
    tmp_path: Path, catalogues: Sequence[Entry]
) -> None:
    transport = settings(tmp_path, *catalogues, version="3.3.1")["transport"]
    assert 0 < longest(transport) < EXECUTION_SECONDS
    for each in members(transport):
        retry = each.get("retry", {"connect": 0, "read": 0, "respect_retry_after_header": False})
        assert (retry["connect"], retry["read"]) == (0, 0)
        assert retry["respect_retry_after_header"] is False


def test_datazone_is_told_its_domain_and_region(tmp_path: Path) -> None:
    found = settings(tmp_path, DATAZONE, version="2.11.0")
    assert found["transport"]["domainId"] == "dzd-abc"
    assert found["transport"]["region"] == "eu-west-1"
    assert found["catalogues"] == [
        {
            "id": "datazone",
            "provider": "DataZone",
            "domain_id": "dzd-abc",
            "region": "eu-west-1",
            "token": False,
        }
    ]


def test_backend_alone_sends_no_events(tmp_path: Path) -> None:
    found = settings(tmp_path, BACKEND)
    assert found["transport"] is None
    (catalogue,) = found["catalogues"]
    assert catalogue["url"] == "https://openmetadata.example.com:8585/api"
    assert catalogue["options"] == {"audience": "https://om.example.com"}
    assert catalogue["secret_option"] == "secret_key"


def test_backend_beside_a_catalogue_leaves_its_transport_alone(tmp_path: Path) -> None:
    alone = settings(tmp_path, ATLAN)["transport"]
    assert settings(tmp_path, BACKEND, ATLAN)["transport"] == alone


@pytest.mark.parametrize(
    ("keys", "option"),
    [
        ({"Authentication": "JWT"}, "jwt_token"),
        ({"Authentication": "Google"}, "secret_key"),
        ({"Authentication": "Auth0", "ClientId": "id", "Domain": "a.example.com"}, "secret_key"),
        (
            {
                "Authentication": "Okta",
                "ClientId": "id",
                "OrgUrl": "https://example.com",
                "Email": "airflow@example.com",
            },
            "private_key",
        ),
        (
            {
                "Authentication": "Azure",
                "ClientId": "id",
                "Authority": "https://login.example.com",
                "Scopes": ["a"],
            },
            "client_secret",
        ),
        (
            {
                "Authentication": "CustomOidc",
                "ClientId": "id",
                "TokenEndpoint": "https://example.com/token",
            },
            "secret_key",
        ),
        ({"Authentication": "None"}, None),
    ],
)
def test_each_authentication_has_its_one_secret(
    tmp_path: Path, keys: Entry, option: str | None
) -> None:
    lineage = resolved(openmetadata("1.1.0", **keys))
    found = shipped(build_plugins(lineage, directory=tmp_path))
    assert found["catalogues"][0]["secret_option"] == option
    assert lineage.catalogues[0].token is (option is not None)


def test_only_an_environment_that_exists_has_arns_in_its_archive(tmp_path: Path) -> None:
    entry = {**ATLAN, "TokenSecretArn": SECRET}
    assert settings(tmp_path, entry)["secrets"] == {}
    existing = resolved(entry, is_deployed=False)
    assert shipped(build_plugins(existing, directory=tmp_path))["secrets"] == {"atlan": SECRET}
