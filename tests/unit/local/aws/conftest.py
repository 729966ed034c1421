"""One stand-in for all of these tests, used through AWS's API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.aws import service
from local.layout import CACHE, Layout
from local.ports import choose
from local.processes import Processes
from tests.loopback import Request, Response, Server, serving
from tests.unit.local.aws.stand_in import TOKEN_KEY, WEBSERVERS, StandIn
from tests.waits import DEADLINE_SECONDS

# Below those that the system hands out: nobody gets it by chance before the stand-in listens.
PREFERRED_PORT = 14566


class Catalogue(Server):
    """A lineage endpoint that keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.received: list[Request] = []

    def _answer(self, request: Request) -> Response:
        self.received.append(request)
        return Response(201)


@pytest.fixture(scope="session")
def catalogue() -> Iterator[Catalogue]:
    with serving(Catalogue()) as server:
        yield server


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[StandIn]:
    state = tmp_path_factory.mktemp("stand-in")
    (key := state / "token.key").write_bytes(TOKEN_KEY)
    (ca := state / "ca.pem").touch()
    layout = Layout(state=state, ports=choose({"aws": PREFERRED_PORT}))
    program = service.program(
        service.install(CACHE),
        layout,
        webservers=WEBSERVERS,
        token_key=key,
        lineage=catalogue.url,
        ca_bundle=ca,
        trouble=state / "trouble.json",
    )
    processes = Processes(state / "processes.json")
    processes.start(program)
    try:
        processes.wait_until(lambda: service.ready(layout), program.name, seconds=DEADLINE_SECONDS)
        yield StandIn(
            endpoint=layout.aws,
            ca_bundle=ca,
            pid=processes.started[0].pid,
            trouble_file=state / "trouble.json",
        )
    finally:
        processes.stop()
