"""Duration of `up`, memory of the whole local platform, duration of a synth.

    .venv/bin/python -m benchmarks.local_run

Runs in a clone of the committed state with an empty HOME, so that the first run downloads and
installs everything. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.machine import describe_machine
from boundary import errors_shown
from local.layout import DEFAULT_STATE, ROOT
from local.processes import Processes


def main() -> None:
    """Measures and prints."""
    argparse.ArgumentParser(
        prog="python -m benchmarks.local_run",
        description="How long the whole takes on this machine, and how much memory it needs.",
    ).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clone, home = Path(folder) / "clone", Path(folder) / "home"
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        rows = _measure(clone, {**os.environ, "HOME": str(home)})
    print(f"{describe_machine()}\n")
    print("| What | Measured |\n|---|---|")
    for name, value in rows:
        print(f"| {name} | {value} |")


def _measure(clone: Path, env: dict[str, str]) -> list[tuple[str, str]]:
    first = _seconds(clone, env, "up")
    state = clone / DEFAULT_STATE.relative_to(ROOT)
    time.sleep(20)
    memory = Processes.recorded(state / "processes.json").resident_bytes()
    synth = [_synth(clone, state, env) for _ in range(3)]
    down = _seconds(clone, env, "down")
    again = _seconds(clone, env, "up")
    _seconds(clone, env, "down")
    return [
        ("`up`, first time, everything downloaded", f"{first:.0f} s"),
        ("`up`, set up before", f"{again:.0f} s"),
        ("`down`", f"{down:.0f} s"),
        ("resident memory of all processes (PSS), idle", f"{memory / 1e9:.2f} GB"),
        ("`python app.py`, two environments", ", ".join(f"{each:.1f} s" for each in synth)),
    ]


def _seconds(clone: Path, env: dict[str, str], command: str) -> float:
    started = time.monotonic()
    subprocess.run(
        [str(clone / "mwaa-platform"), command], env=env, stdout=subprocess.DEVNULL, check=True
    )
    return time.monotonic() - started


def _synth(clone: Path, state: Path, env: dict[str, str]) -> float:
    """The seconds of a synth of the configuration of `up`, in a process of its own."""
    started = time.monotonic()
    subprocess.run(
        [str(clone / ".venv/bin/python"), str(clone / "app.py")],
        cwd=state / "cdk",
        env={**env, "PATH": f"{clone / '.venv/bin'}:{env['PATH']}"},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.monotonic() - started


if __name__ == "__main__":
    with errors_shown():
        main()
