"""The database of tests/matrix runs in a clone that root alone may enter."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from errors import PlatformError
from tests.matrix.postgresql import reachable

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts it as another account")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A program in a folder that root alone may enter."""
    folder = tmp_path / "native" / "bin"
    folder.mkdir(parents=True)
    program = folder / "initdb"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    tmp_path.chmod(0o700)
    return folder


def test_another_account_reaches_the_programs(programs: Path) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    with TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        found = reachable(programs, home)
        subprocess.run([found / "initdb"], cwd="/", user=nobody, extra_groups=[], check=True)


def test_a_temporary_folder_of_roots_is_refused_in_one_line(programs: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(PlatformError, match="PostgreSQL does not run as root") as refused:
        reachable(programs, home)
    assert "TMPDIR" in str(refused.value.remedy)


def test_programs_that_all_may_enter_are_not_copied() -> None:
    assert reachable(Path("/usr/bin"), Path("/nowhere")) == Path("/usr/bin")
