"""Concurrent installation of node packages, done once, and what builds packages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from errors import PlatformError
from local.toolchain import run, run_uv
from tests.waits import DEADLINE_SECONDS

INSTALL = "import pathlib, sys; from local.toolchain import install_node_packages as install; "
AT_ONCE = 4
PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """\
import json, os, pathlib
pathlib.Path({file!r}).write_text(json.dumps(dict(os.environ)))
"""


def test_many_at_once_install_the_node_packages_of_a_folder_once(tmp_path: Path) -> None:
    package = {"name": "counted", "version": "1.0.0"}
    script = {"preinstall": "echo installed >> installations && sleep 1"}
    lock = {**package, "lockfileVersion": 3, "packages": {"": package}}
    (tmp_path / "package.json").write_text(json.dumps({**package, "scripts": script}))
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))

    command = [sys.executable, "-c", f"{INSTALL}install(pathlib.Path(sys.argv[1]))", str(tmp_path)]
    running = [subprocess.Popen(command) for _ in range(AT_ONCE)]

    assert [process.wait(timeout=DEADLINE_SECONDS) for process in running] == [0] * AT_ONCE
    assert (tmp_path / "installations").read_text().split() == ["installed"]


@pytest.mark.parametrize(
    "said",
    [
        "error: failed to write /a/b: No space left on device (os error 28)",
        "npm error code ENOSPC",
        "OSError: [Errno 122] Disk quota exceeded",
    ],
)
def test_a_full_disk_is_not_taken_for_the_networks_fault(said: str) -> None:
    failure = PlatformError("It could not be installed.", remedy="Check the network.")
    script = f"print({said!r}); raise SystemExit(1)"
    with pytest.raises(PlatformError, match="It could not be installed") as raised:
        run([sys.executable, "-c", script], failure=failure)
    assert raised.value.remedy.startswith("The disk is full. Free some space")
    assert said in raised.value.remedy
    assert "network" not in raised.value.remedy


def test_what_is_built_gets_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-person")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    seen = tmp_path / "seen.json"
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "backend.py").write_text(BACKEND.format(file=str(seen)))
    failure = PlatformError("It has no hooks.", remedy="")
    with pytest.raises(PlatformError, match="no hooks"):
        run_uv("build", "--wheel", "--python", sys.executable, str(tmp_path), failure=failure)
    variables = json.loads(seen.read_text())
    assert "AWS_SECRET_ACCESS_KEY" not in variables
    assert variables["UV_HTTP_RETRIES"] == "0"
