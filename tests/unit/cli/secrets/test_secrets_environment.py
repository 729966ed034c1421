"""Names that secrets of an environment can have."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.secrets.commands import Kind
from cli.secrets.secrets_environment import SecretsEnvironment, find_secrets_environment
from config.loader import parse_configuration
from errors import PlatformError
from tests.unit.config.configurations import draft, parse, with_environment


def environment(**backend: str) -> SecretsEnvironment:
    """An environment with that backend."""
    document = with_environment(AirflowVersion="3.3.1", SecretsBackend=backend)
    return find_secrets_environment(parse_configuration(document, source=Path("test")), "analytics")


def test_an_environment_that_exists_has_the_names_that_its_facts_say() -> None:
    facts = {
        "VpcId": "vpc-0aaaaaaaaaaaaaaa1",
        "VpcCIDR": "10.4.0.0/16",
        "SecretsBackend": {"Service": "ParameterStore", "ConnectionsPrefix": "legacy/connections"},
    }
    entry = {"Name": "ledger", "AirflowVersion": "3.3.1", "Existing": facts}
    configuration = parse(draft(MwaaEnvironments=[entry, {"Name": "unknown"}]))

    found = find_secrets_environment(configuration, "ledger")

    assert found.secret(Kind.CONNECTION, "db").aws_name == "/legacy/connections/db"
    assert found.secret(Kind.VARIABLE, "colour").aws_name == "/airflow/variables/colour"
    with pytest.raises(PlatformError, match="does not know where its secrets are"):
        find_secrets_environment(configuration, "unknown")


@pytest.mark.parametrize(
    ("service", "aws_name"),
    [
        ("SecretsManager", "airflow/connections/team/db-1"),
        ("ParameterStore", "/airflow/connections/team/db-1"),
    ],
)
def test_a_name_in_aws_is_the_one_that_the_backend_makes(service: str, aws_name: str) -> None:
    found = environment(Service=service).secret(Kind.CONNECTION, "team/db-1")
    assert found.aws_name == aws_name
    assert environment(Service=service).secret_named(aws_name) == found


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("connection", "ware house", "cannot be the id of a connection"),
        ("connection", "a//b", "cannot be the id of a connection"),
        ("connection", "/a", "cannot be the id of a connection"),
        ("connection", "a:b", "cannot be the id of a connection"),
        ("variable", "ä", "cannot be the id of a variable"),
        ("variable", "x@y", "cannot be the id of a variable"),
        ("variable", "x" * 251, "cannot be the id of a variable"),
        ("variable", "a/" * 13 + "a", "15 levels at most"),
        ("connection", "AWS_default", "does not look the connection AWS_default up"),
    ],
)
def test_a_name_that_cannot_be_found_is_refused(kind: str, name: str, said: str) -> None:
    with pytest.raises(PlatformError, match=said):
        environment(Service="ParameterStore").secret(Kind(kind), name)


def test_secrets_manager_takes_more_in_keys_of_variables() -> None:
    found = environment().secret(Kind.VARIABLE, "ada@example.com")
    assert found.aws_name == "airflow/variables/ada@example.com"


def test_of_two_prefixes_the_longer_says_what_a_secret_is() -> None:
    of_team = environment(ConnectionsPrefix="team", VariablesPrefix="team/variables")
    colour, other = map(of_team.secret_named, ("team/variables/colour", "team/warehouse"))
    assert colour is not None
    assert other is not None
    assert (colour.kind, colour.name) == (Kind.VARIABLE, "colour")
    assert (other.kind, other.name) == (Kind.CONNECTION, "warehouse")
    assert of_team.secret_named("teams/warehouse") is None
