"""Connections of a program and of all that it starts, as strace sees them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

STRACE = shutil.which("strace")
CONNECTION = re.compile(
    r"\d+<(?P<program>[^>]*)> connect\(.*sa_family=AF_INET6?,.*?htons\((?P<port>\d+)\)"
    r'.*?(inet_addr\("|inet_pton\(AF_INET6, ")(?P<address>[^"]+)"'
)


@dataclass(frozen=True, kw_only=True)
class Connection:
    """An attempt of a program, by its name, to connect to an address."""

    program: str
    address: str
    port: int

    @property
    def leaves_the_machine(self) -> bool:
        """Whether the address is not one of this machine's loopback."""
        address = ip_address(self.address)
        mapped = getattr(address, "ipv4_mapped", None)
        return not ((mapped or address).is_loopback or address.is_unspecified)


def run_watched(command: Sequence[str], log: Path) -> subprocess.CompletedProcess[str]:
    """Runs a program; strace writes the log as long as anything of it runs.

    The output goes through files: strace would hold a pipe open after the program's end.
    """
    output, errors = log.with_suffix(".out"), log.with_suffix(".err")
    redirected = ["sh", "-c", f'exec "$@" >"{output}" 2>"{errors}"', "sh", *command]
    watching = [str(STRACE), "-DDD", "-f", "-Y", "--seccomp-bpf", "-qq"]
    ran = subprocess.run(
        [*watching, "-e", "trace=connect", "-e", "signal=none", "-o", str(log), *redirected],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return subprocess.CompletedProcess(
        command, ran.returncode, output.read_text(), errors.read_text()
    )


def connections(log: Path) -> Iterator[Connection]:
    """The connections of strace's log."""
    for found in CONNECTION.finditer(log.read_text(errors="replace")):
        yield Connection(
            program=found["program"], address=found["address"], port=int(found["port"])
        )
