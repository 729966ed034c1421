"""Which OpenMetadata each Airflow version can send lineage to, and what is said of the others."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from mwaa.versions import AIRFLOW_VERSIONS
from tests.openmetadata.pins import PAIRS, Pair
from tests.openmetadata.survey import AIRFLOWS, LINES, shown
from tests.unit.config.configurations import SECRET, draft, mistakes_in, with_environment, words

AT = "MwaaEnvironments[0].Lineage"
VERSION = f"{AT}.Version"
GOOGLE = {"Authentication": "Google", "TokenSecretArn": SECRET}
ENDED = "environments that exist on Airflow 2.5.1, 2.6.3"


def sending(airflow: str, openmetadata: str, **keys: Any) -> dict[str, Any]:
    """An environment of this Airflow, which exists already where MWAA has ended it."""
    lineage = {
        "Provider": "OpenMetadata",
        "Url": "https://openmetadata.example.com:8585",
        "Version": openmetadata,
        **keys,
    }
    if AIRFLOW_VERSIONS[airflow].creatable:
        return with_environment(AirflowVersion=airflow, Lineage=lineage)
    lineage = {"TokenSecretArn": SECRET, **lineage}
    return draft(
        MwaaEnvironments=[{"Name": "legacy", "AirflowVersion": airflow, "Lineage": lineage}]
    )


def test_the_document_shows_every_airflow_and_every_line() -> None:
    assert {*shown()} == {*product(LINES, AIRFLOWS)}


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_what_the_tests_run_with_the_real_client_is_accepted(pair: Pair) -> None:
    assert not mistakes_in(sending(*pair))


@pytest.mark.parametrize("airflow", AIRFLOWS)
def test_what_cannot_be_installed_is_refused_and_nothing_else(airflow: str) -> None:
    installed = {line for line in LINES if shown()[line, airflow]}
    accepted = {line for line in LINES if not mistakes_in(sending(airflow, f"{line}.4"))}
    assert accepted == installed


@pytest.mark.parametrize(
    ("airflow", "openmetadata", "reason", "hints"),
    [
        (
            "2.11.0",
            "1.12.4",
            "OpenMetadata 1.12.4 cannot be installed beside Airflow 2.11.0",
            [
                "Airflow 2.11.0 goes with no OpenMetadata by the backend",
                "OpenMetadata 1.12.4 with Airflow 2.9.2, 2.10.1, 2.10.3, 2.11.2",
                '"Provider": "OpenLineage" with "Endpoint": "api/v1/openlineage/lineage"',
            ],
        ),
        (
            "2.11.2",
            "1.9.17",
            "OpenMetadata 1.9.17 cannot be installed beside Airflow 2.11.2",
            ["with OpenMetadata 1.10.3 to 1.12 by the backend", "Airflow 2.9.2, 2.10.1, 2.10.3"],
        ),
        (
            "2.11.2",
            "1.10.2",
            "OpenMetadata 1.10.2 cannot be installed",
            ["with OpenMetadata 1.10.3 to 1.12", "1.10.2 with Airflow 2.9.2, 2.10.1, 2.10.3."],
        ),
        (
            "2.9.2",
            "1.3.4",
            "OpenMetadata 1.3.4 cannot be installed beside Airflow 2.9.2",
            ["OpenMetadata 1.4 to 1.12", f"OpenMetadata 1.3.4 with Airflow 2.7.2 and {ENDED}"],
        ),
        (
            "2.7.2",
            "1.1.7",
            "OpenMetadata 1.1.7 does not run on Python 3.11, which MWAA has with Airflow 2.7.2",
            ["with OpenMetadata 1.3 to 1.4", f"OpenMetadata 1.1.7 with {ENDED}"],
        ),
        ("2.11.2", "1.2.5", "Python 3.12", [f"OpenMetadata 1.2.5 with {ENDED}"]),
        ("2.6.3", "1.5.0", "cannot be installed", ["1.0 to 1.4", "1.5.0 with Airflow 2.9.2"]),
        ("3.0.6", "1.1.7", "no lineage backends", ["to 1.12;", f"1.1.7 with {ENDED}"]),
        ("3.0.6", "1.11.14", "no lineage backends", ["to 1.12;", "1.11.14 with Airflow 2.9.2"]),
    ],
)
def test_both_sides_and_what_goes_together_are_named(
    airflow: str, openmetadata: str, reason: str, hints: list[str]
) -> None:
    said, advised = words(sending(airflow, openmetadata), VERSION)
    assert reason in said
    for hint in hints:
        assert hint in advised


@pytest.mark.parametrize(
    ("airflow", "openmetadata"), [("2.11.2", "1.13.6"), ("2.8.1", "1.13.6"), ("3.3.1", "1.12.4")]
)
def test_events_carry_no_service(airflow: str, openmetadata: str) -> None:
    assert not mistakes_in(sending(airflow, openmetadata))
    raw = sending(airflow, openmetadata, ServiceName="airflow")
    reason, hint = words(raw, f"{AT}.ServiceName")
    assert f"with OpenMetadata {openmetadata} on Airflow {airflow}" in reason
    assert hint == "Take it out."


def test_an_old_openmetadata_is_entered_from_an_old_environment_by_any_of_its_ways() -> None:
    for version in ("2.5.1", "2.6.3"):
        assert not mistakes_in(sending(version, "1.1.7", **GOOGLE))
    assert ENDED in words(sending("2.7.2", "1.1.7", **GOOGLE), VERSION)[1]
