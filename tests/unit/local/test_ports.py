"""Choice of another port where one is taken."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from local import ports
from local.layout import PREFERRED_PORTS, ROOT, Layout, preferred_ports


def unused_port() -> int:
    """Below those that the system hands out, so that nobody gets it by chance meanwhile."""
    for port in random.sample(range(20_000, 30_000), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    pytest.fail("no port is free")


def test_a_taken_port_is_left_to_its_owner() -> None:
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        taken = owner.getsockname()[1]
        chosen = ports.choose({"aws": taken, "alb": 0})
    assert chosen["aws"] != taken
    assert len(set(chosen.values())) == len(chosen)


def test_a_port_in_its_place_is_nobody_elses_before_its_server_listens() -> None:
    """The system hands those from 32768 on to whoever asks for any."""
    with ExitStack() as owners:
        preferred = unused_port()
        for port in (preferred, preferred + ports.STEP):
            owner = owners.enter_context(socket.socket())
            owner.bind(("127.0.0.1", port))
            owner.listen()
        chosen = ports.choose({"aws": preferred, "alb": preferred})
    assert not {preferred, preferred + ports.STEP} & set(chosen.values())
    assert all(1024 < port < 32_768 for port in chosen.values())
    assert len(set(chosen.values())) == 2


def test_where_all_of_those_are_taken_any_other_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "FIRST_EPHEMERAL", 0)
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        taken = owner.getsockname()[1]
        assert ports.choose({"aws": taken})["aws"] not in {0, taken}


def test_a_free_port_is_taken_as_preferred() -> None:
    free = unused_port()
    assert ports.choose({"aws": free}) == {"aws": free}


def test_two_services_never_share_a_port() -> None:
    free = unused_port()
    chosen = ports.choose({"aws": free, "alb": free})
    assert chosen["aws"] != chosen["alb"]


def test_an_environment_may_be_called_as_a_service_is() -> None:
    wanted = preferred_ports(PREFERRED_PORTS)
    assert len(set(wanted.values())) == 2 * len(PREFERRED_PORTS)
    layout = Layout(state=Path("state"), ports=wanted)
    assert layout.aws == f"http://127.0.0.1:{PREFERRED_PORTS['aws']}"
    assert not layout.webserver("aws").endswith(f":{PREFERRED_PORTS['aws']}")


def test_two_runs_that_begin_together_choose_different_ports() -> None:
    free = unused_port()
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


def test_a_port_is_kept_for_the_server_that_takes_it_next() -> None:
    port = unused_port()
    choosing = f"from local.ports import choose; print(choose({{'a': {port}}})['a'])"

    def chosen_elsewhere() -> int:
        command = [sys.executable, "-c", choosing]
        return int(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)

    with ports.kept([port]):
        assert chosen_elsewhere() != port
    assert chosen_elsewhere() == port
