"""The token provider against a Secrets Manager over HTTP. The OpenLineage client that calls it in
Airflow is not installed here: tests/integration/test_lineage_plugin.py has the real one."""

from __future__ import annotations

import importlib
import logging
import pickle
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from tests.loopback import serving
from tests.unit.lineage.servers import SecretsManager

CANARY = "canary-8f3a61d2"
ROTATED = "canary-rotated-77b0"


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManager]:
    with serving(SecretsManager(CANARY)) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Any:
    """A provider in a process of its own, as far as its cache knows."""

    class TokenProvider:
        def __init__(self, config: dict[str, str]) -> None: ...

    parents = ["openlineage", "openlineage.client", "openlineage.client.transport"]
    for name in [*parents, "openlineage.client.transport.http"]:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules[name].TokenProvider = TokenProvider  # type: ignore[attr-defined]
    monkeypatch.delitem(sys.modules, "mwaa_platform_token", raising=False)
    module = importlib.import_module("mwaa_platform_token")
    monkeypatch.setattr(module, "time", clock)
    return module.SecretsManagerTokenProvider({"type": "…", "cache_seconds": 300})


def refused(provider: Any) -> str:
    """Why there is no bearer, which must be said by an exception: only that stops the event."""
    with pytest.raises(Exception, match="No lineage token") as raised:
        provider.get_bearer()
    return str(raised.value)


@pytest.mark.parametrize("value", [CANARY, f" {CANARY}\n", f'{{"token": "{CANARY}"}}'])
def test_bearer_is_the_secret(secrets: SecretsManager, provider: Any, value: str) -> None:
    secrets.value = value
    assert provider.get_bearer() == f"Bearer {CANARY}"


def test_secret_is_read_in_the_region_of_its_arn(secrets: SecretsManager, provider: Any) -> None:
    provider.get_bearer()
    assert secrets.reads == ["eu-west-1"]


def test_token_is_kept_for_the_time_given_and_then_follows_a_rotation(
    secrets: SecretsManager, provider: Any, clock: Clock
) -> None:
    provider.get_bearer()
    secrets.value = ROTATED
    clock.now += 299
    assert provider.get_bearer() == f"Bearer {CANARY}"
    assert len(secrets.reads) == 1
    clock.now += 1
    assert provider.get_bearer() == f"Bearer {ROTATED}"


def test_another_client_of_the_process_reads_nothing_again(
    secrets: SecretsManager, provider: Any
) -> None:
    provider.get_bearer()
    assert type(provider)({"cache_seconds": 300}).get_bearer() == f"Bearer {CANARY}"
    assert len(secrets.reads) == 1


@pytest.mark.parametrize(
    "value", [None, "", " ", "...", "{}", '{"token": ""}', '{"token": 5}', '{"api_key": "x"}']
)
def test_secret_without_a_token_sends_nothing(
    secrets: SecretsManager, provider: Any, value: str | None
) -> None:
    secrets.value = value
    refused(provider)


@pytest.mark.parametrize(
    "value",
    [
        f"Bearer {CANARY}",
        f"{CANARY}\r\nX-Injected: yes",
        f"{CANARY}é",
        f'"{CANARY}"',
        f"<{CANARY}>",
        f'["{CANARY}"]',
        f'{{"token": "{CANARY}\\n!"}}',
        f'{{"token": {{"a": "{CANARY}"}}}}',
    ],
)
def test_value_that_is_no_bearer_token_is_refused_and_not_shown(
    secrets: SecretsManager, provider: Any, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    secrets.value = value
    assert CANARY not in refused(provider) + caplog.text


def test_token_in_place_of_the_arn_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, provider: Any, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW__MWAA_PLATFORM__LINEAGE_TOKEN_SECRET", CANARY)
    assert CANARY not in refused(provider) + caplog.text


def test_failure_is_said_once_and_not_asked_for_again_at_once(
    secrets: SecretsManager, provider: Any, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    secrets.down = True
    for _ in range(3):
        refused(provider)
    assert len(secrets.reads) == 1
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    secrets.down = False
    clock.now += 30
    assert provider.get_bearer() == f"Bearer {CANARY}"


def test_last_good_token_outlives_an_outage_for_an_hour(
    secrets: SecretsManager, provider: Any, clock: Clock
) -> None:
    provider.get_bearer()
    secrets.down = True
    clock.now += 3599
    assert provider.get_bearer() == f"Bearer {CANARY}"
    clock.now += 31
    refused(provider)


@pytest.mark.usefixtures("secrets")
def test_unreachable_secrets_manager_answers_within_seconds(
    monkeypatch: pytest.MonkeyPatch, provider: Any
) -> None:
    # Reserved for documentation by RFC 5737: nothing answers there.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://192.0.2.1")
    started = time.monotonic()
    refused(provider)
    assert time.monotonic() - started < 3


@pytest.mark.usefixtures("secrets")
def test_token_is_in_no_text_that_a_log_could_take(
    provider: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.get_bearer()
    module = sys.modules[type(provider).__module__]
    assert "GetSecretValue" in caplog.text
    assert CANARY not in caplog.text + repr(provider) + repr(vars(provider)) + repr(vars(module))


@pytest.mark.usefixtures("secrets")
def test_provider_can_be_handed_to_another_process(provider: Any) -> None:
    provider.get_bearer()
    pickled = pickle.dumps(provider)
    assert CANARY.encode() not in pickled
    assert pickle.loads(pickled).get_bearer() == f"Bearer {CANARY}"  # noqa: S301 - made above


@pytest.mark.usefixtures("secrets")
def test_spark_finds_no_api_key_in_it(provider: Any) -> None:
    provider.get_bearer()
    assert not hasattr(provider, "api_key")
