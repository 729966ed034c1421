"""The boundary of our programs: whatever ends one is shown as one error, never as a traceback."""

from __future__ import annotations

import errno
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import console
from errors import PlatformError

DETAILS = Path(__file__).resolve().parent / ".local" / "defects"

REMEDIES: Mapping[int, str] = MappingProxyType(
    {
        errno.ENOSPC: "Free some space, then run this again.",
        errno.EDQUOT: "Free some space, then run this again.",
        errno.EROFS: "Choose a folder that can be written to.",
        errno.EACCES: "Change its permissions, or choose another, then run this again.",
        errno.EPERM: "Change its permissions, or choose another, then run this again.",
        errno.EMFILE: "Raise the limit of open files (`ulimit -n`), then run this again.",
        errno.ENAMETOOLONG: "Choose a shorter path.",
    }
)
"""What helps where the machine refuses a file; another error of a file's is a defect of ours."""


@contextmanager
def errors_shown() -> Iterator[None]:
    """Shows an error that ends the block, and ends the process with its exit status.

    An error that is none of ours is a defect: its traceback goes to a file that only its owner may
    read, since the texts in it are not known, and the message names the file.
    """
    try:
        yield
    except PlatformError as error:
        console.exit_with(error)
    except OSError as error:
        console.exit_with(_refusal(error) or defect(error))
    except Exception as error:  # noqa: BLE001
        console.exit_with(defect(error))


def _refusal(error: OSError) -> PlatformError | None:
    """The error to show where the machine refuses a file, with a remedy that is known."""
    remedy = REMEDIES.get(error.errno or 0)
    if error.filename is None or remedy is None:
        return None
    return PlatformError(f"{error.strerror}.", place=str(error.filename), remedy=remedy)


def defect(error: Exception) -> PlatformError:
    """The error to show for a defect, whose details are in the file that it names."""
    kind = type(error).__name__
    *_, frame = traceback.extract_tb(error.__traceback__) or [None]
    last = f"{Path(frame.filename).name}, line {frame.lineno}" if frame else "an unknown line"
    try:
        place = str(_write_details(error))
    except OSError:
        return PlatformError(
            f"This is a defect of MWAA Platform: {kind} in {last}.",
            remedy="Its details could be written nowhere. Free some space, run this again, and "
            "report it with them.",
        )
    return PlatformError(
        f"This is a defect of MWAA Platform: {kind} in {last}.",
        place=place,
        remedy="Report it with this file. Read it first: it may name files and accounts of yours.",
    )


def _write_details(error: Exception) -> Path:
    versions = f"Python {platform.python_version()} on {platform.platform()}"
    text = f"{sys.argv[:2]}, {versions}\n{''.join(traceback.format_exception(error))}"
    name = f"{datetime.now(tz=UTC):%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    try:
        DETAILS.mkdir(parents=True, exist_ok=True)
        return _write_private(DETAILS / name, text)
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="mwaa-platform-"))
        return _write_private(folder / name, text)


def _write_private(path: Path, text: str) -> Path:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path
