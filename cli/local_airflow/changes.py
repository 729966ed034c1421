"""Files that an export writes, extends, or leaves as they are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.atomic_write import write_whole
from cli.local_airflow.merging import Merged
from errors import PlatformError

CHECK_DAG = Path(__file__).parent / "dags" / "mwaa_platform_secrets_check.py"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a file holds (None where there is none), what it shall hold, and what is left to do."""

    path: Path
    before: bytes | None
    after: bytes
    left: tuple[str, ...] = ()

    @property
    def is_needed(self) -> bool:
        return self.after != self.before

    def make(self) -> None:
        """Write the file as a whole or not at all; raises PlatformError."""
        with _explained(self.path.resolve()):
            write_whole(self.path, self.after)


def of_text(path: Path, merge: Callable[[str], Merged]) -> Change:
    """A file to which something is added."""
    before = _content(path)
    try:
        merged = merge((before or b"").decode())
    except UnicodeDecodeError:
        raise PlatformError(
            "The file holds what is not text in UTF-8.",
            place=str(path),
            remedy="Save it as UTF-8, or move it away and run this again.",
        ) from None
    return Change(path=path, before=before, after=merged.text.encode(), left=merged.left)


def of_whole(path: Path, wanted: bytes, *, otherwise: str) -> Change:
    """A file that is written where there is none; beside another, `otherwise` says what to do."""
    before = _content(path)
    if before is None or before == wanted:
        return Change(path=path, before=before, after=wanted)
    return Change(path=path, before=before, after=before, left=(otherwise,))


def check_dag(dags: Path) -> Change:
    """The DAG that tells whether the secrets can be read."""
    return of_whole(
        dags / CHECK_DAG.name,
        CHECK_DAG.read_bytes(),
        otherwise="It is not the check DAG of this version. Delete it and run this again.",
    )


def _content(path: Path) -> bytes | None:
    with _explained(path):
        with contextlib.suppress(FileNotFoundError):
            return path.read_bytes()
        return None


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PlatformError(
            f"The file cannot be read or written: {error.strerror}.",
            place=str(path),
            remedy="It is as it was. Check --output, its permissions and the disk.",
        ) from None
