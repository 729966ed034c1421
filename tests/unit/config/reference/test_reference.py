"""The committed configurations, the schema and the reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from config.environments import ExistingEnvironment
from config.lineage.settings import PROVIDERS, LineageSettings
from config.loader import load_configuration
from config.model import Configuration
from config.reference import changes, schema
from config.reference import page as reference
from config.secrets_backend import SecretsBackend
from config.section import Section
from config.stack_names import suffix
from errors import InputError
from tests.unit.config.configurations import (
    DATAZONE,
    LINEAGE,
    MARQUEZ,
    QUICK_START,
    ROOT,
    SECRET,
    draft,
    warnings_about,
    with_environment,
)

SAMPLES = sorted((ROOT / "samples").glob("*.json"))


def sample(name: str) -> Configuration:
    return load_configuration(ROOT / "samples" / f"{name}.json")


def test_the_published_file_is_taken_over_key_for_key() -> None:
    configuration = sample("published-two-new")
    one, two = configuration.new_environments
    assert (one.name, one.web_server_access_mode) == ("Env1", "PUBLIC_ONLY")
    assert (two.name, two.web_server_access_mode) == ("Env2", "PRIVATE_ONLY")
    for environment in (one, two):
        assert environment.environment_class == "mw1.large"
        assert (environment.min_workers, environment.max_workers) == (2, 16)
        assert environment.schedulers == 2
        assert environment.requirements_s3_path == "mwaa/requirements-mwaa.txt"
        assert environment.configuration_options == {"core.dag_run_conf_overrides_params": "True"}
    assert two.vpc_cidr == "172.31.0.0/16"
    assert configuration.alb.log_bucket_prefix == "customer-alb"
    assert configuration.alb_ingress_cidrs == ("192.168.0.0/16",)
    assert configuration.quick_start is None
    assert [each.split(" is ")[0] for each in warnings_about(configuration)] == [
        "Env1: AirflowVersion",
        "Env2: AirflowVersion",
    ]


def test_environments_that_exist_are_named_and_left_alone() -> None:
    configuration = sample("existing")
    assert configuration.new_environments == ()
    finance, marketing, legacy = configuration.existing_environments
    assert (finance.airflow_version, marketing.airflow_version) == (None, "2.11.2")
    assert legacy.airflow_version == "2.5.1"
    assert suffix(legacy.name) == "Legacy-ETL-1e4964"


def test_many_environments_each_keep_their_own_settings() -> None:
    configuration = sample("many-with-lineage")
    ingest, curation, regulated, playground = configuration.new_environments
    connections = [
        each.lineage and each.lineage.connection for each in configuration.new_environments
    ]
    assert connections == ["ingest", "curation-production", None, None]
    assert ingest.requirements == ROOT / "samples" / "team-requirements.txt"
    assert curation.lineage is not None
    assert curation.lineage.token_cache_seconds == 60
    assert regulated.nat_gateways == 0
    assert (playground.schedulers, playground.min_webservers, playground.max_workers) == (1, 1, 1)
    assert (ingest.schedulers, ingest.min_webservers, ingest.max_webservers) == (3, 2, 4)
    assert [each.name for each in configuration.existing_environments] == ["finance"]
    assert configuration.alb_ingress_cidrs == ("203.0.113.0/24",)


def test_one_environment_is_opened_by_everybody_under_one_role() -> None:
    configuration = sample("quick-start")
    assert not configuration.has_portal
    assert configuration.quick_start is not None
    assert configuration.quick_start.mwaa_endpoint_ips == ()
    assert configuration.quick_start.security_group_id is None


def test_environments_that_exist_are_served_under_hosts_of_their_own() -> None:
    configuration = sample("existing-with-host-names")
    assert configuration.new_environments == ()
    hosts = [environment.ui_host for environment in configuration.existing_environments]
    assert hosts == ["finance.airflow.example.net", "research.airflow.example.net", None, None]
    assert configuration.alb_vpc_cidr == "10.20.0.0/16"


@pytest.mark.parametrize("name", ["one-new", "one-new-in-a-named-vpc"])
def test_one_environment_is_new(name: str) -> None:
    configuration = sample(name)
    (environment,) = configuration.environments
    assert configuration.new_environments == (environment,)
    assert bool(configuration.alb.route_table_ids) is bool(configuration.alb.vpc_id)
    assert warnings_about(configuration) == ()


def test_many_new_ones_are_public_and_private_mixed() -> None:
    configuration = sample("many-new")
    modes = {each.web_server_access_mode for each in configuration.new_environments}
    assert modes == {"PUBLIC_ONLY", "PRIVATE_ONLY", "PUBLIC_AND_PRIVATE"}
    versions = {e.airflow_version[0] for e in configuration.new_environments if e.ui_host}
    assert versions == {"2", "3"}
    assert configuration.alb.internet_facing
    assert {grant.principal.split(":")[0] for grant in configuration.grants} == {"user", "group"}
    assert any(grant.expires for grant in configuration.grants)
    assert len(warnings_about(configuration)) == 1
    assert all("more than the quota of 5" in warning for warning in warnings_about(configuration))


def test_lineage_goes_to_every_catalogue() -> None:
    ingest, forecasting, reporting = sample("catalogues").new_environments
    assert ingest.lineage
    assert forecasting.lineage
    assert reporting.lineage
    for lineage in (ingest.lineage, forecasting.lineage, reporting.lineage):
        assert lineage.token_cache_seconds == 120
    assert {each.provider for each in forecasting.lineage.catalogues} == set(PROVIDERS)
    assert [each.provider for each in reporting.lineage.catalogues] == ["OpenMetadata"]
    assert ingest.lineage.preflight
    assert not reporting.lineage.preflight
    legacy, *others = sample("catalogues").existing_environments
    assert legacy.lineage is not None
    assert legacy.lineage.connection == "legacy"
    assert legacy.requirements == ROOT / "samples" / "team" / "requirements.txt"
    assert all(other.lineage for other in others)


def test_a_team_ships_files_of_its_own() -> None:
    reporting, regulated = sample("team-files").new_environments
    assert reporting.dags == ROOT / "samples" / "team" / "dags"
    assert reporting.secrets_backend is not None
    assert reporting.secrets_backend.config_prefix == "reporting/config"
    assert regulated.secrets_backend == SecretsBackend.model_validate({"Service": "ParameterStore"})
    assert regulated.wheels == ROOT / "samples" / "team" / "wheels"


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value:  # type: ignore[attr-defined]
        if isinstance(inner, dict | list):
            yield from _keys(inner)


@pytest.mark.parametrize(
    "section", [LineageSettings, SecretsBackend, ExistingEnvironment, *PROVIDERS.values()]
)
def test_every_key_of_lineage_and_of_teams_stands_in_a_sample(section: type[Section]) -> None:
    used = {key for path in SAMPLES for key in _keys(json.loads(path.read_text()))}
    assert {str(field.alias) for field in section.model_fields.values()} <= used


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_is_right(path: Path) -> None:
    assert load_configuration(path).app_name


def test_the_file_that_people_edit_lacks_nothing_but_its_placeholders() -> None:
    with pytest.raises(InputError) as caught:
        load_configuration(ROOT / "cdk.context.json")
    assert {mistake.path for mistake in caught.value.findings} == {
        "Oidc.Issuer",
        "Oidc.ClientId",
        "Oidc.ClientSecretArn",
        "Oidc.AuthorizationEndpoint",
        "Oidc.TokenEndpoint",
        "Oidc.UserInfoEndpoint",
        "Alb.CertificateArn",
        "Lineage.Url",
    }
    assert all(mistake.message.startswith("Not filled in yet") for mistake in caught.value.findings)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_schema_accepts_every_sample(path: Path) -> None:
    validator = jsonschema.Draft202012Validator(schema.build())
    assert [error.message for error in validator.iter_errors(json.loads(path.read_text()))] == []


@pytest.mark.parametrize(
    "keys",
    [
        {"EnviromentClass": "mw1.small"},
        {"EnvironmentClass": "mw1.mirco"},
        {"MaxWorkers": "16"},
        {"SourceBucketArn": "..."},
        {"Lineage": True},
        {"Lineage": {"Provider": "Atlas"}},
        {"Lineage": {"Provider": "Atlan", "Url": "example.atlan.com"}},
        {"Lineage": {"Provider": "Atlan", "DomainId": "dzd-0123456789abc"}},
        {"Lineage": {"Provider": "Marquez", "Authentication": "ApiKey"}},
        {"Lineage": {"Provider": "Marquez", "Url": "https://marquez.example.com/api"}},
        {"Lineage": {"Catalogues": []}},
        {"Lineage": {"Catalogues": [{"Provider": "Atlan"}]}},
        {"Lineage": {"Catalogues": [DATAZONE], "Provider": "Atlan"}},
        {"SecretsBackend": {"VariablesPrefix": "*"}},
        {"UiHost": "https://analytics.example.com"},
    ],
)
def test_the_schema_refuses_what_the_model_refuses(keys: dict[str, object]) -> None:
    raw = with_environment(**keys)
    assert not jsonschema.Draft202012Validator(schema.build()).is_valid(raw)


@pytest.mark.parametrize(
    "lineage",
    [
        False,
        LINEAGE,
        {"Catalogues": [LINEAGE, DATAZONE, MARQUEZ], "Connection": "gold"},
        {"TokenSecretArn": SECRET},
        {"Url": "https://example.com/team/"},
        {},
    ],
)
def test_the_schema_takes_both_spellings_whole_or_in_part(lineage: object) -> None:
    raw = with_environment(Lineage=lineage)
    assert jsonschema.Draft202012Validator(schema.build()).is_valid(raw)


@pytest.mark.parametrize(
    ("keys", "right"),
    [
        ({}, True),
        ({"SecurityGroupId": "", "MwaaEndpointIps": []}, True),
        ({"VpcId": "..."}, False),
        ({"SubnetIds": ["subnet-0123456789abcdef0"]}, False),
        ({"RbacRoleName": "viewer"}, False),
    ],
)
def test_the_schema_takes_quick_start_filled_or_not_at_all(
    keys: dict[str, object], right: bool
) -> None:
    raw = draft(QuickStart={**QUICK_START, **keys})
    assert jsonschema.Draft202012Validator(schema.build()).is_valid(raw) is right


def test_the_schema_is_current() -> None:
    assert schema.FILE.read_text() == schema.render(), "run: python -m config.reference"


def test_the_reference_is_current() -> None:
    assert reference.FILE.read_text() == reference.render(), "run: python -m config.reference"
    assert changes.FILE.read_text() == changes.render(), "run: python -m config.reference"
