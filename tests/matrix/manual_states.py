"""State changes by people through the API server, while others sign in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from threading import Barrier, Event
from types import MappingProxyType

import httpx

from tests.matrix.airflow import Airflow
from tests.matrix.observation import TRIGGERED
from tests.matrix.postgresql import Database
from tests.matrix.services import Catalogue
from tests.waits import DEADLINE_SECONDS, comes_true

PERSON = {"username": "person", "password": "a-password"}
_RUNS = f"/api/v2/dags/{TRIGGERED}/dagRuns"
STATES = ("success", "failed")
RUNS = 8
OTHERS = 6
OPTIONS: Mapping[str, str] = MappingProxyType({"core.dags_are_paused_at_creation": "False"})
# Python clears away sooner or later what a child has of its parent's other threads; here at once,
# but for what the server has from the start, which would take a busy machine too long.
SOONER = """
import gc, os
from airflow.plugins_manager import AirflowPlugin
from fastapi import FastAPI
os.register_at_fork(after_in_child=gc.collect)
app = FastAPI()
@app.post("/all")
def keep():
    gc.collect()
    gc.freeze()
class Sooner(AirflowPlugin):
    name = "sooner"
    fastapi_apps = [{"app": app, "name": "sooner", "url_prefix": "/keep"}]
"""


@dataclass(kw_only=True)
class ManualStates:
    """All that came of it: the answers by request, the events.

    `database_log` is what the database said.
    """

    airflow: Airflow
    catalogue: Catalogue
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    database_log: str = ""


def set_states(airflow: Airflow, catalogue: Catalogue, database: Database) -> ManualStates:
    """Set the state of the task of each run, then of each run, while others sign in."""
    (airflow.plugins / "sooner.py").write_text(SOONER)
    airflow.airflow("sync-perm")
    names = ("--firstname", "A", "--lastname", "Person", "--email", "person@example.com")
    secrets = (f"--{name}={value}" for name, value in PERSON.items())
    airflow.airflow("users", "create", "--role", "Admin", *names, *secrets)
    airflow.airflow("dags", "reserialize")
    seen = ManualStates(airflow=airflow, catalogue=catalogue)
    with airflow.serving_api() as address, _client(address) as client:
        token = client.post("/auth/token", json=PERSON).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        runs = [f"run-{number}" for number in range(RUNS)]
        for run in runs:
            body = {"dag_run_id": run, "logical_date": None}
            client.post(_RUNS, json=body).raise_for_status()
        client.post("/keep/all").raise_for_status()
        states = dict(zip(runs, cycle(STATES)))
        with _others_signing_in(address, seen):
            for run in runs:
                _set_task(seen, client, run, states[run])
            for run in runs:
                _ask(seen, client, "run", f"{_RUNS}/{run}", {"state": states[run]})
        comes_true(lambda: len(catalogue.received) >= 2 * RUNS)
        seen.database_log = database.log
    return seen


@contextmanager
def _others_signing_in(address: str, seen: ManualStates) -> Iterator[None]:
    """Over and over again, from several threads: a password takes a while, in a transaction."""
    ended, begun = Event(), Barrier(OTHERS + 1)

    def sign_in() -> Counter[tuple[str, int]]:
        answers: Counter[tuple[str, int]] = Counter()
        with _client(address) as client:
            client.post("/auth/token", json=PERSON)
            begun.wait(DEADLINE_SECONDS)
            while not ended.is_set():
                answers["sign-in", _status(client, "POST", "/auth/token", PERSON)] += 1
        return answers

    with ThreadPoolExecutor(OTHERS) as pool:
        others = [pool.submit(sign_in) for _ in range(OTHERS)]
        try:
            begun.wait(DEADLINE_SECONDS)
            yield
        finally:
            ended.set()
    for each in others:
        seen.answers += each.result()


def _client(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=DEADLINE_SECONDS, trust_env=False)


def _set_task(seen: ManualStates, client: httpx.Client, run: str, state: str) -> None:
    _ask(seen, client, "task", f"{_RUNS}/{run}/taskInstances/work", {"new_state": state})


def _ask(
    seen: ManualStates, client: httpx.Client, what: str, path: str, body: Mapping[str, str]
) -> None:
    seen.answers[what, _status(client, "PATCH", path, body)] += 1


def _status(client: httpx.Client, method: str, path: str, body: Mapping[str, str]) -> int:
    """Of the answer; 0 without one."""
    try:
        return client.request(method, path, json=body).status_code
    except httpx.TransportError:
        return 0
