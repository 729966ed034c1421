"""The files that an Astro project gets."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.local_airflow.settings import LOOKUP_PATTERN as LAPTOP_LOOKUP_PATTERN
from config.secrets_backend import LOOKUP_PATTERN
from tests.unit.cli.local_airflow.developer import KEYS, ROLE, SSO, SSO_SESSION, Developer

AIRFLOW_2, AIRFLOW_3 = "2.10.3", "3.3.1"
SERVICES = {
    AIRFLOW_2: {"scheduler", "webserver", "triggerer"},
    AIRFLOW_3: {"scheduler", "api-server", "triggerer", "dag-processor"},
}
HOMES = {"linux": "${HOME}", "macos": "${HOME}", "windows": "${USERPROFILE}"}


@pytest.mark.parametrize("version", SERVICES)
@pytest.mark.parametrize("platform", HOMES)
def test_every_service_has_the_profile_and_cannot_change_it(
    developer: Developer, version: str, platform: str
) -> None:
    developer.has_environment(version)
    assert developer.exports("--platform", platform).status == 0
    services = developer.compose["services"]
    assert services.keys() == SERVICES[version]
    for service in services.values():
        [mount] = service["volumes"]
        assert mount == {
            "type": "bind",
            "source": f"{HOMES[platform]}/.aws",
            "target": "/home/astro/.aws",
            "read_only": True,
            "bind": {"create_host_path": False},
        }


@pytest.mark.parametrize("version", SERVICES)
def test_airflow_looks_below_the_environments_prefixes_in_its_region_as_the_developer(
    developer: Developer, version: str
) -> None:
    developer.has_environment(version)
    developer.exports("--region", "ap-south-1")
    variables = developer.variables
    kwargs = json.loads(variables.pop("AIRFLOW__SECRETS__BACKEND_KWARGS") or "")
    assert kwargs["connections_prefix"] == "team/connections"
    assert kwargs["variables_prefix"] == "team/variables"
    assert kwargs["region_name"] == "ap-south-1"
    assert "role_arn" not in kwargs
    assert variables == {
        "AWS_PROFILE": "work",
        "AWS_CONFIG_FILE": "/home/astro/.aws/config",
        "AWS_SHARED_CREDENTIALS_FILE": "/home/astro/.aws/credentials",
        "AWS_DEFAULT_REGION": "ap-south-1",
        "MWAA_PLATFORM_ACCOUNT": "111122223333",
        "AIRFLOW__SECRETS__BACKEND": (
            "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"
        ),
    }


@pytest.mark.parametrize(
    "name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_PROFILE"]
)
def test_what_comes_before_the_profile_is_named_and_not_shown(
    developer: Developer, name: str
) -> None:
    developer.has_environment(AIRFLOW_3)
    (developer.project / ".env").write_text(f"{name}=canary-51\n")
    done = developer.exports()
    assert f"It sets {name}, which comes before the profile" in done.said
    assert "canary" not in done.said
    (developer.project / ".env").write_text(f"{name}=\n")
    assert "comes before" not in developer.exports().said


def test_a_prefix_for_configuration_values_comes_along(developer: Developer) -> None:
    developer.has_environment(AIRFLOW_3, SecretsBackend={"ConfigPrefix": "team/config"})
    developer.exports()
    kwargs = json.loads(developer.variables["AIRFLOW__SECRETS__BACKEND_KWARGS"] or "")
    assert kwargs["config_prefix"] == "team/config"
    assert kwargs["connections_prefix"] == "airflow/connections"


@pytest.mark.parametrize(
    "profiles",
    [
        {"profile work": SSO},
        {"profile work": {"role_arn": ROLE, "source_profile": "base"}, "profile base": SSO},
    ],
    ids=["its own", "of the profile that it assumes a role from"],
)
def test_a_sign_in_that_is_renewed_can_be_written_and_nothing_else(
    developer: Developer, profiles: dict[str, dict[str, str]]
) -> None:
    developer.has_environment(AIRFLOW_3)
    developer.has_profiles({**profiles, "sso-session company": SSO_SESSION})
    developer.exports("--region", "eu-west-1")
    for service in developer.compose["services"].values():
        writable = [each["target"] for each in service["volumes"] if not each.get("read_only")]
        assert writable == ["/home/astro/.aws/sso/cache"]


@pytest.mark.parametrize("to", ["astro", "aws-mwaa"])
def test_no_file_holds_a_key(developer: Developer, to: str) -> None:
    developer.has_environment(AIRFLOW_3)
    developer.exports(to=to)
    written = [file.read_bytes() for file in developer.project.rglob("*") if file.is_file()]
    assert written
    assert not [file for file in written if b"canary" in file]


def test_nothing_needs_quotes_or_is_expanded_by_a_tool(developer: Developer) -> None:
    """`docker run --env-file` takes values as they stand; Docker Compose and others expand `$`."""
    developer.has_environment(AIRFLOW_3)
    developer.exports()
    lines = [line for line in developer.read(".env").splitlines() if not line.startswith("#")]
    assert dict(line.split("=", 1) for line in lines) == developer.variables
    assert "$" not in developer.read(".env")


@settings(deadline=None)
@given(name=st.text() | st.sampled_from(["aws_default", "AWS_Default", "aws_default_2", "my_aws"]))
def test_the_same_connections_are_looked_up_as_on_mwaa(name: str) -> None:
    one_line = name.replace("\n", "")
    ours, mwaas = (
        bool(re.match(pattern, one_line, re.IGNORECASE))
        for pattern in (LAPTOP_LOOKUP_PATTERN, LOOKUP_PATTERN)
    )
    assert ours is mwaas


@pytest.mark.parametrize(
    ("environment", "profile", "asked", "region"),
    [
        ({}, KEYS, (), "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "us-east-2"}, KEYS, (), "us-east-2"),
        ({"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-east-2"}, KEYS, (), "us-west-2"),
        ({"AWS_REGION": "us-west-2"}, KEYS, ("--region", "eu-north-1"), "eu-north-1"),
    ],
)
def test_the_region_is_the_one_named_or_the_usual_one(
    developer: Developer,
    environment: dict[str, str],
    profile: dict[str, str],
    asked: tuple[str, ...],
    region: str,
) -> None:
    developer.has_environment(AIRFLOW_3)
    developer.has_profiles({"profile work": profile})
    for name, value in environment.items():
        developer.terminal.monkeypatch.setenv(name, value)
    developer.exports(*asked)
    assert developer.variables["AWS_DEFAULT_REGION"] == region


def test_the_profile_is_the_one_named_or_the_usual_one(developer: Developer) -> None:
    developer.has_environment(AIRFLOW_3)
    developer.exports("--region", "eu-west-1", profile="")
    assert developer.variables["AWS_PROFILE"] == "default"
    (developer.project / ".env").unlink()
    developer.terminal.monkeypatch.setenv("AWS_PROFILE", "work")
    developer.exports(profile="")
    assert developer.variables["AWS_PROFILE"] == "work"
