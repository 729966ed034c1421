"""Tokens in the hands of real OpenLineage clients: those of the Airflow versions, and older ones
that environments of Airflow 2.5 and 2.6 may have kept."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from packaging.version import Version

from local.layout import ROOT
from tests.loopback import Response, Server, serving
from tests.unit.airflow_files.lineage.clients import Client, installed_client
from tests.unit.airflow_files.lineage.servers import Catalogue, SecretsManager
from tests.waits import DEADLINE_SECONDS

CANARY = "canary-2be7f0a4"
NOWHERE = "http://127.0.0.1:9/"
PATH = "/events/api/v1/lineage"

BY_DEFAULT = ("2.10.3", "3.3.1")
BEHIND = ("2.6.3", "2.7.2", "2.8.1", "2.9.2", "2.10.1", "2.11.0", "2.11.2", "3.0.6", "3.2.1")
# Releases of 2023, beside the other packages of Airflow 2.6.3.
OLD_CLIENTS = ("0.20.4", "1.0.0")

# Sends two events, and after closing, where the client can be closed, a third.
PROGRAM = """
import logging
logging.basicConfig(level=logging.DEBUG)
from openlineage.client import OpenLineageClient
from openlineage.client.run import Job, Run, RunEvent, RunState
import mwaa_platform_secret
for name in ("CONNECT", "READ", "ATTEMPT", "PATIENCE"):  # for a busy machine
    setattr(mwaa_platform_secret, f"{name}_SECONDS", 30)
make = getattr(OpenLineageClient, "from_environment", OpenLineageClient)
client = make()
event = RunEvent(
    eventType=RunState.COMPLETE, eventTime="2024-01-01T00:00:00Z",
    run=Run(runId="0193a2f0-7c1e-7b4e-9d8e-000000000000"), job=Job("gold", "probe"),
    producer="https://example.com", inputs=[], outputs=[],
)
def send():
    try:
        client.emit(event)
    except Exception:
        logging.exception("not sent")
send()
send()
if hasattr(client, "close"):
    client.close()
