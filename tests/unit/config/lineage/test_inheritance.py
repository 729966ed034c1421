"""How an environment's lineage comes from its own keys and the file's defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.lineage.atlan import Atlan
from config.lineage.datazone import DataZone
from config.lineage.marquez import Marquez
from config.lineage.settings import LineageSettings
from tests.unit.config.configurations import (
    DATAZONE,
    LINEAGE,
    MARQUEZ,
    SECRET,
    draft,
    mistakes_in,
    parse,
    two,
    warnings_of,
    with_environment,
    words,
)


def resolved(raw: dict[str, Any]) -> list[LineageSettings | None]:
    return [environment.lineage for environment in parse(raw).new_environments]


def lineage_of(raw: dict[str, Any]) -> LineageSettings:
    """Of the first new environment, which has one."""
    lineage = resolved(raw)[0]
    assert lineage is not None
    return lineage


def atlan_of(raw: dict[str, Any]) -> Atlan:
    (catalogue,) = lineage_of(raw).catalogues
    assert isinstance(catalogue, Atlan)
    return catalogue


def test_defaults_reach_every_new_environment_and_false_turns_them_off() -> None:
    raw = two({}, {"Lineage": False}, Lineage=LINEAGE)
    lineage, nothing = resolved(raw)
    assert nothing is None
    assert lineage is not None
    assert lineage.connection == "one"
    assert atlan_of(raw).url == "https://example.atlan.com"


def test_an_environments_own_keys_win_one_by_one() -> None:
    own = {"Connection": "Nightly reports", "TokenSecretArn": SECRET, "TokenCacheSeconds": 60}
    defaults = {**LINEAGE, "TokenCacheSeconds": 90, "Preflight": True}
    raw = two({"Lineage": own}, {}, Lineage=defaults)
    lineage = lineage_of(raw)
    assert lineage.connection == "Nightly reports"
    assert (lineage.token_cache_seconds, lineage.preflight) == (60, True)
    assert atlan_of(raw).url == "https://example.atlan.com"
    assert atlan_of(raw).token_secret_arn == SECRET


def test_both_spellings_of_one_catalogue_mean_the_same() -> None:
    flat = lineage_of(with_environment(Lineage=LINEAGE))
    assert lineage_of(with_environment(Lineage={"Catalogues": [LINEAGE]})) == flat
    assert lineage_of({**with_environment(), "Lineage": {"Catalogues": [LINEAGE]}}) == flat


@pytest.mark.parametrize("own", [MARQUEZ, {"Catalogues": [MARQUEZ]}])
@pytest.mark.parametrize("files", [LINEAGE, {"Catalogues": [LINEAGE, DATAZONE]}])
def test_another_catalogue_takes_over_nothing_of_the_files(
    own: dict[str, Any], files: dict[str, Any]
) -> None:
    files = {**files, "TokenCacheSeconds": 90, "Preflight": True}
    lineage = lineage_of(two({"Lineage": own}, {}, Lineage=files))
    (catalogue,) = lineage.catalogues
    assert isinstance(catalogue, Marquez)
    assert catalogue.token_secret_arn is None
    assert (lineage.connection, lineage.token_cache_seconds, lineage.preflight) == ("one", 90, True)


def test_the_files_list_reaches_every_new_environment_whole() -> None:
    files = {"Catalogues": [LINEAGE, DATAZONE]}
    for lineage in resolved(two({}, {"Lineage": {"Connection": "gold"}}, Lineage=files)):
        assert lineage is not None
        assert [type(each) for each in lineage.catalogues] == [Atlan, DataZone]


def test_a_key_of_one_catalogue_cannot_change_the_files_list() -> None:
    own = {"TokenSecretArn": SECRET}
    raw = with_environment(Lineage=own) | {"Lineage": {"Catalogues": [LINEAGE]}}
    reason, hint = words(raw, "MwaaEnvironments[0].Lineage.Provider")
    assert reason == "Missing: the data catalogue."
    assert "Atlan, OpenLineage, Marquez" in hint


def test_a_catalogues_keys_stand_in_its_list_or_in_the_section() -> None:
    both = {"Url": "https://example.atlan.com", "Catalogues": [LINEAGE]}
    for raw, path in (
        (with_environment(Lineage=both), "MwaaEnvironments[0].Lineage.Url"),
        (draft(Lineage=both), "Lineage.Url"),
    ):
        assert words(raw, path)[1] == "Url belongs in an entry of Catalogues."


def test_an_empty_list_is_no_lineage() -> None:
    raw = with_environment(Lineage={"Catalogues": []})
    reason, _ = words(raw, "MwaaEnvironments[0].Lineage.Catalogues")
    assert "must not be empty" in reason


def test_no_environment_has_lineage_unless_it_is_asked_for() -> None:
    assert resolved(draft()) == [None]
    assert resolved(two({"Lineage": LINEAGE}, {}))[1] is None


def test_two_environments_never_share_a_connection() -> None:
    shared = {**LINEAGE, "Connection": "airflow"}
    raw = two({"Lineage": shared}, {"Lineage": shared})
    reason, _ = words(raw, "MwaaEnvironments[1].Lineage.Connection")
    assert "MwaaEnvironments[0]" in reason


def test_a_default_connection_can_be_taken_by_anothers_own() -> None:
    raw = two({}, {"Lineage": {"Connection": "one"}}, Lineage=LINEAGE)
    assert list(mistakes_in(raw)) == ["MwaaEnvironments[1].Lineage.Connection"]


def test_a_connection_is_shared_in_any_one_of_the_catalogues() -> None:
    first = {"Catalogues": [LINEAGE, MARQUEZ], "Connection": "gold"}
    second = {**MARQUEZ, "Url": "http://MARQUEZ.internal:5000/", "Connection": "gold"}
    raw = two({"Lineage": first}, {"Lineage": second})
    assert list(mistakes_in(raw)) == ["MwaaEnvironments[1].Lineage.Connection"]


def test_one_domain_takes_each_connection_once() -> None:
    shared = {"Lineage": {**DATAZONE, "Connection": "gold"}}
    assert list(mistakes_in(two(shared, shared))) == ["MwaaEnvironments[1].Lineage.Connection"]


def test_a_connection_is_shared_with_an_environment_that_exists() -> None:
    existing = {
        "Name": "legacy",
        "AirflowVersion": "2.6.3",
        "Lineage": {"Connection": "analytics", "TokenSecretArn": SECRET},
    }
    raw = with_environment()
    raw["MwaaEnvironments"].append(existing)
    reason, _ = words(raw | {"Lineage": LINEAGE}, "MwaaEnvironments[1].Lineage.Connection")
    assert "MwaaEnvironments[0]" in reason


def test_a_connection_belongs_to_one_environment() -> None:
    raw = with_environment() | {"Lineage": {**LINEAGE, "Connection": "gold"}}
    _, hint = words(raw, "Lineage.Connection")
    assert hint == "Connection belongs in the Lineage of an environment's entry."


def test_two_catalogues_behind_one_gateway_are_two() -> None:
    gold, silver = ({**MARQUEZ, "Url": f"https://gateway/{tier}/"} for tier in ("gold", "silver"))
    shared = {"Connection": "airflow"}
    assert not mistakes_in(two({"Lineage": gold | shared}, {"Lineage": silver | shared}))
    both = two({"Lineage": gold | shared}, {"Lineage": gold | shared})
    assert list(mistakes_in(both)) == ["MwaaEnvironments[1].Lineage.Connection"]


@pytest.mark.parametrize("other", [{"Connection": "Airflow"}, {"Url": "https://eu.example.com"}])
def test_connections_are_compared_exactly_and_within_one_catalogue(other: dict[str, str]) -> None:
    shared = {**LINEAGE, "Connection": "airflow"}
    assert not mistakes_in(two({"Lineage": shared}, {"Lineage": {**shared, **other}}))


def test_a_connection_that_no_option_can_name_is_a_warning_beside_plugins(tmp_path: Path) -> None:
    entry = {"Lineage": {**LINEAGE, "Connection": "größe"}}
    (tmp_path / "own.py").touch()
    assert "'größe' stands in plugins.zip alone" in warnings_of(
        with_environment(**entry, Plugins=str(tmp_path))
    )
    assert "plugins.zip alone" not in warnings_of(with_environment(**entry))


@pytest.mark.parametrize("connection", ["gold$HOME", "$gold", "~gold", "gold\nsilver", " gold"])
def test_a_connection_that_airflow_would_change_is_refused(connection: str) -> None:
    raw = with_environment(Lineage={**LINEAGE, "Connection": connection})
    assert "Airflow would replace" in words(raw, "MwaaEnvironments[0].Lineage.Connection")[0]


def test_a_connection_may_have_spaces_and_a_tilde_inside() -> None:
    assert not mistakes_in(with_environment(Lineage={**LINEAGE, "Connection": "gold ~ silver"}))


def test_a_mistake_in_the_defaults_is_named_there_and_once() -> None:
    raw = two({}, {"Lineage": {}}, Lineage={"Provider": "Atlas", "Url": "...", "Connection": "x"})
    mistakes = mistakes_in(raw)
    assert set(mistakes) == {"Lineage.Provider", "Lineage.Url", "Lineage.Connection"}
    assert mistakes["Lineage.Provider"].remedy == "Did you mean Atlan?"


def test_a_mistake_in_the_files_list_is_named_there_and_once() -> None:
    files = {"Catalogues": [LINEAGE, {**MARQUEZ, "Url": "marquez:5000"}, {"Provider": "Snowflake"}]}
    assert set(mistakes_in(two({}, {}, Lineage=files))) == {
        "Lineage.Catalogues[1].Url",
        "Lineage.Catalogues[2].Provider",
    }


def test_defaults_that_no_environment_takes_over_are_checked_too() -> None:
    raw = with_environment(Lineage=False) | {
        "Lineage": {"Provider": "Atlas", "TokenCacheSeconds": 1}
    }
    assert set(mistakes_in(raw)) == {"Lineage.Provider", "Lineage.TokenCacheSeconds"}


def test_what_the_defaults_lack_is_missing_where_it_can_be_given() -> None:
    assert list(mistakes_in(draft(Lineage={"Provider": "Atlan"}))) == ["Lineage.Url"]
    raw = with_environment(Lineage={"Provider": "Atlan"})
    assert list(mistakes_in(raw)) == ["MwaaEnvironments[0].Lineage.Url"]


def test_what_a_catalogue_of_an_environments_own_lacks_is_missing_there() -> None:
    raw = with_environment(Lineage={"Provider": "Marquez"})
    for files in ({"Preflight": True}, LINEAGE, {"Catalogues": [LINEAGE]}):
        assert list(mistakes_in(raw | {"Lineage": files})) == ["MwaaEnvironments[0].Lineage.Url"]


def test_defaults_may_be_partial_where_every_environment_completes_them() -> None:
    raw = two(
        {"Lineage": {"Url": "https://one.example.com"}},
        {"Lineage": {"Url": "https://two.example.com"}},
        Lineage={"Provider": "Atlan"},
    )
    assert not mistakes_in(raw)


def test_defaults_may_hold_what_no_catalogue_has() -> None:
    raw = with_environment(Lineage=LINEAGE) | {"Lineage": {"TokenCacheSeconds": 60}}
    assert lineage_of(raw).token_cache_seconds == 60


@pytest.mark.parametrize(
    ("key", "near"), [("TokenCacheSecond", "TokenCacheSeconds"), ("Ulr", "Url")]
)
def test_a_misspelt_key_is_named_with_the_nearest(key: str, near: str) -> None:
    raw = with_environment(Lineage={**LINEAGE, key: "x"})
    _, hint = words(raw, f"MwaaEnvironments[0].Lineage.{key}")
    assert hint == f"Did you mean {near}?"


def test_lineage_cannot_join_requirements_that_are_in_the_bucket_already() -> None:
    keys = {"SourceBucketArn": "arn:aws:s3:::example-dags", "RequirementsS3Path": "r.txt"}
    raw = {**with_environment(**keys), "Lineage": LINEAGE}
    assert "as Requirements" in words(raw, "MwaaEnvironments[0].Lineage")[1]


def test_options_that_the_plugin_sets_are_refused_with_lineage_only() -> None:
    options = {
        "openlineage.namespace": "x",
        "openlineage.disable_source_code": "True",
        "openlineage.disabled_for_operators": "airflow.operators.bash.BashOperator",
    }
    raw = with_environment(Lineage=LINEAGE, ConfigurationOptions=options)
    reason, _ = words(raw, "MwaaEnvironments[0].ConfigurationOptions")
    assert "openlineage.namespace" in reason
    assert "disable_source_code" not in reason
    assert "disabled_for_operators" not in reason
    assert not mistakes_in(with_environment(ConfigurationOptions=options))
