"""What stands beside the plugin: a transport that the client of each Airflow version takes."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from pathspec import PathSpec

from artifacts.catalogues import (
    Catalogue,
    DataZoneCatalogue,
    HttpCatalogue,
    OpenMetadataBackend,
)
from artifacts.plugins import LineagePluginSettings, build_plugins
from mwaa.versions import AIRFLOW_VERSIONS, AirflowVersion, airflow_version

EXECUTION_SECONDS = 10
"""After which Airflow ends the sending of a task's event."""

VERSION = airflow_version("2.10.3")
ATLAN = HttpCatalogue(
    id="atlan", provider="Atlan", url="https://example.com/events/openlineage/airflow-mwaa/"
)
MARQUEZ = HttpCatalogue(
    id="marquez", provider="Marquez", url="https://marquez.example.com/", token=False
)
KEYED = HttpCatalogue(
    id="openlineage",
    provider="OpenLineage",
    url="https://lineage.example.com/team/",
    token_field="key",
    api_key_header="X-API-Key",
)
DATAZONE = DataZoneCatalogue(id="datazone", domain_id="dzd-abc", region="eu-west-1")
BACKEND = OpenMetadataBackend(
    id="openmetadata",
    url="https://om.example.com:8585",
    version="1.1.0",
    service_name="gold",
    authentication="Google",
    options={"audience": "https://om.example.com"},
)
SETTINGS = LineagePluginSettings(
    version=VERSION, namespace="gold", catalogues=[ATLAN], token_cache_seconds=60
)
SEVERAL = [each.version for each in AIRFLOW_VERSIONS.values() if each.openlineage_provider][:-1]


def shipped(archive: Path) -> dict[str, Any]:
    """The settings that the plugin finds."""
    with zipfile.ZipFile(archive) as plugins:
        return dict(json.loads(plugins.read("mwaa_platform_lineage.json")))


def settings(directory: Path, *catalogues: Catalogue, version: str = "2.10.3") -> dict[str, Any]:
    """What is shipped for these catalogues."""
    chosen = replace(SETTINGS, version=airflow_version(version), catalogues=catalogues)
    return shipped(build_plugins(chosen, directory=directory))


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
    one = build_plugins(SETTINGS, directory=first)
    umask = os.umask(0o077)
    try:
        other = build_plugins(SETTINGS, directory=second)
    finally:
        os.umask(umask)
    assert (one.name, one.read_bytes()) == (other.name, other.read_bytes())
    with zipfile.ZipFile(one) as plugins:
        assert plugins.namelist() == sorted(plugins.namelist())
        assert {entry.date_time for entry in plugins.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    "change",
    [
        {"namespace": "silver"},
        {"token_cache_seconds": 61},
        {"version": airflow_version("2.11.0")},
        {"catalogues": [MARQUEZ]},
        {"secret_arns": {"atlan": "arn:aws:secretsmanager:us-east-1:111122223333:secret:a"}},
    ],
)
def test_other_settings_give_another_file(tmp_path: Path, change: dict[str, Any]) -> None:
    one = build_plugins(SETTINGS, directory=tmp_path)
    assert one.name != build_plugins(replace(SETTINGS, **change), directory=tmp_path).name


def test_only_the_plugin_is_loaded_by_airflow_as_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(build_plugins(SETTINGS, directory=tmp_path)) as plugins:
        lines = plugins.read(".airflowignore").decode().splitlines()
        modules = [name for name in plugins.namelist() if name.endswith(".py")]
    patterns = [line for line in lines if not line.startswith("#")]
    # Airflow 2 takes them for regular expressions, Airflow 3 for globs.
    by_expressions = [name for name in modules if not any(re.search(p, name) for p in patterns)]
    by_globs = PathSpec.from_lines("gitignore", patterns).match_files(modules, negate=True)
    assert by_expressions == [*by_globs] == ["mwaa_platform_lineage.py"]


@pytest.mark.parametrize("namespace", ["gold$HOME", "$gold", "~gold"])
def test_connection_that_airflow_would_expand_is_refused(namespace: str) -> None:
    with pytest.raises(ValueError, match="connection"):
        replace(SETTINGS, namespace=namespace)


def test_address_whose_last_part_would_be_lost_is_refused() -> None:
    with pytest.raises(ValueError, match="slash"):
        replace(ATLAN, url="https://example.com/events/openlineage/airflow-mwaa")


