"""Tokens, read from a Secrets Manager over HTTP. The OpenLineage client that asks for them in
Airflow is not installed here: test_transport.py has the real one."""

from __future__ import annotations

import importlib
import logging
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
from botocore.session import get_session

from tests.loopback import serving
from tests.unit.airflow_files.lineage.servers import ACCESS_KEY, SECRET_VARIABLE, SecretsManager

CANARY = "canary-8f3a61d2"
ROTATED = "canary-rotated-77b0"
MODULES = ("mwaa_platform_token", "mwaa_platform_secret", "mwaa_platform_cache")


@dataclass
class Clock:
    """Two clocks that stand still until a test moves them."""

    since_start: float = 1000.0
    date: float = 1.7e9

    def monotonic(self) -> float:
        return self.since_start

    def time(self) -> float:
        return self.date

    def move(self, seconds: float) -> None:
        self.since_start += seconds
        self.date += seconds


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManager]:
    with serving(SecretsManager(CANARY)) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of this test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def patient() -> bool:
    """Whether to wait longer than tasks do, for a busy machine."""
    return True


@pytest.fixture
def process(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, patient: bool
) -> Callable[[], ModuleType]:
    """The module as another process of this host finds it, which shares no memory."""

    class TokenProvider:
        def __init__(self, config: dict[str, str]) -> None: ...

    parents = ["openlineage", "openlineage.client", "openlineage.client.transport"]
    for name in [*parents, "openlineage.client.transport.http"]:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules[name].TokenProvider = TokenProvider  # type: ignore[attr-defined]

    def start() -> ModuleType:
        for name in MODULES:
            monkeypatch.delitem(sys.modules, name, raising=False)
        module = importlib.import_module("mwaa_platform_token")
        secret = sys.modules["mwaa_platform_secret"]
        monkeypatch.setattr(secret, "time", clock)
        for name in ("CONNECT", "READ", "ATTEMPT", "PATIENCE") if patient else ():
            monkeypatch.setattr(secret, f"{name}_SECONDS", 30)
        return module

    return start


@pytest.fixture
def provider(process: Callable[[], ModuleType]) -> Any:
    """What the OpenLineage client asks."""
    return provider_of(process())


def provider_of(module: ModuleType, **config: object) -> Any:
    return module.SecretsManagerTokenProvider(
        {"type": "…", "secret": "atlan", "cache_seconds": 300, **config}
    )


def refused(provider: Any) -> str:
    """Why there is no bearer, which must be said by an exception: only that stops the event."""
    with pytest.raises(Exception, match="No lineage token for atlan") as raised:
        provider.get_bearer()
    return str(raised.value)


# The value of the secret.


@pytest.mark.parametrize("value", [CANARY, f" {CANARY}\n", f'{{"token": "{CANARY}"}}'])
def test_bearer_is_the_secret(secrets: SecretsManager, provider: Any, value: str) -> None:
    secrets.value = value
    assert provider.get_bearer() == f"Bearer {CANARY}"


def test_bearer_is_the_field_that_the_catalogue_names(
    secrets: SecretsManager, process: Callable[[], ModuleType]
) -> None:
    secrets.value = f'{{"token": "another", "atlan-key": "{CANARY}"}}'
    assert provider_of(process(), field="atlan-key").get_bearer() == f"Bearer {CANARY}"


def test_token_of_another_form_is_given_whole_to_whom_it_is_meant_for(
    secrets: SecretsManager, process: Callable[[], ModuleType]
) -> None:
    key = "-----BEGIN KEY-----\nabc\n-----END KEY-----"
    secrets.value = f'{{"type": "service_account", "token": "{CANARY}"}}'
    assert process().token("atlan", whole=True) == secrets.value
    secrets.value = key
    assert process().token("atlan", cache_seconds=0) == key


def test_secret_is_read_in_the_region_of_its_arn(secrets: SecretsManager, provider: Any) -> None:
    provider.get_bearer()
    assert secrets.reads == ["eu-west-1"]


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", " ", "...", "{}", "{" * 100_000, '{"api_key": "x"}'),
        *('{"token": ""}', '{"token": "..."}', '{"token": 5}', '{"token": null}'),
    ],
)
def test_secret_without_a_token_sends_nothing(
    secrets: SecretsManager, provider: Any, value: str | None
) -> None:
    secrets.value = value
    refused(provider)