send()
"""


def clients(*, since: str = "0", until: str = "9") -> list[object]:
    """Parameters of `client`: an Airflow from one version up to another, and another client for
    it."""
    later, oldest, end = pytest.mark.all_versions, Version(since), Version(until)
    first = [each for each in BY_DEFAULT if Version(each) < end]
    newer = [each for each in BEHIND if oldest <= Version(each) < end]
    old = [] if since != "0" else OLD_CLIENTS
    return [
        *(pytest.param((version, None), id=f"airflow-{version}") for version in first),
        *(pytest.param((each, None), id=f"airflow-{each}", marks=later) for each in newer),
        *(pytest.param(("2.6.3", each), id=f"client-{each}", marks=later) for each in old),
    ]


@pytest.fixture(scope="module", params=clients())
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Client:
    airflow, version = request.param
    return installed_client(airflow, version, tmp_path_factory.mktemp("pins"))


@pytest.fixture
def catalogue() -> Iterator[Catalogue]:
    with serving(Catalogue()) as server:
        yield server


@pytest.fixture
def secrets() -> Iterator[SecretsManager]:
    with serving(SecretsManager(CANARY)) as server:
        yield server


@pytest.fixture
def send(client: Client, secrets: SecretsManager, tmp_path: Path) -> Callable[..., str]:
    """Send events by a transport; returns all that was logged."""

    def send(transport: dict[str, object]) -> str:
        settings = tmp_path / "mwaa_platform_lineage.json"
        settings.write_text(json.dumps({"namespace": "gold", "transport": transport}))
        result = subprocess.run(
            [client.python, "-c", PROGRAM],
            env={
                "PATH": os.defpath,
                "PYTHONPATH": str(ROOT / "airflow_files" / "lineage"),
                "TMPDIR": str(tmp_path),
                "OPENLINEAGE_CONFIG": str(settings),
                **secrets.environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=DEADLINE_SECONDS,
        )
        assert result.returncode == 0, result.stdout
        assert not [each for each in (CANARY, *secrets.signatures) if each in result.stdout]
        return result.stdout

    return send


def http(url: str) -> dict[str, object]:
    auth = {"type": "mwaa_platform_token.SecretsManagerTokenProvider", "secret": "atlan"}
    return {"type": "http", "url": f"{url}/events/", "auth": auth}


def own(url: str, **auth: str) -> dict[str, object]:
    transport = "mwaa_platform_transport.TokenTransport"
    settings = {"url": f"{url}/events/", "timeout": DEADLINE_SECONDS}
    return {"type": transport, **settings, "auth": {"secret": "atlan", **auth}}


def test_bearer_token_goes_with_each_event(
    client: Client, send: Callable[..., str], catalogue: Catalogue, secrets: SecretsManager
) -> None:
    # Clients before 1.4 leave it out; for them there is the other transport.
    transports = [own(catalogue.url)]
    if client.version >= Version("1.4"):
        transports.append(http(catalogue.url))
    for transport in transports:
        catalogue.events.clear()
        send(transport)
        sent = {(each.path, each.authorization, each.api_key) for each in catalogue.events}
        assert sent == {(PATH, f"Bearer {CANARY}", None)}
        assert len(catalogue.events) >= 2
    assert len(secrets.reads) == 1


def test_api_key_goes_in_its_own_header_and_nowhere_else(
    send: Callable[..., str], catalogue: Catalogue
) -> None:
    send(own(catalogue.url, header="X-API-Key"))
    assert len(catalogue.events) >= 2
    for event in catalogue.events:
        assert (event.path, event.authorization, event.api_key) == (PATH, None, CANARY)


def test_without_a_token_nothing_is_sent(
    client: Client, send: Callable[..., str], catalogue: Catalogue, secrets: SecretsManager
) -> None:
    secrets.value = "..."
    transports = [own(catalogue.url), own(catalogue.url, header="X-API-Key")]
    if client.version >= Version("1.4"):
        transports.append(http(catalogue.url))
    for transport in transports:
        assert "the secret has no token yet" in send(transport)
    assert catalogue.events == []


def test_key_that_cannot_stand_in_a_header_is_refused(
    send: Callable[..., str], catalogue: Catalogue, secrets: SecretsManager
) -> None:
    secrets.value = f"{CANARY}\r\nX-Injected: yes"
    assert "cannot stand in an HTTP header" in send(own(catalogue.url, header="X-API-Key"))
    assert catalogue.events == []


@pytest.mark.parametrize("auth", [{}, {"header": "X-API-Key"}], ids=["bearer", "key"])
def test_token_does_not_follow_a_redirect_to_another_host(
    send: Callable[..., str], catalogue: Catalogue, auth: dict[str, str]
) -> None:
    elsewhere = catalogue.url.replace("127.0.0.1", "localhost") + "/taken"
    with serving(Server(lambda _: Response(307, headers={"Location": elsewhere}))) as entrance:
        send(own(entrance.url, **auth))
    assert {each.path for each in catalogue.events} == {"/taken"}
    assert {(each.authorization, each.api_key) for each in catalogue.events} == {(None, None)}


@pytest.mark.parametrize("client", clients(until="2.11"), indirect=True, scope="module")
@pytest.mark.parametrize(
    "kind", ["QuietTransport", pytest.param("TokenTransport", marks=pytest.mark.all_versions)]
)
def test_answer_that_drips_in_is_given_up(
    send: Callable[..., str], client: Client, kind: str
) -> None:
    """Each of its bytes would begin the client's timeout anew, for a minute in all."""
    if kind == "QuietTransport" and client.version < Version("1.4"):
        pytest.skip("such a client takes no token provider")
    dripping = Response(201, b" " * 200, seconds_before_each_byte=0.3)
    with serving(Server(lambda _: dripping)) as catalogue:
        auth = http(catalogue.url)["auth"]
        transport = {**own(catalogue.url), "type": f"mwaa_platform_transport.{kind}", "auth": auth}
        said = send({**transport, "timeout": 0.5, "retry": {"total": 0}})
    assert said.count("TimeoutError: The catalogue did not answer within 0.5 s") == 3


# The clients of older versions send to one catalogue alone.
@pytest.mark.parametrize("client", clients(since="2.10.1"), indirect=True, scope="module")
def test_one_of_several_catalogues_fails_without_harm_to_the_others(
    send: Callable[..., str], catalogue: Catalogue
) -> None:
    parts = [own(NOWHERE), own(catalogue.url, header="X-API-Key"), http(catalogue.url)]
    send({"type": "composite", "transports": parts, "continue_on_failure": True})
    sent = {(each.authorization, each.api_key) for each in catalogue.events}
    assert sent == {(f"Bearer {CANARY}", None), (None, CANARY)}


@pytest.mark.parametrize("client", clients(since="2.10.1"), indirect=True, scope="module")
@pytest.mark.parametrize("kind", ["QuietTransport", "TokenTransport"])
def test_one_of_several_catalogues_has_no_token_without_harm_to_the_others(
    send: Callable[..., str], catalogue: Catalogue, kind: str
) -> None:
    provider = "mwaa_platform_token.SecretsManagerTokenProvider"
    auth = {"type": provider, "secret": "locked"}
    locked = {**own(NOWHERE), "type": f"mwaa_platform_transport.{kind}", "auth": auth}
    parts = [locked, http(catalogue.url)]
    send({"type": "composite", "transports": parts, "continue_on_failure": True})
    assert len(catalogue.events) >= 2
    assert {each.authorization for each in catalogue.events} == {f"Bearer {CANARY}"}
