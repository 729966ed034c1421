"""The folder in which a team's code works."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that is removed with all that code has made there.

    By programs of the system, since Python removes no folders that are a thousand deep.
    """
    with TemporaryDirectory(prefix="mwaa-platform-check-") as folder:
        try:
            yield Path(folder)
        finally:
            for program in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
                command = [*program, "--", *map(str, Path(folder).iterdir())]
                subprocess.run(command, stderr=subprocess.DEVNULL, check=False)
