"""Findings of `doctor` about lineage, and about what only the logs of an environment say."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests import loopback
from tests.unit.cli.doctor.conftest import NEW, Doctor
from tests.unit.cli.doctor.fake_aws import CLIENT_SECRET, FakeAws

SECRET = "arn:aws:secretsmanager:{region}:111122223333:secret:token-AbCdEf"
ENV, UI = "mwaa-platform-Env-fore-casting-376318", "mwaa-platform-Ui-fore-casting-376318"
REQUIREMENTS = "airflow-fore_casting-Webserver"


@pytest.fixture
def catalogue() -> Iterator[str]:
    """The address of a catalogue that answers."""
    with loopback.serving(loopback.Server(lambda _: loopback.Response(200, b"{}"))) as server:
        yield server.url


def entry(url: str, *, region: str = "us-east-1", **lineage: object) -> dict[str, object]:
    settings = {
        "Provider": "Marquez",
        "Url": url,
        "TokenSecretArn": SECRET.format(region=region),
    } | {"Authentication": "Token"}
    return {**NEW, "Lineage": {**settings, **lineage}}


def wrong(doctor: Doctor, environment: dict[str, object]) -> dict[str, str]:
    """What is wrong, by its kind."""
    found = json.loads(doctor("--json", MwaaEnvironments=[environment]).out)
    return {each["code"]: each["wrong"] for each in found if each["wrong"]}


@pytest.mark.usefixtures("aws")
def test_all_is_well(doctor: Doctor, catalogue: str) -> None:
    looked = doctor(MwaaEnvironments=[entry(catalogue)])
    assert looked.status == 0, looked.said
    for subject in ("Lineage of", "Lineage plugin of", "Lineage events of", "Requirements of"):
        assert f"✓ {subject} fore_casting" in looked.said


def test_a_secret_without_a_token_before_the_environment_and_after(
    aws: FakeAws, doctor: Doctor, catalogue: str
) -> None:
    aws.client_secret = None
    after = doctor.codes(MwaaEnvironments=[entry(catalogue)])
    assert "lineage-broken" in after
    del aws.stacks[ENV], aws.stacks[UI]
    before = doctor.codes("--before", MwaaEnvironments=[entry(catalogue)])
    assert "lineage-broken" in before
    aws.client_secret = CLIENT_SECRET
    assert doctor.codes("--before", MwaaEnvironments=[entry(catalogue)]) == []


def test_a_secret_that_the_stack_will_make_is_not_asked_for(aws: FakeAws, doctor: Doctor) -> None:
    del aws.stacks[ENV], aws.stacks[UI]
    environment = {**NEW, "Lineage": {"Provider": "Atlan", "Url": "https://catalogue.invalid"}}
    assert doctor.codes("--before", MwaaEnvironments=[environment]) == []


def test_a_catalogue_that_refuses_the_token(aws: FakeAws, doctor: Doctor) -> None:
    refuses = loopback.Server(lambda _: loopback.Response(401))
    with loopback.serving(refuses) as server:
        found = wrong(doctor, entry(server.url))
    assert "401" in found["lineage-broken"]
    assert aws.client_secret


def test_a_region_that_does_not_answer_is_one_line(
    aws: FakeAws, doctor: Doctor, catalogue: str
) -> None:
    aws.closed_regions = {"eu-west-1"}
    looked = doctor(MwaaEnvironments=[entry(catalogue, region="eu-west-1")])
    assert "AWS does not accept your credentials (UnrecognizedClientException)." in looked.said
    assert "1 of " in looked.said
    assert "✓ Airflow of fore_casting" in looked.said


def test_a_plugin_that_is_not_loaded(aws: FakeAws, doctor: Doctor, catalogue: str) -> None:
    aws.plugins = ["another"]
    found = wrong(doctor, entry(catalogue))
    assert found == {
        "lineage-plugin-missing": "mwaa_platform_lineage of plugins.zip is not loaded, so no "
        "lineage is sent."
    }


def test_a_role_that_may_not_list_plugins_is_no_fault(
    aws: FakeAws, doctor: Doctor, catalogue: str
) -> None:
    aws.plugins = None
    looked = doctor(MwaaEnvironments=[entry(catalogue)])
    assert looked.status == 0
    assert "- Lineage plugin of fore_casting" in looked.said


@pytest.mark.parametrize(
    "line",
    [
        "ERROR - Lineage is off: mwaa_platform_lineage.json cannot be used (KeyError: 'airflow').",
        "marquez: no token. Events are not sent until there is one.",
        "WARNING - Failed to emit OpenLineage event of id 3b452093",
    ],
)
@pytest.mark.parametrize("module", ["Task", "Scheduler"])
def test_events_that_were_lost(
    module: str, line: str, aws: FakeAws, doctor: Doctor, catalogue: str
) -> None:
    aws.lines = {f"airflow-fore_casting-{module}": [line, "INFO - Task exited"]}
    found = wrong(doctor, entry(catalogue))
    assert found == {"lineage-events-lost": f"Some were not sent: {line}"}


def test_requirements_that_were_not_installed(aws: FakeAws, doctor: Doctor) -> None:
    aws.lines = {
        REQUIREMENTS: [
            "Collecting pandas==9.9",
            "ERROR: Could not find a version that satisfies the requirement pandas==9.9",
            f"ERROR: https://ada:{CLIENT_SECRET}@packages.example.com/simple refused",
            "ERROR: No matching distribution found for pandas==9.9",
            "ERROR: Exception",
        ]
    }
    looked = doctor()
    assert looked.status == 1
    assert "✗ Requirements of fore_casting pip failed, so packages are missing: ERROR: Could" in (
        looked.said
    )
    assert "; …" in looked.said
    assert CLIENT_SECRET not in looked.said
    assert f"aws logs tail {REQUIREMENTS} --since 7d" in looked.said
    assert doctor.codes() == ["requirements-not-installed"]


def test_a_log_of_which_not_all_is_read_is_not_said_to_be_well(
    aws: FakeAws, doctor: Doctor
) -> None:
    aws.endless = {REQUIREMENTS}
    looked = doctor()
    assert looked.status == 0
    assert "- Requirements of fore_casting" in looked.said
    assert "All is well" not in looked.said


def test_a_conflict_of_what_was_there_is_no_failure(aws: FakeAws, doctor: Doctor) -> None:
    aws.lines = {
        REQUIREMENTS: [
            "ERROR: pip's dependency resolver does not currently take into account all the packages"
        ]
    }
    assert doctor().status == 0


def test_an_environment_without_that_log_is_not_tried(aws: FakeAws, doctor: Doctor) -> None:
    aws.lines = {REQUIREMENTS: None}
    assert "- Requirements of fore_casting there is no log airflow-fore_casting-Webserver" in (
        doctor().said
    )
    aws.described = {"LoggingConfiguration": {}}
    looked = doctor()
    assert looked.status == 0
    assert "- Requirements of fore_casting it writes no such log" in looked.said
