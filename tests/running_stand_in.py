"""The AWS stand-in alone, with the CDK CLI to deploy to it, and trouble that tests can make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.aws import service
from local.layout import CACHE, ROOT, Layout
from local.processes import Processes
from local.toolchain import install_node_packages
from tests.waits import DEADLINE_SECONDS


@contextmanager
def running_stand_in(
    layout: Layout, *, webservers: Mapping[str, str], ca: Path
) -> Iterator[Processes]:
    """The stand-in until the block ends; its trouble is `trouble.json` in the state's folder.

    `webservers` has the host and port of each environment's Airflow, `ca` their authority.
    """
    install_node_packages(ROOT)
    (key := layout.state / "token.key").write_bytes(b"a key")
    program = service.program(
        service.install(CACHE),
        layout,
        webservers=webservers,
        token_key=key,
        lineage=layout.lineage,
        ca_bundle=ca,
        trouble=layout.state / "trouble.json",
    )
    processes = Processes(layout.state / "processes.json")
    processes.start(program)
    try:
        processes.wait_until(lambda: service.ready(layout), program.name, seconds=DEADLINE_SECONDS)
        yield processes
    finally:
        processes.stop()