@pytest.mark.parametrize(
    "value", [CANARY, f'["{CANARY}"]', f'{{"token": "{CANARY}"}}', f'{{"Key": "{CANARY}"}}']
)
def test_secret_without_the_named_field_is_told_by_that_name(
    secrets: SecretsManager, process: Callable[[], ModuleType], value: str
) -> None:
    secrets.value = value
    said = refused(provider_of(process(), field="key"))
    assert "key" in said
    assert CANARY not in said


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
        f'{{"token": "{CANARY}"',
    ],
)
def test_value_that_is_no_bearer_token_is_refused_and_not_shown(
    secrets: SecretsManager, provider: Any, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    secrets.value = value
    assert CANARY not in refused(provider) + caplog.text


@pytest.mark.parametrize("instead", [CANARY, ""])
def test_what_stands_in_place_of_the_arn_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
    provider: Any,
    instead: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, instead)
    assert CANARY not in refused(provider) + caplog.text
    refused(provider)
    assert len(caplog.records) == 1


# When it is read.


def test_token_is_kept_for_the_time_given_and_then_follows_a_rotation_in_every_process(
    secrets: SecretsManager, process: Callable[[], ModuleType], clock: Clock
) -> None:
    first = provider_of(process())
    assert first.get_bearer() == f"Bearer {CANARY}"
    secrets.value = ROTATED
    clock.move(200)
    late = provider_of(process())
    clock.move(99)
    assert [each.get_bearer() for each in (first, late)] == [f"Bearer {CANARY}"] * 2
    assert len(secrets.reads) == 1
    clock.move(1)
    processes = first, late, provider_of(process())
    assert [each.get_bearer() for each in processes] == [f"Bearer {ROTATED}"] * 3
    assert len(secrets.reads) == 2


