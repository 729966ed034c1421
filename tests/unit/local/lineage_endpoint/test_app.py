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
from local.lineage_endpoint.airflow_links import WebServer
from local.lineage_endpoint.app import MAX_EVENT_BYTES, make_app
from local.lineage_endpoint.events import Events
from tests.unit.local.lineage_endpoint.events import airflow_facets, dataset, event

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
    web_server = WebServer(url="https://env1.localhost:8446", major=3)
    return Client(make_app(Events(file), {"Env1": web_server}))


def soup(client: Client, path: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(path).text, "html.parser")


def rows(client: Client, query: str = "", section: str = "runs") -> list[list[str]]:
    found = soup(client, f"/{query}").select(f"#{section} tbody tr")
    return [[cell.get_text(" ", strip=True) for cell in row("td")] for row in found]


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


def test_page_has_the_lineage_without_a_script(client: Client) -> None:
    client.post(PATH, json=event(run="a", inputs=[dataset("/a.csv")], outputs=[dataset("b")]))
    assert rows(client, section="jobs") == [["Env1 hello.write", "a.csv", "b"]]


def test_run_links_to_its_events_and_to_airflow(client: Client) -> None:
    facets = airflow_facets("write")
    client.post(PATH, json=event(run="a", facets=facets, time="2026-11-29T10:00:00Z"))
    client.post(PATH, json=event("COMPLETE", run="a", time="2026-11-29T10:00:02.5Z"))
    client.post(PATH, json=event("COMPLETE", "Env2", run="b", facets=facets))

    other, run = rows(client)
    assert run[0] == "2026-11-29 10:00:00"
    assert run[2:5] == ["hello.write", "COMPLETE", "2.5 s"]
    assert other[1] == "Env2"  # whose Airflow is not known here
    links = [str(each["href"]) for each in soup(client, "/").select("#runs a")]
    assert links == [
        "/events/3",
        "/events/1",
        "/events/2",
        "https://env1.localhost:8446/dags/hello/runs/manual__2026-11-29T00%3A00%3A00%2B00%3A00"
        "/tasks/write",
    ]


def test_event_is_shown_as_json_for_people(client: Client) -> None:
    odd = {**event(run="a"), "producer": "</pre><script> \ud800 ü"}
    client.post(PATH, content=json.dumps(odd), headers={"Authorization": f"Bearer {TOKEN}"})
    page = soup(client, "/events/1")
    (shown,) = page.select("pre")
    assert json.loads(shown.get_text()) == {**odd, "producer": "</pre><script> ? ü"}
    assert len(shown.get_text().splitlines()) > len(odd)
    assert hashlib.sha256(TOKEN.encode()).hexdigest() in page.get_text()
    assert page.find("script") is None
    assert client.get("/events/2").status_code == 404


def test_graph_is_sent_when_something_came(client: Client) -> None:
    assert client.get("/graph").json() == {
        "received": 0,
        "nodes": [],
        "edges": [],
        "left_out": 0,
    }
    assert client.get("/graph?since=0").status_code == 204
    client.post(PATH, json=event(run="a", outputs=[dataset("b")]))
    drawn = client.get("/graph?since=0").json()
    assert (drawn["received"], len(drawn["nodes"]), len(drawn["edges"])) == (1, 2, 1)
    assert client.get("/graph?namespace=Env2").json()["nodes"] == []


@pytest.mark.parametrize("path", ["/", "/graph", "/events", "/events/1", "/files/page.js"])
def test_only_the_pages_own_files_are_run(client: Client, path: str) -> None:
    client.post(PATH, json=event())
    policy = client.get(path).headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["package.json", "__init__.py", "app.py"])
def test_no_other_file_is_served(client: Client, name: str) -> None:
    assert client.get(f"/files/{name}").status_code == 404


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
