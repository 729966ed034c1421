"""Error messages of `local-airflow export`."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.local_airflow.developer import KEYS, PREFIXES, ROLE, Developer
from tests.unit.config.configurations import draft


def test_an_environment_without_a_secrets_backend(developer: Developer) -> None:
    developer.has_environment("3.3.1", SecretsBackend=None)
    done = developer.exports()
    assert done.status == 1
    assert '"SecretsBackend": {}' in done.said
    assert list(developer.project.iterdir()) == []


def test_an_existing_environment_and_one_that_is_not_there(developer: Developer) -> None:
    developer.configuration.write_text(
        json.dumps(draft(MwaaEnvironments=[{"Name": "analytics"}, {"Name": "reporting"}]))
    )
    assert "was not made by the platform" in developer.exports().said
    assert "Did you mean reporting?" in developer.exports("-e", "report").said
    assert "It has: analytics, reporting." in developer.exports("-e", "xyz").said


def test_no_region_anywhere(developer: Developer) -> None:
    developer.has_environment("3.3.1")
    developer.has_profiles({"profile work": {"output": "json"}})
    done = developer.exports()
    assert done.status == 1
    assert "--region eu-west-1" in done.said


@pytest.mark.parametrize(
    ("settings", "warning"),
    [
        ({"credential_process": "company-login"}, "a program of this machine"),
        ({"login_session": "arn:aws:iam::111122223333:user/ada"}, "aws configure sso"),
        ({"mfa_serial": "arn:aws:iam::111122223333:mfa/ada"}, "nobody can type one"),
        ({"credential_source": "Ec2InstanceMetadata"}, "the containers have none"),
    ],
)
def test_a_profile_that_containers_cannot_use(
    developer: Developer, settings: dict[str, str], warning: str
) -> None:
    developer.has_environment("3.3.1")
    developer.has_profiles({"profile work": {"region": "eu-west-1", **settings}})
    done = developer.exports()
    assert done.status == 0
    assert warning in done.said
    # Where it takes its credentials from counts as well.
    assumes = {"region": "eu-west-1", "role_arn": ROLE, "source_profile": "base"}
    developer.has_profiles({"profile work": assumes, "profile base": settings})
    assert warning in developer.exports().said


def test_a_profile_of_another_machine(developer: Developer) -> None:
    developer.has_environment("3.3.1")
    done = developer.exports("--region", "eu-west-1", "--platform", "windows", profile="theirs")
    assert done.status == 0
    assert "no profile theirs on this machine" in done.said
    assert developer.variables["AWS_PROFILE"] == "theirs"


@pytest.mark.parametrize("name", ["it's", "a b", "$HOME", "a\nb"])
def test_a_profile_whose_name_a_tool_would_change(developer: Developer, name: str) -> None:
    developer.has_environment("3.3.1")
    developer.has_profiles({"profile work": KEYS})
    done = developer.exports(profile=name)
    assert done.status == 1
    assert "not read alike" in done.said


def test_a_folder_that_cannot_be_written(developer: Developer) -> None:
    developer.has_environment("3.3.1")
    developer.project.rmdir()
    developer.project.write_text("a file")
    done = developer.exports()
    assert done.status == 1
    assert "Check --output" in done.said


def test_a_file_that_is_no_text(developer: Developer) -> None:
    developer.has_environment("3.3.1")
    (env := developer.project / ".env").write_bytes(b"\xff\xfe")
    done = developer.exports()
    assert done.status == 1
    assert "not text in UTF-8" in done.said
    assert list(developer.project.iterdir()) == [env]


def has_existing(developer: Developer, **keys: object) -> None:
    facts = {
        "VpcId": "vpc-0123456789abcdef0",
        "VpcCIDR": "10.40.0.0/16",
        "SecretsBackend": PREFIXES,
    }
    entry = {"Name": "analytics", "Existing": facts, **keys}
    developer.configuration.write_text(json.dumps(draft(MwaaEnvironments=[entry])))


def test_an_existing_environment_whose_version_is_not_known(developer: Developer) -> None:
    has_existing(developer)
    done = developer.exports()
    assert done.status == 2
    assert "Give AirflowVersion." in done.said
    assert list(developer.project.iterdir()) == []


@pytest.mark.parametrize("to", ["astro", "aws-mwaa"])
def test_an_existing_environment_that_says_where_its_secrets_are(
    developer: Developer, to: str
) -> None:
    has_existing(developer, AirflowVersion="2.10.3")
    assert developer.exports(to=to).status == 0
    written = "".join(
        path.read_text()
        for path in developer.project.rglob("*")
        if path.suffix in {"", ".yml"} and path.is_file()
    )
    for prefix in PREFIXES.values():
        assert prefix in written
