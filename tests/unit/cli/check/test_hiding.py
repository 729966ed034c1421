"""What a report does not show."""

from __future__ import annotations

import time

import pytest

from cli.check.hiding import prints_secrets, secrets_of, shown_value, without_secrets

SECRET = "hush-hush-hush"
TEXTS = (
    f"postgresql://somebody:{SECRET}@database/airflow failed",
    f"Authorization: Bearer {SECRET}-and-more",
    f"token {SECRET}".replace("token ", "TOKEN="),
    f"{{'password': '{SECRET}'}}",
    f"api_key = {SECRET}",
)


@pytest.mark.parametrize("text", TEXTS)
def test_what_looks_like_a_secret_is_hidden_and_noticed(text: str) -> None:
    assert "hush" not in without_secrets(text)
    assert prints_secrets(text, ())


def test_a_known_secret_is_hidden_wherever_it_stands() -> None:
    known = secrets_of({"AIRFLOW_CONN_WAREHOUSE": SECRET, "COLOUR": "green", "API_KEY": "1"})
    assert without_secrets(f"green 1 <{SECRET}>", known) == "green 1 <***>"
    assert prints_secrets(f"<{SECRET}>", known)
    assert shown_value("WAREHOUSE_PASSWORD", SECRET) == "***"
    assert shown_value("COLOUR", "green") == "green"


def test_what_is_none_is_left() -> None:
    for text in (
        "DagRun Finished: state=success",
        "https://packages.example:8080/simple",
        "A: b",
        "KeyError: 'orders'",
        "TokenError: it is late",
    ):
        assert without_secrets(text) == text
        assert not prints_secrets(text, ())


def test_a_hostile_text_takes_no_time() -> None:
    started = time.process_time()
    for text in (
        "KEY" * 20_000,
        "a" * 60_000,
        "://" + "a:" * 30_000,
        "secret" * 10_000,
        "eyJ-" * 16_000,
    ):
        without_secrets(text)
        prints_secrets(text, ())
    assert time.process_time() - started < 5