def test_catalogues_with_fields_of_one_secret_share_its_value(
    secrets: SecretsManager, process: Callable[[], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets.value = f'{{"a": "{CANARY}", "b": "{ROTATED}"}}'
    other = SECRET_VARIABLE.replace("ATLAN", "DATAHUB")
    monkeypatch.setenv(other, secrets.environment[SECRET_VARIABLE])
    module = process()
    assert provider_of(module, field="a").get_bearer() == f"Bearer {CANARY}"
    datahub = provider_of(module, secret="datahub", field="b")
    assert datahub.get_bearer() == f"Bearer {ROTATED}"
    assert len(secrets.reads) == 1


def test_another_secret_or_another_endpoint_is_read_for_itself(
    secrets: SecretsManager, process: Callable[[], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = process()
    provider_of(module).get_bearer()
    monkeypatch.setenv(SECRET_VARIABLE, secrets.environment[SECRET_VARIABLE] + "2")
    secrets.value = ROTATED
    assert provider_of(module).get_bearer() == f"Bearer {ROTATED}"
    with serving(SecretsManager("canary-elsewhere")) as elsewhere:
        monkeypatch.setenv("AWS_ENDPOINT_URL", elsewhere.url)
        assert provider_of(module).get_bearer() == "Bearer canary-elsewhere"


def test_failure_is_not_asked_for_again_at_once_by_any_process_and_said_once_by_each(
    secrets: SecretsManager,
    process: Callable[[], ModuleType],
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    secrets.down = True
    processes = [provider_of(process()) for _ in range(3)]
    for _ in range(2):
        for each in processes:
            refused(each)
    assert len(secrets.reads) == 1
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 3
    assert "\n" not in caplog.records[0].getMessage()
    secrets.down = False
    clock.move(30)
    assert [each.get_bearer() for each in processes] == [f"Bearer {CANARY}"] * 3
    assert len(secrets.reads) == 2


def test_a_token_put_in_place_of_the_placeholder_is_found_within_half_a_minute(
    secrets: SecretsManager, process: Callable[[], ModuleType], clock: Clock
) -> None:
    secrets.value = "..."
    processes = [provider_of(process()) for _ in range(2)]
    for each in processes:
        refused(each)
    assert len(secrets.reads) == 1
    secrets.value = CANARY
    clock.move(30)
    assert [each.get_bearer() for each in processes] == [f"Bearer {CANARY}"] * 2
    assert len(secrets.reads) == 2


def test_last_good_token_outlives_an_outage_for_an_hour(
    secrets: SecretsManager, process: Callable[[], ModuleType], clock: Clock
) -> None:
    provider_of(process()).get_bearer()
    secrets.down = True
    clock.move(3599)
    assert provider_of(process()).get_bearer() == f"Bearer {CANARY}"
    clock.move(31)
    refused(provider_of(process()))


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ResourceNotFoundException", "InvalidRequestException"]
)
def test_last_good_token_does_not_outlive_a_refusal(
    secrets: SecretsManager, process: Callable[[], ModuleType], clock: Clock, code: str
) -> None:
    processes = [provider_of(process()) for _ in range(2)]
    for each in processes:
        each.get_bearer()
    secrets.refused[ACCESS_KEY] = code
    clock.move(300)
    for each in processes:
        assert code in refused(each)
    secrets.refused.clear()
    clock.move(30)
    assert [each.get_bearer() for each in processes] == [f"Bearer {CANARY}"] * 2


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_ACCESS_KEY_ID", "another"),
        ("AWS_PROFILE", "another"),
        ("http_proxy", "http://127.0.0.1:9"),
    ],
)
def test_what_a_task_sets_for_itself_spoils_no_other_tasks_token(
    secrets: SecretsManager,
    process: Callable[[], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
) -> None:
    secrets.refused["another"] = "AccessDeniedException"
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with monkeypatch.context() as task:
        task.setenv(variable, value)
        refused(provider_of(process()))
    assert provider_of(process()).get_bearer() == f"Bearer {CANARY}"


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("date", 86400), ("date", -86400), ("date", -0.1), ("since_start", -999)],
    ids=["set forward", "set back", "set back a little", "started anew"],
)
def test_after_a_clock_was_changed_the_secret_is_read_again(
    secrets: SecretsManager,
    process: Callable[[], ModuleType],
    clock: Clock,
    name: str,
    seconds: float,
) -> None:
    provider_of(process()).get_bearer()
    secrets.value = ROTATED
    setattr(clock, name, getattr(clock, name) + seconds)
    for _ in range(2):
        assert provider_of(process()).get_bearer() == f"Bearer {ROTATED}"
    assert len(secrets.reads) == 2


# How long it takes.

GIVEN_UP_SECONDS = 30
"""The SDK alone would wait for a connection for 60, and read the answer that drips in for 100: it
is given up after 4, but a busy machine does not run this process all the time."""


@pytest.mark.parametrize("patient", [False])
@pytest.mark.usefixtures("secrets")
def test_unreachable_secrets_manager_answers_within_seconds(
    monkeypatch: pytest.MonkeyPatch, provider: Any
) -> None:
    # Reserved for documentation by RFC 5737: nothing answers there.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://192.0.2.1")
    started = time.monotonic()
    refused(provider)
    assert time.monotonic() - started < GIVEN_UP_SECONDS


@pytest.mark.parametrize("patient", [False])
def test_answer_that_drips_in_is_given_up_within_seconds(
    secrets: SecretsManager, provider: Any
) -> None:
    secrets.seconds_before_each_byte = 1
    started = time.monotonic()
    assert "did not answer within 4.0 s" in refused(provider)
    assert time.monotonic() - started < GIVEN_UP_SECONDS


# Where it may be seen.


def test_no_text_that_a_log_could_take_has_the_token_or_a_request_for_it(
    secrets: SecretsManager,
    provider: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "canary-of-the-role")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-key-of-the-role")
    caplog.set_level(logging.DEBUG)
    for logger in ("botocore.auth", "botocore.endpoint", "botocore.parsers"):
        caplog.set_level(logging.DEBUG, logger)  # which a DAG may have asked for
    provider.get_bearer()
    (signature,) = secrets.signatures
    modules = [repr(vars(sys.modules[name])) for name in MODULES]
    seen = caplog.text + repr(provider) + repr(vars(provider)) + "".join(modules)
    assert not [each for each in (CANARY, "of-the-role", signature) if each in seen]


def test_what_a_dag_asks_of_aws_is_logged_as_ever(
    secrets: SecretsManager, provider: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client: Any = get_session().create_client("secretsmanager", region_name="eu-west-1")
    ask = partial(client.get_secret_value, SecretId="of-the-dag")

    def ask_from_another_thread() -> None:
        secrets.before_answer = lambda: None
        dag = Thread(target=ask)
        dag.start()
        dag.join()

    secrets.before_answer = ask_from_another_thread
    provider.get_bearer()
    ask()
    asked = [signature in caplog.text for signature in secrets.signatures]
    assert asked == [False, True, True]


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