def test_token_is_asked_for_and_never_shipped(tmp_path: Path) -> None:
    transport = settings(tmp_path, ATLAN)["transport"]
    assert transport["auth"] == {
        "type": "mwaa_platform_token.SecretsManagerTokenProvider",
        "secret": "atlan",
        "cache_seconds": 60,
    }
    url = urljoin(transport["url"], transport["endpoint"])  # as the client joins them
    assert url == "https://example.com/events/openlineage/airflow-mwaa/api/v1/lineage"


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
    ("catalogue", "version"), [(KEYED, "3.3.1"), (ATLAN, "2.6.3"), (ATLAN, "2.5.1")]
)
def test_what_the_client_cannot_do_the_plugins_own_transport_does(
    tmp_path: Path, catalogue: HttpCatalogue, version: str
) -> None:
    transport = settings(tmp_path, catalogue, version=version)["transport"]
    assert transport["type"] == "mwaa_platform_transport.TokenTransport"
    assert transport["auth"]["secret"] == catalogue.id
    assert transport["auth"].get("header") == catalogue.api_key_header
    assert transport["auth"].get("field") == catalogue.token_field


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
    unknown = AirflowVersion(version="9.9.9", python="3.12")
    chosen = replace(SETTINGS, version=unknown, catalogues=[ATLAN, MARQUEZ])
    transport = shipped(build_plugins(chosen, directory=tmp_path))["transport"]
    assert list(transport["transports"]) == ["atlan", "marquez"]


@pytest.mark.parametrize(
    "catalogues",
    [
        [ATLAN],
        [DATAZONE],
        [ATLAN, DATAZONE],
        [ATLAN, MARQUEZ, KEYED],
        [replace(MARQUEZ, id=f"marquez_{each}") for each in range(9)],
    ],
)
def test_all_catalogues_together_end_before_airflow_ends_them(
    tmp_path: Path, catalogues: Sequence[Catalogue]
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
    assert catalogue["url"] == "https://om.example.com:8585/api"
    assert catalogue["options"] == {"audience": "https://om.example.com"}
    assert catalogue["secret_option"] == "secret_key"


def test_backend_beside_a_catalogue_leaves_its_transport_alone(tmp_path: Path) -> None:
    alone = settings(tmp_path, ATLAN)["transport"]
    assert settings(tmp_path, BACKEND, ATLAN)["transport"] == alone


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("0.12.3", "airflow_provider_openmetadata.lineage.openmetadata.OpenMetadataLineageBackend"),
        ("0.13.0", "airflow_provider_openmetadata.lineage.openmetadata.OpenMetadataLineageBackend"),
        ("0.13.1", "airflow_provider_openmetadata.lineage.backend.OpenMetadataLineageBackend"),
        ("1.12.4", "airflow_provider_openmetadata.lineage.backend.OpenMetadataLineageBackend"),
    ],
)
def test_backend_is_where_the_servers_version_has_it(
    tmp_path: Path, version: str, path: str
) -> None:
    (catalogue,) = settings(tmp_path, replace(BACKEND, version=version))["catalogues"]
    assert catalogue["backend"] == path


@pytest.mark.parametrize(
    ("authentication", "option"),
    [
        ("JWT", "jwt_token"),
        ("Google", "secret_key"),
        ("Auth0", "secret_key"),
        ("Okta", "private_key"),
        ("Azure", "client_secret"),
        ("CustomOidc", "secret_key"),
        ("None", None),
    ],
)
def test_each_way_in_has_its_one_secret(
    tmp_path: Path, authentication: str, option: str | None
) -> None:
    catalogue = replace(BACKEND, authentication=authentication)
    assert settings(tmp_path, catalogue)["catalogues"][0]["secret_option"] == option
    assert catalogue.token is (option is not None)


def test_only_an_environment_that_exists_has_arns_in_its_archive(tmp_path: Path) -> None:
    assert settings(tmp_path, ATLAN)["secrets"] == {}
    arns = {"atlan": "arn:aws:secretsmanager:us-east-1:111122223333:secret:atlan-AbCdEf"}
    existing = replace(SETTINGS, secret_arns=arns)
    assert shipped(build_plugins(existing, directory=tmp_path))["secrets"] == arns
