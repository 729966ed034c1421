"""What is taken as a connection, without repeating a part of it."""

from __future__ import annotations

import re

import pytest

from cli.secrets.connection_rules import validate_connection
from errors import PlatformError
from tests.unit.cli.secrets.connections import RIGHT, WRONG, Wrong


@pytest.mark.parametrize("text", RIGHT)
def test_a_connection_that_airflow_takes_is_taken(text: str) -> None:
    assert re.match(r"[a-z-]+", validate_connection(text))


@pytest.mark.parametrize("wrong", WRONG, ids=lambda each: each.text)
def test_what_airflow_would_lose_is_refused(wrong: Wrong) -> None:
    with pytest.raises(PlatformError) as refused:
        validate_connection(wrong.text)
    error = refused.value
    assert wrong.said in f"{error.message} {error.remedy}"


def test_extra_is_an_object_though_airflow_2_takes_a_list() -> None:
    with pytest.raises(PlatformError, match="extra is no JSON object"):
        validate_connection('{"conn_type": "aws", "extra": [1]}')


@pytest.mark.parametrize(
    "text",
    [
        "postgres://ada:{}/w@db",
        "{} is no connection",
        '{{"{}": "x"}}',
        '{{"conn_type": "aws", "port": "{}"}}',
        '{{"conn_type": "aws", "extra": "{}"}}',
        '{{"conn_type": "aws", {}',
        "{}_x://db",
    ],
)
def test_no_refusal_repeats_any_of_it(text: str) -> None:
    canary = "canary-rules-5d1e"
    with pytest.raises(PlatformError) as refused:
        validate_connection(text.format(canary))
    error = refused.value
    assert canary not in f"{error.message}{error.place}{error.remedy}"
    assert error.__suppress_context__ or error.__context__ is None
