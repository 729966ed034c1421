"""Connections and variables from Secrets Manager."""

from __future__ import annotations

import re
from typing import Any

import pytest

from config.secrets_backend import SecretsBackend
from mwaa.regions import Target
from tests.unit.config.configurations import (
    LINEAGE,
    NAMES,
    QUICK_START,
    SMALLEST,
    draft,
    mistakes_in,
    parse,
    two,
    warnings_of,
    with_environment,
    words,
)


def backend(**keys: Any) -> SecretsBackend:
    found = parse(with_environment(SecretsBackend=keys)).new_environments[0].secrets_backend
    assert found is not None
    return found


def test_an_empty_object_takes_the_defaults_and_without_the_key_there_is_none() -> None:
    assert backend().prefixes == ("airflow/connections", "airflow/variables")
    assert parse(with_environment()).new_environments[0].secrets_backend is None


def test_what_airflow_is_told() -> None:
    told = backend(ConnectionsPrefix="data/c", ConfigPrefix="data/config").backend_kwargs
    pattern = told.pop("connections_lookup_pattern")
    assert told == {
        "connections_prefix": "data/c",
        "variables_prefix": "airflow/variables",
        "config_prefix": "data/config",
    }
    assert backend().backend_kwargs["config_prefix"] is None, "Left out it would be looked below"
    assert pattern
    assert not re.match(pattern, "aws_default"), "MWAA's own calls would ask for it each time"
    assert re.match(pattern, "warehouse")


def test_in_parameter_store_a_name_begins_with_a_slash() -> None:
    stored = backend(Service="ParameterStore", ConfigPrefix="data/config")
    told = stored.backend_kwargs
    assert stored.backend.endswith(".SystemsManagerParameterStoreBackend")
    assert told["connections_prefix"] == "/airflow/connections"
    assert told["variables_prefix"] == "/airflow/variables"
    assert told["config_prefix"] == "/data/config"
    assert backend(Service="ParameterStore").backend_kwargs["config_prefix"] is None


@pytest.mark.parametrize("prefix", ["aws/variables", "ssm", "a+b", "a@b", "a//b"])
def test_a_name_that_parameter_store_refuses(prefix: str) -> None:
    keys = {"Service": "ParameterStore", "VariablesPrefix": prefix}
    path = "MwaaEnvironments[0].SecretsBackend.VariablesPrefix"
    assert "Names in Parameter Store" in words(with_environment(SecretsBackend=keys), path)[0]


def test_a_backend_that_is_set_by_hand_is_a_warning() -> None:
    by_hand = with_environment(ConfigurationOptions={"secrets.backend": "a.team.Backend"})
    assert "secrets.backend is set by hand" in warnings_of(by_hand)
    assert "by hand" not in warnings_of(with_environment(SecretsBackend={}))


def test_a_backend_by_hand_that_would_look_up_aws_itself_is_a_warning() -> None:
    options = {"secrets.backend": backend().backend}
    prefix = {"secrets.backend_kwargs": '{"connections_prefix": "airflow"}'}
    whole = {"secrets.backend_kwargs": '{"connections_lookup_pattern": "^a"}'}
    assert "lookup_pattern" in warnings_of(with_environment(ConfigurationOptions=options | prefix))
    for fine in (options, options | whole):
        assert "lookup_pattern" not in warnings_of(with_environment(ConfigurationOptions=fine))


@pytest.mark.parametrize(
    "prefix", ["*", "airflow/*", "airflow/", "/airflow", "", "air flow", "größe"]
)
def test_a_prefix_that_would_open_more_or_match_nothing(prefix: str) -> None:
    raw = with_environment(SecretsBackend={"VariablesPrefix": prefix})
    path = "MwaaEnvironments[0].SecretsBackend.VariablesPrefix"
    assert "beginning of names" in words(raw, path)[0]


def test_a_misspelt_key_is_named_with_the_nearest() -> None:
    raw = with_environment(SecretsBackend={"VariablePrefix": "x"})
    path = "MwaaEnvironments[0].SecretsBackend.VariablePrefix"
    assert words(raw, path)[1] == "Did you mean VariablesPrefix?"


def test_options_of_the_secrets_backend_stand_in_one_place() -> None:
    options = {"secrets.backend_kwargs": "{}"}
    raw = with_environment(SecretsBackend={}, ConfigurationOptions=options)
    assert "secrets.backend_kwargs" in words(raw, "MwaaEnvironments[0].ConfigurationOptions")[0]
    assert not mistakes_in(with_environment(ConfigurationOptions=options))


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        ({}, "airflow/connections, airflow/variables"),
        (
            {"ConnectionsPrefix": "airflow", "VariablesPrefix": "team"},
            "airflow/connections, airflow/variables",
        ),
        (
            {"ConnectionsPrefix": "team/c", "VariablesPrefix": "airflow/variables/x"},
            "airflow/variables/x",
        ),
    ],
)
def test_secrets_that_two_environments_read_are_a_warning(
    other: dict[str, str], shared: str
) -> None:
    raw = two({"SecretsBackend": {}}, {"SecretsBackend": other})
    assert f"reads secrets below {shared} too" in warnings_of(raw)
    own = {"ConnectionsPrefix": "team/c", "VariablesPrefix": "airflow/variables-of-team"}
    assert "reads secrets" not in warnings_of(two({"SecretsBackend": {}}, {"SecretsBackend": own}))


