"""Changes of the files of a local Airflow's project."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.local_airflow.merge_result import MergeResult
from errors import PlatformError
from local.atomic_write import write_atomically

CHECK_DAG = Path(__file__).parent / "dags" / "mwaa_platform_secrets_check.py"


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """Content of a file before (None where there is none) and after, and steps left to the user."""

    path: Path
    before: bytes | None
    after: bytes
    manual_steps: tuple[str, ...] = ()

    @property
    def is_needed(self) -> bool:
        return self.after != self.before

    def apply(self) -> None:
        """Writes the file as a whole or not at all; raises PlatformError."""
        with _os_errors_translated(self.path.resolve()):
            write_atomically(self.path, self.after)


def merged_change(path: Path, merge: Callable[[str], MergeResult]) -> FileChange:
    """Returns the change of a file into which something is merged."""
    before = _content(path)
    try:
        merged = merge((before or b"").decode())
    except UnicodeDecodeError:
        raise PlatformError(
            "The file holds what is not text in UTF-8.",
            place=str(path),
            remedy="Save it as UTF-8, or move it away and run this again.",
        ) from None
    return FileChange(
        path=path, before=before, after=merged.text.encode(), manual_steps=merged.manual_steps
    )


def new_file_change(
    path: Path, wanted: bytes, *, manual_step: str, in_place_of: str | None = None
) -> FileChange:
    """Returns the change of a file that is written where there is none, or the text `in_place_of`.

    Another file is kept, and `manual_step` says what to do about it.
    """
    before = _content(path)
    is_stub = in_place_of is not None and _same_text(before, in_place_of)
    if before is None or before == wanted or is_stub:
        return FileChange(path=path, before=before, after=wanted)
    return FileChange(path=path, before=before, after=before, manual_steps=(manual_step,))


def check_dag_change(dags: Path) -> FileChange:
    """Returns the change that adds the DAG that checks whether the secrets can be read."""
    return new_file_change(
        dags / CHECK_DAG.name,
        CHECK_DAG.read_bytes(),
        manual_step="It is not the check DAG of this version. Delete it and run this again.",
    )


def _same_text(content: bytes | None, text: str) -> bool:
    """Whether a file has this text, whatever its line ends."""
    return content is not None and content.split() == text.encode().split()


def _content(path: Path) -> bytes | None:
    with _os_errors_translated(path):
        with contextlib.suppress(FileNotFoundError):
            return path.read_bytes()
        return None


@contextlib.contextmanager
def _os_errors_translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PlatformError(
            f"The file cannot be read or written: {error.strerror}.",
            place=str(path),
            remedy="It is as it was. Check --output, its permissions and the disk.",
        ) from None
