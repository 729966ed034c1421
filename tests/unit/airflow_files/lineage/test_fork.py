"""A process of Airflow 3 that forks with a transaction open, as its lineage provider does, while
its threads are at work: the real SQLAlchemy and psycopg2 of its versions, and a server that tells
the connections apart. tests/matrix has a real API server."""

from __future__ import annotations

import os
import socketserver
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock, Thread

import pytest

from errors import PlatformError
from local.layout import CACHE, ROOT
from local.pins import PYTHON
from local.toolchain import virtual_environment
from tests.waits import DEADLINE_SECONDS

# SQLAlchemy and psycopg2, of Airflow 3.0.6 and 3.3.1.
PACKAGES = (("1.4.54", "2.9.10"), ("2.0.51", "2.9.12"))

SLOW_SECONDS = 3

PARAMETERS = {"server_version": "15.0", "client_encoding": "UTF8", "DateStyle": "ISO, MDY"}

# As Airflow's settings do, the child gives up the pool that it inherits.
PROGRAM = """
import io, logging, os, signal, sys, threading, time
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker
engine = create_engine(
    f"postgresql+psycopg2://airflow@127.0.0.1:{sys.argv[1]}/airflow?sslmode=disable",
    use_native_hstore=False, future=True,
)
os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
import mwaa_platform_fork
mwaa_platform_fork.leave_connections_to_parents()
mwaa_platform_fork.leave_connections_to_parents()
Session = sessionmaker(bind=engine, future=True)
session, idle, ended, busy = Session(), Session(), Session(), Session()
ended.execute(text("select 'long before'"))
ended.commit()
ended.begin()
session.execute(text("select 'before'"))
def ask_slowly():
    busy.execute(text("select 'slowly'"))
    busy.commit()
class Slow(io.FileIO):
    def write(self, data):
        written.wait()
        return super().write(data)
written = threading.Event()
sys.stdout = io.TextIOWrapper(io.BufferedWriter(Slow(1, "w", closefd=False)))
logging.basicConfig(stream=sys.stdout, level=logging.INFO)
threads = [
    threading.Thread(target=ask_slowly),
    threading.Thread(target=print, args=("of the parent",), kwargs={"flush": True}),
]
for each in threads:
    each.start()
time.sleep(1)
child = os.fork()
if not child:
    signal.alarm(10)
    session.execute(text("select 'in the child'"))
    logging.info("said by the child")
    print("and printed")
    session.close()
    os._exit(0)
_, status = os.waitpid(child, 0)
written.set()
for each in threads:
    each.join()
session.execute(text("select 'after'"))
session.commit()
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Database(socketserver.ThreadingTCPServer):
    """Speaks as much of PostgreSQL's protocol as the client needs to begin, and answers each query
    with one row. `queries` has the number of the connection that each came on."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.lock = Lock()
        self.connections = 0
        self.queries: list[tuple[int, str]] = []

    def number(self) -> int:
        with self.lock:
            self.connections += 1
            return self.connections


class _Connection(socketserver.StreamRequestHandler):
    server: Database

    def handle(self) -> None:
        number = self.server.number()
        self.rfile.read(struct.unpack("!I", self.rfile.read(4))[0] - 4)
        self._send(b"R", struct.pack("!I", 0))
        for name, value in PARAMETERS.items():
            self._send(b"S", f"{name}\0{value}\0".encode())
        self._send(b"Z", b"I")
        while kind := self.rfile.read(1):
            body = self.rfile.read(struct.unpack("!I", self.rfile.read(4))[0] - 4)
            if kind == b"X":
                return
            query = body.rstrip(b"\0").decode()
            self.server.queries.append((number, query))
            if "slowly" in query:
                time.sleep(SLOW_SECONDS)
            self._answer(query)

    def _answer(self, query: str) -> None:
        if query in ("BEGIN", "COMMIT", "ROLLBACK"):
            self._send(b"C", query.encode() + b"\0")
            self._send(b"Z", b"T" if query == "BEGIN" else b"I")
            return
        value = b"PostgreSQL 15.0" if "version" in query else b"on"
        column = b"answer\0" + struct.pack("!IHIhih", 0, 0, 25, -1, -1, 0)
        self._send(b"T", struct.pack("!H", 1) + column)
        self._send(b"D", struct.pack("!HI", 1, len(value)) + value)
        self._send(b"C", b"SELECT 1\0")
        self._send(b"Z", b"T")

    def _send(self, kind: bytes, body: bytes) -> None:
        self.wfile.write(kind + struct.pack("!I", len(body) + 4) + body)


@pytest.fixture
def database() -> Iterator[Database]:
    with Database() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module", params=PACKAGES, ids="-".join)
def python(request: pytest.FixtureRequest) -> Path:
    sqlalchemy, psycopg = request.param
    return virtual_environment(
        CACHE / f"sqlalchemy-{sqlalchemy}-psycopg2-{psycopg}",
        python=PYTHON,
        requirements=f"sqlalchemy=={sqlalchemy}\npsycopg2-binary=={psycopg}",
        failure=PlatformError("SQLAlchemy could not be installed.", remedy=""),
    )


def test_child_has_a_connection_of_its_own_leaves_its_parents_whole_and_waits_for_none(
    python: Path, database: Database
) -> None:
    port = str(database.server_address[1])
    result = subprocess.run(
        [python, "-c", PROGRAM, port],
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT / "airflow_files" / "lineage")},
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
    assert result.returncode == 0, result.stderr
    connections = {query: number for number, query in database.queries}
    assert connections["select 'slowly'"] == 2
    assert connections["select 'in the child'"] == 3
    assert database.connections == 3, "a session without a transaction has opened one"
    assert connections["select 'before'"] == connections["select 'after'"] == 1
    of_the_parent = [query for number, query in database.queries if number == 1]
    assert of_the_parent[-3:] == ["select 'before'", "select 'after'", "COMMIT"]
    of_the_thread = [query for number, query in database.queries if number == 2]
    assert of_the_thread[-2:] == ["select 'slowly'", "COMMIT"]
    for line in ("said by the child", "and printed", "of the parent"):
        assert line in result.stdout
