"""Another port where one is taken."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from local import ports
from local.layout import PREFERRED_PORTS, ROOT, Layout, preferred_ports


def test_a_taken_port_is_left_to_its_owner() -> None:
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        taken = owner.getsockname()[1]
        chosen = ports.choose({"aws": taken, "alb": 0})
    assert chosen["aws"] != taken
    assert len(set(chosen.values())) == len(chosen)


def test_a_free_port_is_taken_as_preferred() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    assert ports.choose({"aws": free}) == {"aws": free}


def test_two_services_never_share_a_port() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    chosen = ports.choose({"aws": free, "alb": free})
    assert chosen["aws"] != chosen["alb"]


def test_an_environment_may_be_called_as_a_service_is() -> None:
    wanted = preferred_ports(PREFERRED_PORTS)
    assert len(set(wanted.values())) == 2 * len(PREFERRED_PORTS)
    layout = Layout(state=Path("state"), ports=wanted)
    assert layout.aws == f"http://127.0.0.1:{PREFERRED_PORTS['aws']}"
    assert not layout.webserver("aws").endswith(f":{PREFERRED_PORTS['aws']}")


def test_two_runs_that_begin_together_choose_different_ports() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    code = f"from local import ports; print(ports.choose({{'aws': {free}}})); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == f"{{'aws': {free}}}\n"
        assert ports.choose({"aws": free})["aws"] != free
        other.communicate("\n")
