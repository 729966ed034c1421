"""How an environment's lineage comes from its own keys and the file's defaults."""

from __future__ import annotations

from typing import Any

import pytest

from config.lineage import LineageSettings
from tests.unit.config.drafts import LINEAGE, draft, mistakes_in, parse, with_environment

SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:atlan-AbCdEf"


def resolved(raw: dict[str, Any]) -> list[LineageSettings | None]:
    return [environment.lineage for environment in parse(raw).new_environments]


def two(first: dict[str, Any], second: dict[str, Any], **sections: Any) -> dict[str, Any]:
    entries = [
        {"Name": "one", "VpcCIDR": "10.1.0.0/16", **first},
        {"Name": "two", "VpcCIDR": "10.2.0.0/16", **second},
    ]
    return draft(MwaaEnvironments=entries, **sections)


def test_defaults_reach_every_new_environment_and_false_turns_them_off() -> None:
    lineage, nothing = resolved(two({}, {"Lineage": False}, Lineage=LINEAGE))
    assert nothing is None
    assert lineage is not None
    assert (lineage.url, lineage.connection) == ("https://example.atlan.com", "one")


def test_an_environments_own_keys_win_one_by_one() -> None:
    own = {"Connection": "Nightly reports", "TokenSecretArn": SECRET, "TokenCacheSeconds": 60}
    lineage, _ = resolved(two({"Lineage": own}, {}, Lineage={**LINEAGE, "TokenCacheSeconds": 90}))
    assert lineage is not None
    assert lineage.url == "https://example.atlan.com"
    assert lineage.connection == "Nightly reports"
    assert lineage.token_secret_arn == SECRET
    assert lineage.token_cache_seconds == 60


def test_the_secrets_arn_is_whole_because_a_permission_is_for_it_alone() -> None:
    own = {**LINEAGE, "TokenSecretArn": SECRET.removesuffix("-AbCdEf")}
    mistakes = mistakes_in(with_environment(Lineage=own))
    (mistake,) = mistakes.values()
    assert list(mistakes) == ["MwaaEnvironments[0].Lineage.TokenSecretArn"]
    assert "six characters" in mistake.reason


def test_no_environment_has_lineage_unless_it_is_asked_for() -> None:
    assert resolved(draft()) == [None]
    assert resolved(two({"Lineage": LINEAGE}, {}))[1] is None


def test_a_trailing_slash_of_the_host_is_not_part_of_its_address() -> None:
    (lineage,) = resolved(with_environment(Lineage={**LINEAGE, "Url": "https://localhost:8443/"}))
    assert lineage is not None
    assert lineage.url == "https://localhost:8443"


def test_two_environments_never_share_a_connection() -> None:
    shared = {**LINEAGE, "Connection": "airflow"}
    mistakes = mistakes_in(two({"Lineage": shared}, {"Lineage": shared}))
    assert list(mistakes) == ["MwaaEnvironments[1].Lineage.Connection"]
    assert "MwaaEnvironments[0]" in mistakes["MwaaEnvironments[1].Lineage.Connection"].reason


def test_a_default_connection_can_be_taken_by_anothers_own() -> None:
    raw = two({}, {"Lineage": {"Connection": "one"}}, Lineage=LINEAGE)
    assert list(mistakes_in(raw)) == ["MwaaEnvironments[1].Lineage.Connection"]


@pytest.mark.parametrize("other", [{"Connection": "Airflow"}, {"Url": "https://eu.example.com"}])
def test_connections_are_compared_exactly_and_within_one_catalogue(other: dict[str, str]) -> None:
    shared = {**LINEAGE, "Connection": "airflow"}
    assert not mistakes_in(two({"Lineage": shared}, {"Lineage": {**shared, **other}}))


@pytest.mark.parametrize("connection", ["gold$HOME", "$gold", "~gold", "gold\nsilver", " gold"])
def test_a_connection_that_airflow_would_change_is_refused(connection: str) -> None:
    mistakes = mistakes_in(with_environment(Lineage={**LINEAGE, "Connection": connection}))
    assert list(mistakes) == ["MwaaEnvironments[0].Lineage.Connection"]
    assert "Airflow would replace" in mistakes["MwaaEnvironments[0].Lineage.Connection"].reason


def test_a_connection_may_have_spaces_and_a_tilde_inside() -> None:
    assert not mistakes_in(with_environment(Lineage={**LINEAGE, "Connection": "gold ~ silver"}))


@pytest.mark.parametrize("path", ["/events", "/events/openlineage/airflow-mwaa/", "/?x=1"])
def test_the_address_is_the_hosts_alone(path: str) -> None:
    raw = draft(Lineage={**LINEAGE, "Url": f"https://example.atlan.com{path}"})
    mistakes = mistakes_in(raw)
    assert list(mistakes) == ["Lineage.Url"]
    assert "without a path" in mistakes["Lineage.Url"].reason


def test_a_mistake_in_the_defaults_is_named_there_and_once() -> None:
    raw = two({}, {"Lineage": {}}, Lineage={"Provider": "Atlas", "Url": "...", "Connection": "x"})
    mistakes = mistakes_in(raw)
    assert set(mistakes) == {"Lineage.Provider", "Lineage.Url", "Lineage.Connection"}
    assert mistakes["Lineage.Provider"].hint == "Did you mean Atlan?"


def test_what_the_defaults_lack_is_missing_where_it_can_be_given() -> None:
    assert list(mistakes_in(draft(Lineage={"Provider": "Atlan"}))) == ["Lineage.Url"]
    raw = with_environment(Lineage={"Provider": "Atlan"})
    assert list(mistakes_in(raw)) == ["MwaaEnvironments[0].Lineage.Url"]


def test_defaults_may_be_partial_where_every_environment_completes_them() -> None:
    raw = two(
        {"Lineage": {"Url": "https://one.example.com"}},
        {"Lineage": {"Url": "https://two.example.com"}},
        Lineage={"Provider": "Atlan"},
    )
    assert not mistakes_in(raw)


def test_lineage_needs_airflow_2_9() -> None:
    mistakes = mistakes_in(with_environment(AirflowVersion="2.8.1", Lineage=LINEAGE))
    assert list(mistakes) == ["MwaaEnvironments[0].Lineage"]
    assert "Airflow 2.9" in mistakes["MwaaEnvironments[0].Lineage"].reason
    assert not mistakes_in(with_environment(AirflowVersion="2.9.2", Lineage=LINEAGE))


def test_lineage_cannot_join_requirements_that_are_in_the_bucket_already() -> None:
    keys = {"SourceBucketArn": "arn:aws:s3:::example-dags", "RequirementsS3Path": "r.txt"}
    mistakes = mistakes_in({**with_environment(**keys), "Lineage": LINEAGE})
    assert list(mistakes) == ["MwaaEnvironments[0].Lineage"]
    assert "as Requirements" in (mistakes["MwaaEnvironments[0].Lineage"].hint or "")


def test_options_that_the_plugin_sets_are_refused_with_lineage_only() -> None:
    options = {"openlineage.namespace": "x", "openlineage.disable_source_code": "True"}
    raw = with_environment(Lineage=LINEAGE, ConfigurationOptions=options)
    mistakes = mistakes_in(raw)
    assert list(mistakes) == ["MwaaEnvironments[0].ConfigurationOptions"]
    reason = mistakes["MwaaEnvironments[0].ConfigurationOptions"].reason
    assert "openlineage.namespace" in reason
    assert "disable_source_code" not in reason
    assert not mistakes_in(with_environment(ConfigurationOptions=options))