def test_equal_prefixes_in_two_services_are_not_shared() -> None:
    stored = {"SecretsBackend": {"Service": "ParameterStore"}}
    assert "reads secrets" not in warnings_of(two({"SecretsBackend": {}}, stored))


def existing(**backend: str) -> dict[str, Any]:
    """An environment that exists, and where its Airflow reads secrets."""
    facts = {"VpcId": "vpc-00000040", "VpcCIDR": "10.40.0.0/16", "SecretsBackend": backend}
    return {"Name": "ledger", "AirflowVersion": "3.3.1", "Existing": facts}


def new(**keys: Any) -> dict[str, Any]:
    return {**SMALLEST["MwaaEnvironments"][0], **keys}


def test_secrets_that_a_new_environment_shares_with_an_existing_one_are_a_warning() -> None:
    beside = draft(MwaaEnvironments=[existing(), new(SecretsBackend={})])
    said = "analytics: ledger reads secrets below airflow/connections, airflow/variables too"
    assert said in warnings_of(beside)
    apart = {"ConnectionsPrefix": "ledger/connections", "VariablesPrefix": "ledger/variables"}
    own = draft(MwaaEnvironments=[existing(**apart), new(SecretsBackend={})])
    assert "reads secrets" not in warnings_of(own)


BELOW = "arn:aws:secretsmanager:us-east-1:111122223333:secret:airflow/connections/oidc-AbCdEf"


def with_client(section: str, arn: str, *entries: dict[str, Any]) -> dict[str, Any]:
    """These environments, and a section's client at the identity provider with this secret."""
    environments = [*entries, new(Name="served", VpcCIDR="10.9.0.0/16", UiHost="a.example.net")]
    raw = draft(MwaaEnvironments=environments)
    raw["Alb"] |= NAMES
    sections = {
        "Oidc": SMALLEST["Oidc"],
        "QuickStart": {**QUICK_START, "ClientId": "quick"},
        "UiGate": {"ClientId": "gate"},
    }
    return {**raw, section: {**sections[section], "ClientSecretArn": arn}}


@pytest.mark.parametrize("section", ["Oidc", "QuickStart", "UiGate"])
@pytest.mark.parametrize("arn", [BELOW, BELOW.removesuffix("-AbCdEf")])
@pytest.mark.parametrize("entry", [new(SecretsBackend={}), existing()])
def test_no_environment_reads_the_secret_of_a_client(
    section: str, arn: str, entry: dict[str, Any]
) -> None:
    reason, _ = words(with_client(section, arn, entry), f"{section}.ClientSecretArn")
    assert "MwaaEnvironments[0] reads secrets below airflow/connections" in reason


@pytest.mark.parametrize(
    "backend",
    [
        {"Service": "ParameterStore"},
        {"ConnectionsPrefix": "team/connections"},
        {"ConnectionsPrefix": "airflow/connections/oid"},
        None,
    ],
)
def test_the_secret_of_a_client_may_be_where_no_environment_reads(backend: Any) -> None:
    assert not mistakes_in(with_client("Oidc", BELOW, new(SecretsBackend=backend)))


def test_the_secret_of_a_client_may_be_in_an_account_that_no_environment_reads() -> None:
    raw = with_client("Oidc", BELOW, new(SecretsBackend={}))
    place = "Oidc.ClientSecretArn"
    assert place not in mistakes_in(raw, Target(account="444455556666", region="us-east-1"))
    assert place in mistakes_in(raw, Target(account="111122223333", region="us-east-1"))


def test_the_lineage_token_of_another_environment_below_a_prefix_is_a_warning() -> None:
    token = BELOW.replace("oidc", "token")
    sender = {"Lineage": {**LINEAGE, "TokenSecretArn": token}}
    said = "one: it reads secrets below airflow/connections, and there is the lineage token of two"
    assert said in warnings_of(two({"SecretsBackend": {}}, sender))
    assert "lineage token of" not in warnings_of(two({"SecretsBackend": {}, **sender}, sender))
    elsewhere = {"Lineage": {**LINEAGE, "TokenSecretArn": token.replace("us-east-1", "eu-west-1")}}
    assert "lineage token of" not in warnings_of(two({"SecretsBackend": {}}, elsewhere))
