"""What each Airflow version can send lineage to, and what it says of what it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.config.configurations import (
    DATAZONE,
    LINEAGE,
    MARQUEZ,
    SECRET,
    draft,
    mistakes_in,
    parse,
    two,
    warnings_about,
    with_environment,
    words,
)

AT = "MwaaEnvironments[0].Lineage"
OPENMETADATA = {
    "Provider": "OpenMetadata",
    "Url": "http://openmetadata.internal:8585",
    "Version": "1.12.4",
}
OTHER_OPENMETADATA = {**OPENMETADATA, "Url": "https://other.example.com"}
BOTH = [LINEAGE, MARQUEZ]


def existing(version: str | None = "2.6.3", **lineage: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"Name": "legacy", "Lineage": lineage}
    return draft(MwaaEnvironments=[{**entry, "AirflowVersion": version} if version else entry])


def new(version: str, lineage: dict[str, Any]) -> dict[str, Any]:
    return with_environment(AirflowVersion=version, Lineage=lineage)


@pytest.mark.parametrize(
    ("version", "catalogues"),
    [
        ("2.7.2", [LINEAGE]),
        ("2.8.1", [MARQUEZ]),
        ("2.9.2", [MARQUEZ, OPENMETADATA]),
        ("2.10.1", [*BOTH, OPENMETADATA]),
        ("2.11.0", [*BOTH, DATAZONE]),
        ("3.0.6", [*BOTH, DATAZONE, OPENMETADATA]),
        ("3.3.1", [OPENMETADATA]),
    ],
)
def test_what_a_version_can(version: str, catalogues: list[dict[str, Any]]) -> None:
    assert not mistakes_in(new(version, {"Catalogues": catalogues}))


@pytest.mark.parametrize(
    ("version", "catalogues", "at", "reason", "hint"),
    [
        ("2.10.3", [DATAZONE], "Catalogues[0].Provider", "needs Airflow 2.11.0", "newer"),
        ("2.9.2", BOTH, "Catalogues[1]", "need Airflow 2.10.1", "newer"),
        (
            "2.11.2",
            [OPENMETADATA, OTHER_OPENMETADATA],
            "Catalogues[1]",
            "one lineage backend",
            "Airflow 3",
        ),
    ],
)
def test_what_a_version_cannot(
    version: str, catalogues: list[dict[str, Any]], at: str, reason: str, hint: str
) -> None:
    said, advised = words(new(version, {"Catalogues": catalogues}), f"{AT}.{at}")
    assert reason in said
    assert hint in advised


def test_everything_that_a_version_cannot_is_named_at_once() -> None:
    raw = new("2.9.2", {"Catalogues": [*BOTH, DATAZONE, OPENMETADATA, OTHER_OPENMETADATA]})
    assert set(mistakes_in(raw)) == {
        f"{AT}.Catalogues[1]",
        f"{AT}.Catalogues[2].Provider",
        f"{AT}.Catalogues[4]",
    }


def test_what_one_environment_cannot_is_said_of_it_and_not_of_the_files_lineage() -> None:
    environments = ({"AirflowVersion": "2.9.2"}, {"AirflowVersion": "3.3.1"})
    listed = two(*environments, Lineage={"Catalogues": BOTH})
    assert list(mistakes_in(listed)) == ["MwaaEnvironments[0].Lineage"]
    alone = two(*environments, Lineage=DATAZONE)
    assert list(mistakes_in(alone)) == ["MwaaEnvironments[0].Lineage.Provider"]


def test_below_2_5_there_is_no_lineage() -> None:
    reason, _ = words(existing("2.4.3", **LINEAGE, TokenSecretArn=SECRET), AT)
    assert reason == "Lineage needs Airflow 2.5 or newer."


@pytest.mark.parametrize("version", ["2.5.1", "2.6.3", "3.3.1"])
def test_an_environment_that_exists_can_have_lineage(version: str) -> None:
    configuration = parse(existing(version, **LINEAGE, TokenSecretArn=SECRET))
    (legacy,) = configuration.existing_environments
    assert configuration.new_environments == ()
    assert legacy.lineage is not None
    assert legacy.lineage.connection == "legacy"
    (warning,) = warnings_about(configuration)
    assert "./mwaa-platform lineage build --environment legacy" in warning


def test_an_environment_that_exists_takes_over_the_files_lineage_only_if_it_asks() -> None:
    files = {**LINEAGE, "TokenSecretArn": SECRET}
    (asking,) = parse(existing("2.6.3") | {"Lineage": files}).existing_environments
    assert asking.lineage is not None
    silent = draft(MwaaEnvironments=[{"Name": "legacy", "AirflowVersion": "2.6.3"}], Lineage=files)
    assert parse(silent).existing_environments[0].lineage is None


def test_an_environment_that_exists_needs_a_version_and_a_secret() -> None:
    assert "AirflowVersion; or VpcCIDR" in words(existing(None, **LINEAGE), AT)[1]
    assert "holds the token" in words(existing(**LINEAGE), f"{AT}.TokenSecretArn")[0]
    inherited = existing() | {"Lineage": LINEAGE}
    assert "holds the token" in words(inherited, f"{AT}.TokenSecretArn")[0]
    assert not mistakes_in(existing(**MARQUEZ))


def test_before_2_7_there_is_one_catalogue() -> None:
    raw = existing("2.6.3", Catalogues=[MARQUEZ, {**MARQUEZ, "Url": "http://10.0.0.5:5000"}])
    assert "2.10.1" in words(raw, f"{AT}.Catalogues[1]")[0]


def test_files_of_an_environment_that_exists_are_built_for_lineage_only() -> None:
    entry = {"Name": "legacy", "AirflowVersion": "2.6.3", "Plugins": "."}
    raw = draft(MwaaEnvironments=[entry])
    reason, hint = words(raw, "MwaaEnvironments[0].Plugins")
    assert "Nothing is deployed" in reason
    assert "VpcCIDR" in hint
    assert not mistakes_in(draft(MwaaEnvironments=[{**entry, "Lineage": MARQUEZ}]))


def test_one_service_of_openmetadata_belongs_to_one_environment() -> None:
    keys = {"AirflowVersion": "2.11.2"}
    raw = two(keys, keys, Lineage={**OPENMETADATA, "ServiceName": "airflow"})
    assert "ServiceName" in words(raw, "MwaaEnvironments[1].Lineage")[0]
    assert not mistakes_in(two(keys, keys, Lineage=OPENMETADATA))
    at_one_host = {**MARQUEZ, "Url": OPENMETADATA["Url"]}
    named_alike = {**keys, "Lineage": {**OPENMETADATA, "ServiceName": "one"}}
    assert not mistakes_in(two({"Lineage": at_one_host}, named_alike))


@pytest.mark.parametrize(
    ("catalogues", "refused"),
    [
        ([OPENMETADATA], {"lineage.backend"}),
        ([LINEAGE], {"openlineage.namespace"}),
        ([LINEAGE, OPENMETADATA], {"lineage.backend", "openlineage.namespace"}),
    ],
)
def test_the_options_of_each_way_are_lineages_own(
    catalogues: list[dict[str, Any]], refused: set[str]
) -> None:
    options = {"lineage.backend": "x", "openlineage.namespace": "y", "core.parallelism": "8"}
    raw = new("2.10.3", {"Catalogues": catalogues})
    raw["MwaaEnvironments"][0]["ConfigurationOptions"] = options
    reason, _ = words(raw, "MwaaEnvironments[0].ConfigurationOptions")
    assert {option for option in options if option in reason} == refused
