"""From an environment's entry to the files in its bucket."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from artifacts.build import Artifacts, build_artifacts
from artifacts.lineage import ResolvedCatalogue, ResolvedLineage
from config.artifacts import artifact_sources
from config.loader import parse_configuration
from config.model import Configuration
from tests.unit.config.configurations import draft

MARQUEZ = {"Provider": "Marquez", "Url": "https://marquez.example.com"}
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:token-AbCdEf"
NEW = {"Name": "gold", "VpcCIDR": "10.1.0.0/16", "AirflowVersion": "2.11.2"}


def configuration(folder: Path, **entry: Any) -> Configuration:
    """A configuration with one environment; local paths start from the folder."""
    raw = draft(MwaaEnvironments=[entry])
    return parse_configuration(raw, source=folder / "cdk.context.json")


def lineage_of(configuration: Configuration) -> ResolvedLineage:
    """The lineage of the only environment."""
    (environment,) = configuration.environments
    lineage = artifact_sources(environment).lineage
    assert lineage
    return lineage


def built(folder: Path, **entry: Any) -> Artifacts:
    """The files of one environment."""
    out = folder / "out"
    out.mkdir(exist_ok=True)
    (environment,) = configuration(folder, **{**NEW, **entry}).new_environments
    return build_artifacts(artifact_sources(environment), out)


def sent_to(
    folder: Path, *entries: dict[str, Any], version: str = "2.11.2"
) -> tuple[ResolvedCatalogue, ...]:
    """The catalogues of a new environment."""
    lineage = {"Catalogues": list(entries)}
    found = configuration(folder, **NEW | {"AirflowVersion": version}, Lineage=lineage)
    return lineage_of(found).catalogues


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        (
            {"Provider": "Atlan", "Url": "https://example.atlan.com"},
            "https://example.atlan.com/events/openlineage/airflow-mwaa/api/v1/lineage",
        ),
        (
            {"Provider": "OpenLineage", "Url": "https://lineage.example.com/team/"},
            "https://lineage.example.com/team/api/v1/lineage",
        ),
        (
            {
                "Provider": "OpenLineage",
                "Url": "https://lineage.example.com/team/",
                "Endpoint": "events",
            },
            "https://lineage.example.com/team/events",
        ),
        (MARQUEZ, "https://marquez.example.com/api/v1/lineage"),
        (
            {"Provider": "DataHub", "Url": "https://example.com/datahub/"},
            "https://example.com/datahub/openapi/openlineage/api/v1/lineage",
        ),
        (
            {"Provider": "OpenMetadata", "Url": "https://om.example.com:8585", "Version": "1.12.4"},
            "https://om.example.com:8585/api/v1/openlineage/lineage",
        ),
    ],
)
def test_events_go_where_each_provider_takes_them(
    tmp_path: Path, entry: dict[str, Any], address: str
) -> None:
    (catalogue,) = sent_to(tmp_path, entry, version="3.3.1")
    assert catalogue.address == address
    transport: Any = catalogue.transport
    assert urljoin(transport["url"], transport["endpoint"]) == address


def test_airflow_2_sends_to_openmetadata_by_its_backend(tmp_path: Path) -> None:
    entry = {
        "Provider": "OpenMetadata",
        "Url": "https://om.example.com:8585",
        "Version": "1.1.0",
        "Authentication": "Okta",
        "ClientId": "id",
        "OrgUrl": "https://example.com",
        "Email": "airflow@example.com",
        "Scopes": ["a", "b"],
        "TokenSecretArn": SECRET,
    }
    exists = {"Name": "gold", "AirflowVersion": "2.6.3", "Lineage": entry}
    (backend,) = lineage_of(configuration(tmp_path, **exists)).catalogues
    assert backend.transport is None
    settings: Any = backend.settings
    assert settings["service_name"] == "gold"
    assert json.loads(settings["options"]["scopes"]) == ["a", "b"]
    assert settings["options"].keys() == {"client_id", "org_url", "email", "scopes"}


def test_each_catalogue_has_an_id_of_its_own(tmp_path: Path) -> None:
    atlan = {"Provider": "Atlan", "Url": "https://example.atlan.com"}
    other = {**MARQUEZ, "Url": "https://other.example.com"}
    found = sent_to(tmp_path, MARQUEZ, atlan, other)
    assert [each.id for each in found] == ["marquez", "atlan", "marquez_2"]


def test_without_lineage_there_is_nothing_of_it(tmp_path: Path) -> None:
    (environment,) = configuration(tmp_path, **NEW).new_environments
    assert artifact_sources(environment).lineage is None


def test_secret_of_a_new_environment_changes_no_archive(tmp_path: Path) -> None:
    entry = {"Provider": "Atlan", "Url": "https://example.atlan.com"}
    one = built(tmp_path, Lineage=entry)
    other = built(tmp_path, Lineage={**entry, "TokenSecretArn": SECRET})
    assert one.plugins == other.plugins


def test_plugin_of_an_existing_environment_knows_its_secret(tmp_path: Path) -> None:
    lineage = {"Provider": "DataHub", "Url": "https://dh.example.com", "TokenSecretArn": SECRET}
    found = configuration(tmp_path, Name="old", AirflowVersion="2.6.3", Lineage=lineage)
    (environment,) = found.existing_environments
    files = build_artifacts(artifact_sources(environment), tmp_path)
    with zipfile.ZipFile(files.plugins) as plugins:
        assert json.loads(plugins.read("mwaa_platform_lineage.json"))["secrets"] == {
            "datahub": SECRET
        }
    assert files.requirements
    assert "openlineage-airflow" in files.requirements.read_text().splitlines()


def test_what_was_once_named_is_always_there_to_be_replaced(tmp_path: Path) -> None:
    files = built(tmp_path)
    assert files.plugins.stat().st_size
    assert files.startup_script.stat().st_size
    assert files.requirements
    assert files.requirements.stat().st_size
    assert files.dags is None


def test_requirements_in_the_bucket_are_left_alone(tmp_path: Path) -> None:
    files = built(
        tmp_path, SourceBucketArn="arn:aws:s3:::example", RequirementsS3Path="requirements.txt"
    )
    assert files.requirements is None


def test_a_teams_files_are_shipped(tmp_path: Path) -> None:
    for name in ("plugins/own.py", "dags/etl.py", "more/startup.sh", "more/requirements.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / "plugins" / "own.py").write_text("OWN = 1\n")
    (tmp_path / "dags" / "etl.py").write_text("import airflow\n")
    (tmp_path / "more" / "startup.sh").write_bytes(b"export OWN=1\r\nexport TWO=2\r\n")
    (tmp_path / "more" / "requirements.txt").write_text("humanize\n")
    files = built(
        tmp_path,
        Lineage=MARQUEZ | {"Preflight": True},
        Plugins="plugins",
        Dags="dags",
        StartupScript="more/startup.sh",
        Requirements="more/requirements.txt",
    )
    assert files.dags
    assert files.requirements
    with zipfile.ZipFile(files.plugins) as plugins, zipfile.ZipFile(files.dags) as dags:
        assert {"own.py", "mwaa_platform_lineage.py"} <= {*plugins.namelist()}
        assert {"etl.py", "mwaa_platform_lineage_preflight.py"} <= {*dags.namelist()}
    # bash takes a carriage return for a part of the command.
    assert files.startup_script.read_bytes() == b"export OWN=1\nexport TWO=2\n"
    assert "humanize" in files.requirements.read_text().splitlines()
