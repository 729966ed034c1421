"""A run of the preflight through MWAA's API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config

from cli import airflow_run
from cli.lineage.preflight_run import run_preflight
from errors import PlatformError
from mwaa_platform_preflight.findings import Finding
from tests.loopback import Request, Response, Server, serving

FOUND = [Finding("Token", "The secret has no token yet.", "Put it in.", catalogue="atlan")]
RUN = "/dags/mwaa_platform_lineage_preflight/dagRuns/one"
Reply = tuple[int, Mapping[str, Any]]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_run, "POLL_SECONDS", 0)


def airflow(asked: Mapping[str, Any]) -> Reply:
    """An Airflow whose preflight fails, and says why."""
    if asked["Method"] == "POST":
        return 200, {"dag_run_id": "one"}
    if asked["Path"] == RUN:
        return 200, {"state": "failed"}
    if asked["Path"].endswith("/xcomEntries/findings"):
        return 200, {"value": json.dumps([each._asdict() for each in FOUND])}
    return 200, {"is_paused": False}


@contextmanager
def mwaa(reply: Callable[[Mapping[str, Any]], Reply]) -> Iterator[tuple[Any, list[Any]]]:
    asked: list[Any] = []

    def answer(request: Request) -> Response:
        assert request.path == "/restapi/gold"
        asked.append(json.loads(request.body))
        status, said = reply(asked[-1])
        content = json.dumps({"RestApiStatusCode": status, "RestApiResponse": said}).encode()
        kind = {"x-amzn-ErrorType": "RestApiClientException"} if status >= 400 else {}
        return Response(400 if status >= 400 else 200, content, kind)

    with serving(Server(answer)) as server:
        client = boto3.client(
            "mwaa",
            endpoint_url=server.url,
            region_name="eu-west-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=Config(inject_host_prefix=False, proxies={}, retries={"max_attempts": 1}),
        )
        yield client, asked


def outcome(reply: Callable[[Mapping[str, Any]], Reply], version: str = "3.3.1") -> list[Finding]:
    with mwaa(reply) as (client, _):
        return run_preflight(client, "gold", version=version, catalogue=None, marker=False)


def test_what_a_failed_run_found_is_read_from_it() -> None:
    assert outcome(airflow) == FOUND


@pytest.mark.parametrize(
    ("version", "body"),
    [
        ("2.10.3", {"conf": {"catalogue": "atlan", "marker": True}}),
        ("3.3.1", {"conf": {"catalogue": "atlan", "marker": True}, "logical_date": None}),
    ],
)
def test_the_run_is_asked_for_as_the_version_wants_it(version: str, body: Any) -> None:
    with mwaa(airflow) as (client, asked):
        run_preflight(client, "gold", version=version, catalogue="atlan", marker=True)
    [started] = [each for each in asked if each["Method"] == "POST"]
    assert started["Body"] == body


@pytest.mark.parametrize(
    ("method", "path", "reply", "said"),
    [
        ("GET", "/dags/mwaa_platform_lineage_preflight", (404, {}), "has no DAG"),
        ("GET", "/dags/mwaa_platform_lineage_preflight", (200, {"is_paused": True}), "is paused"),
        ("POST", "", (403, {"detail": "Forbidden"}), "may not run DAGs"),
        ("POST", "", (409, {"title": "Conflict"}), "refused to run"),
        ("GET", f"{RUN}/taskInstances/check/xcomEntries/findings", (404, {}), "without a word"),
        (
            "GET",
            f"{RUN}/taskInstances/check/xcomEntries/findings",
            (200, {"value": "no JSON"}),
            "without a word",
        ),
    ],
)
def test_what_is_in_the_way_is_said(method: str, path: str, reply: Reply, said: str) -> None:
    def answer(asked: Mapping[str, Any]) -> Reply:
        is_it = asked["Method"] == method and (not path or asked["Path"] == path)
        return reply if is_it else airflow(asked)

    with pytest.raises(PlatformError, match=said):
        outcome(answer)


def test_a_run_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_run, "TIMEOUT_SECONDS", 0)

    def queued(asked: Mapping[str, Any]) -> Reply:
        return (200, {"state": "queued"}) if asked["Path"] == RUN else airflow(asked)

    with pytest.raises(PlatformError, match="still queued"):
        outcome(queued)
