"""Events that the endpoint takes and shows, without tokens, and its limits."""

from __future__ import annotations

import asyncio
import hashlib
import json
from functools import partialmethod
from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup
from starlette.applications import Starlette

from local.lineage_endpoint import events as events_module
from local.lineage_endpoint.app import MAX_EVENT_BYTES, make_app
from local.lineage_endpoint.events import Events

PATH = "/events/openlineage/airflow-mwaa/api/v1/lineage"
TOKEN = "canary-77c0"


class Client:
    """Sends requests to the application, without a socket."""

    def __init__(self, app: Starlette) -> None:
        self._transport = httpx.ASGITransport(app)

    def request(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            http = httpx.AsyncClient(transport=self._transport, base_url="https://localhost")
            return await http.request(method, url, **arguments)

        return asyncio.run(send())

    get = partialmethod(request, "GET")
    post = partialmethod(request, "POST")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lineage.jsonl"


@pytest.fixture
def client(file: Path) -> Client:
    return Client(make_app(Events(file)))


def event(state: str = "START", namespace: str = "Env1", job: str = "hello.write") -> Any:
    return {"eventType": state, "job": {"namespace": namespace, "name": job}}


def rows(client: Client, query: str = "") -> list[list[str]]:
    page = BeautifulSoup(client.get(f"/{query}").text, "html.parser")
    return [[cell.get_text() for cell in row("td")] for row in page.select("tbody tr")]


def test_event_can_be_read_with_its_path_and_the_hash_of_its_token(client: Client) -> None:
    sent = client.post(PATH, json=event(), headers={"Authorization": f"Bearer {TOKEN}"})
    assert sent.status_code == 201
    client.post("/elsewhere", json=event("COMPLETE"))

    first, second = client.get("/events").json()
    assert first.pop("received_at")
    assert first == {
        "path": PATH,
        "bearer_sha256": hashlib.sha256(TOKEN.encode()).hexdigest(),
        "event": event(),
    }
    assert second["bearer_sha256"] is None
    assert second["event"]["eventType"] == "COMPLETE"


def test_token_is_kept_nowhere(client: Client, file: Path) -> None:
    client.post(PATH, json=event(), headers={"Authorization": f"Bearer {TOKEN}"})
    assert json.loads(file.read_text())["event"] == event()
    assert TOKEN not in file.read_text() + client.get("/").text + client.get("/events").text


def test_page_shows_the_newest_first_with_the_state_as_a_word(client: Client) -> None:
    client.post(PATH, json=event("START"))
    client.post(PATH, json=event("FAIL", job="hello.<script>"))
    assert [row[1:4] for row in rows(client)] == [
        ["Env1", "hello.<script>", "FAIL"],
        ["Env1", "hello.write", "START"],
    ]
    assert "<script>" not in client.get("/").text


@pytest.mark.parametrize(
    ("query", "jobs"),
    [
        ("", ["c", "b", "a.x"]),
        ("?namespace=Env1", ["b", "a.x"]),
        ("?state=COMPLETE", ["c", "b"]),
        ("?job=A.", ["a.x"]),
        ("?namespace=Env1&state=COMPLETE&job=", ["b"]),
        ("?namespace=Env3", []),
    ],
)
def test_page_can_be_narrowed(client: Client, query: str, jobs: list[str]) -> None:
    client.post(PATH, json=event("START", "Env1", "a.x"))
    client.post(PATH, json=event("COMPLETE", "Env1", "b"))
    client.post(PATH, json=event("COMPLETE", "Env2", "c"))
    assert [row[2] for row in rows(client, query)] == jobs


def test_page_refreshes_itself_until_it_is_paused(client: Client) -> None:
    assert 'http-equiv="refresh"' in client.get("/").text
    assert 'http-equiv="refresh"' not in client.get("/?refresh=off").text


@pytest.mark.parametrize(
    "odd", [{}, {"eventType": None, "job": "hello"}, {"job": {"name": None}}, {"eventType": [1]}]
)
def test_event_of_another_shape_is_shown_all_the_same(client: Client, odd: Any) -> None:
    assert client.post(PATH, json=odd).status_code == 201
    assert client.get("/events").json()[0]["event"] == odd
    assert len(rows(client)) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        (b"[" * 200_000, 400),
        (b'{"a": "' + b"a" * MAX_EVENT_BYTES + b'"}', 413),
    ],
    ids=["nothing", "no JSON", "no object", "no text", "deep", "giant"],
)
def test_what_is_no_event_is_refused(client: Client, body: bytes, status: int) -> None:
    assert client.post(PATH, content=body).status_code == status
    assert client.get("/events").json() == []


@pytest.mark.parametrize(("limit", "value"), [("MAX_EVENTS", 3), ("MAX_BYTES", 1000)])
def test_memory_has_bounds_and_the_file_has_all(
    client: Client, file: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(events_module, limit, value)
    for number in range(20):
        client.post(PATH, json=event(job=f"job-{number}"))
    kept = [received["event"]["job"]["name"] for received in client.get("/events").json()]
    assert 1 < len(kept) < 10
    assert kept[-1] == "job-19"
    assert len(file.read_text().splitlines()) == 20
