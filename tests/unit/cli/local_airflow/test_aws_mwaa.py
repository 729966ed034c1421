"""The files that a version's folder of AWS's own images gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.local_airflow.developer import Developer

LINEAGE = {"Provider": "Atlan", "Url": "https://example.atlan.com"}
VERSIONS = ["2.9.2", "2.10.3", "3.3.1"]


@pytest.fixture
def startup(tmp_path: Path) -> Path:
    (script := tmp_path / "startup.sh").write_text("export STAGE=test\n")
    return script


@pytest.mark.parametrize("version", VERSIONS)
def test_every_service_reads_with_the_profile_in_place_of_keys_and_sends_no_lineage(
    developer: Developer, version: str
) -> None:
    developer.has_environment(version, Lineage=LINEAGE)
    assert developer.exports("--region", "ap-south-1", to="aws-mwaa").status == 0
    services = developer.compose["services"]
    assert services.keys() == {"scheduler", "worker", "webserver", "spy"}
    for service in services.values():
        [mount] = service["volumes"]
        assert (mount["target"], mount["read_only"]) == ("/usr/local/airflow/.aws", True)
        variables = service["environment"]
        options = json.loads(variables.pop("MWAA__CORE__CUSTOM_AIRFLOW_CONFIGS"))
        assert variables == {
            "AWS_ACCESS_KEY_ID": "",
            "AWS_SECRET_ACCESS_KEY": "",
            "AWS_SESSION_TOKEN": "",
            "AWS_PROFILE": "work",
            "AWS_CONFIG_FILE": "/usr/local/airflow/.aws/config",
            "AWS_SHARED_CREDENTIALS_FILE": "/usr/local/airflow/.aws/credentials",
            "AWS_REGION": "ap-south-1",
            "AWS_DEFAULT_REGION": "ap-south-1",
            "MWAA_PLATFORM_ACCOUNT": "111122223333",
        }
        kwargs = json.loads(options["AIRFLOW__SECRETS__BACKEND_KWARGS"])
        assert kwargs["variables_prefix"] == "team/variables"
        assert options["AIRFLOW__OPENLINEAGE__DISABLED"] == "True"


def test_it_has_what_the_environment_ships(developer: Developer, startup: Path) -> None:
    plugins, team = developer.home / "plugins", developer.home / "requirements.txt"
    plugins.mkdir()
    (plugins / "operators.py").write_text("# the team's\n")
    team.write_text("humanize\n")
    developer.has_environment(
        "2.10.3",
        Lineage=LINEAGE,
        Plugins=str(plugins),
        Requirements=str(team),
        StartupScript=str(startup),
    )
    requirements = developer.project / "requirements" / "requirements.txt"
    requirements.parent.mkdir()
    requirements.write_text("# Add your requirements here")  # as AWS ships it

    assert developer.exports(to="aws-mwaa").status == 0
    assert developer.read("plugins/operators.py") == "# the team's\n"
    settings = json.loads(developer.read("plugins/mwaa_platform_lineage.json"))
    assert settings["namespace"] == "analytics"
    lines = requirements.read_text().splitlines()
    assert lines[0] == "# Add your requirements here"
    assert {"apache-airflow-providers-openlineage", "humanize"} <= set(lines)
    assert developer.read("startup/startup.sh") == "export STAGE=test\n"


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_awss_empty_script_gives_way_to_the_environments_as_it_is_deployed(
    developer: Developer, startup: Path, ends: str
) -> None:
    developer.has_environment("3.3.1", StartupScript=str(startup))
    startup.write_bytes(b"export STAGE=test\r\n")
    stub = developer.project / "startup" / "startup.sh"
    stub.parent.mkdir()
    stub.write_text(f"#!/bin/bash{ends}#Add your startup script for testing here", newline="")
    developer.exports(to="aws-mwaa")
    assert stub.read_bytes() == b"export STAGE=test\n"


@pytest.mark.parametrize("environment", ["[AWS_DEFAULT_PROFILE]", "{AWS_DEFAULT_PROFILE: other}"])
def test_what_comes_before_the_profile_in_a_compose_file_is_named(
    developer: Developer, environment: str
) -> None:
    developer.has_environment("3.3.1")
    override = developer.project / "docker-compose.override.yml"
    override.write_text(
        f"services:\n  scheduler:\n    image: own\n    environment: {environment}\n"
    )
    assert "AWS_DEFAULT_PROFILE, which comes before" in developer.exports(to="astro").said


def test_files_of_the_same_names_stay(developer: Developer, startup: Path) -> None:
    developer.has_environment("2.10.3", Lineage=LINEAGE, StartupScript=str(startup))
    mine = ["plugins/mwaa_platform_lineage.json", "startup/startup.sh"]
    for name in mine:
        (developer.project / name).parent.mkdir()
        (developer.project / name).write_text("mine")
    said = developer.exports(to="aws-mwaa").said
    assert [developer.read(name) for name in mine] == ["mine", "mine"]
    assert "plugins/mwaa_platform_lineage.json: The environment has another file" in said
    assert f"The environment's own is {startup}" in said


def test_an_environment_without_a_startup_script_leaves_the_one_that_is_there(
    developer: Developer,
) -> None:
    developer.has_environment("2.10.3")
    (script := developer.project / "startup" / "startup.sh").parent.mkdir()
    script.write_text("mine")
    assert "startup.sh" not in developer.exports(to="aws-mwaa").said
    assert script.read_text() == "mine"


def test_the_override_that_docker_compose_reads_is_the_one_that_is_extended(
    developer: Developer,
) -> None:
    developer.has_environment("3.3.1")
    (there := developer.project / "compose.override.yaml").write_text("x-mine: 1\n")
    developer.exports(to="aws-mwaa")
    assert there.read_text().startswith("x-mine: 1\nservices:\n")
    assert not (developer.project / "docker-compose.override.yml").exists()


def test_a_version_without_such_an_image_is_refused(developer: Developer) -> None:
    developer.has_environment("2.8.1")
    done = developer.exports(to="aws-mwaa")
    assert done.status == 1
    assert "begin with Airflow 2.9.2" in done.said
    assert list(developer.project.iterdir()) == []
    assert developer.exports().status == 0
