"""Events for Amazon DataZone, sent by real OpenLineage clients."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.layout import ROOT
from tests.loopback import Request, Response, Server, serving
from tests.unit.airflow_files.lineage.clients import Client, installed_client

SHARE_SECONDS = 2.0
PATIENT_SHARE_SECONDS = 60.0
"""For a busy machine, where nothing hangs."""
HANGING_SECONDS = 300
GIVEN_UP_SECONDS = 40
"""The SDK alone would wait for 60, and try again: `SHARE_SECONDS` end it, after what a busy machine
takes to load the SDK."""

# Sends an event of a run with a name of the given length; says what came of it, and when.
PROGRAM = """
import json, sys, time
from openlineage.client import OpenLineageClient
from openlineage.client.run import Job, Run, RunEvent, RunState
from openlineage.client.event_v2 import Job as Described, JobEvent
length, kind = int(sys.argv[1]), sys.argv[2]
client = OpenLineageClient()
run = RunEvent(
    eventType=RunState.COMPLETE, eventTime="2026-01-01T00:00:00Z",
    run=Run(runId="0193a2f0-7c1e-7b4e-9d8e-000000000000"), job=Job("gold", "x" * length),
    producer="https://example.com", inputs=[], outputs=[],
)
job = JobEvent(
    eventTime="2026-01-01T00:00:00Z", producer="https://example.com", job=Described("gold", "x")
)
started = time.monotonic()
try:
    client.emit(run if kind == "run" else job)
    problem = None
except Exception as error:
    problem = str(error)
if hasattr(client, "close"):
    client.close()
print(json.dumps({"problem": problem, "seconds": time.monotonic() - started}))
"""


class DataZone(Server):
    """Takes events; `hanging`, it answers when nobody waits any more."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.hanging = False
        self.seconds_before_each_byte = 0.0
        self.requests: list[Request] = []

    def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        if self.hanging:
            time.sleep(HANGING_SECONDS)
        headers = {"Content-Type": "application/json"}
        return Response(200, b"{" + b" " * 200 + b"}", headers, self.seconds_before_each_byte)


@pytest.fixture(
    scope="module",
    params=[
        "3.3.1",
        *(
            pytest.param(each, marks=pytest.mark.all_versions)
            for each in ("2.11.0", "2.11.2", "3.0.6", "3.2.1")
        ),
    ],
)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Client:
    return installed_client(request.param, None, tmp_path_factory.mktemp("pins"))


@pytest.fixture
def datazone() -> Iterator[DataZone]:
    with serving(DataZone()) as server:
        yield server


def send(
    client: Client,
    datazone: DataZone,
    folder: Path,
    *,
    length: int = 5,
    kind: str = "run",
    share: float = PATIENT_SHARE_SECONDS,
) -> tuple[str | None, float]:
    """The problem, if there was one, and the seconds that it took."""
    transport = {
        "type": "mwaa_platform_datazone.DataZoneTransport",
        "domainId": "dzd-abc",
        "region": "eu-west-1",
        "timeout": share,
    }
    settings = folder / "settings.json"
    settings.write_text(json.dumps({"transport": transport}))
    result = subprocess.run(
        [client.python, "-c", PROGRAM, str(length), kind],
        env={
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT / "airflow_files" / "lineage"),
            "OPENLINEAGE_CONFIG": str(settings),
            "AWS_ENDPOINT_URL_DATAZONE": datazone.url,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGING_SECONDS / 2,
    )
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout.splitlines()[-1])
    return said["problem"], said["seconds"]


def test_event_reaches_the_domain_in_its_own_region(
    client: Client, datazone: DataZone, tmp_path: Path
) -> None:
    problem, _ = send(client, datazone, tmp_path)
    assert problem is None
    (request,) = datazone.requests
    assert request.path == "/v2/domains/dzd-abc/lineage/events"
    assert "/eu-west-1/datazone/" in request.headers["Authorization"]
    assert json.loads(request.body)["job"]["name"] == "xxxxx"


def test_event_that_datazone_would_refuse_is_not_sent(
    client: Client, datazone: DataZone, tmp_path: Path
) -> None:
    problem, _ = send(client, datazone, tmp_path, length=300_001)
    assert problem
    assert "300000" in problem
    assert "xxx" not in problem
    assert not datazone.requests


def test_hanging_datazone_is_given_up_in_its_share_of_time(
    client: Client, datazone: DataZone, tmp_path: Path
) -> None:
    datazone.hanging = True
    problem, seconds = send(client, datazone, tmp_path, share=SHARE_SECONDS)
    assert problem
    assert "Read timeout" in problem
    assert seconds < GIVEN_UP_SECONDS
    assert len(datazone.requests) == 1


def test_answer_that_drips_in_is_given_up_too(
    client: Client, datazone: DataZone, tmp_path: Path
) -> None:
    datazone.seconds_before_each_byte = 0.3
    problem, seconds = send(client, datazone, tmp_path, share=SHARE_SECONDS)
    assert problem == f"Amazon DataZone did not answer within {SHARE_SECONDS} s"
    assert seconds < GIVEN_UP_SECONDS


def test_events_of_other_kinds_are_passed_over(
    client: Client, datazone: DataZone, tmp_path: Path
) -> None:
    problem, _ = send(client, datazone, tmp_path, kind="job")
    assert problem is None
    assert not datazone.requests
