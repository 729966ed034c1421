"""Concurrent installation of node packages, done once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.waits import DEADLINE_SECONDS

INSTALL = "import pathlib, sys; from local.toolchain import install_node_packages as install; "
AT_ONCE = 4


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
