"""A few bytes that the processes of one host keep for one another.

Airflow sends each task's events from a process of its own, so what one of them learnt is gone with
it. Files in a folder of this user's below the temporary folder outlive them. Other users may write
to the temporary folder too: nothing is read or written through a link, or in a folder or file that
somebody else owns or may open.

Everything here raises OSError where that cannot be had: a folder that another user made first, a
disk that is full or read-only.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LIMIT_BYTES = 1 << 20
"""No file is read further: a secret has at most 64 KiB."""

POLL_SECONDS = 0.02

_PLAIN = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe in a file's place must not block

_held: set[int] = set()


def _close_in_child() -> None:
    """A lock belongs to all copies of its descriptor: a child's would outlive a parent killed."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_close_in_child)


def read(name: str) -> bytes | None:
    """The file's content, None where there is no such file."""
    with _folder() as folder:
        try:
            descriptor = os.open(name, os.O_RDONLY | _PLAIN, dir_fd=folder)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            _check(descriptor, stat.S_ISREG)
            return file.read(LIMIT_BYTES)


def write(name: str, content: bytes) -> None:
    """Replace the file at once: who reads sees the old content or the new. Needs the lock."""
    new = f"{name}.new"
    with _folder() as folder:
        with suppress(FileNotFoundError):
            os.unlink(new, dir_fd=folder)  # of a process that was killed
        try:
            descriptor = os.open(
                new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN, 0o600, dir_fd=folder
            )
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            os.replace(new, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            with suppress(OSError):
                os.unlink(new, dir_fd=folder)
            raise


@contextmanager
def lock(name: str, seconds: float) -> Iterator[bool]:
    """Hold the lock of this name, False where another process or thread kept it for so long."""
    with _folder() as folder:
        flags = os.O_RDWR | os.O_CREAT | _PLAIN
        descriptor = os.open(f"{name}.lock", flags, 0o600, dir_fd=folder)
        _held.add(descriptor)
        try:
            _check(descriptor, stat.S_ISREG)
            os.utime(descriptor)  # for `remove_older`
            yield _locked(descriptor, seconds)
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            _held.discard(descriptor)
            os.close(descriptor)


def remove_older(seconds: float) -> None:
    """Remove what nobody has written or locked for so long."""
    oldest = time.time() - seconds
    with _folder() as folder, os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):  # another process was first, or it is no file
                if entry.stat(follow_symlinks=False).st_mtime < oldest:
                    os.unlink(entry.name, dir_fd=folder)


def _locked(descriptor: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)
        else:
            return True


@contextmanager
def _folder() -> Iterator[int]:
    """A descriptor of the folder, which stays the same whatever becomes of its path."""
    path = Path(tempfile.gettempdir(), f"mwaa-platform-{os.geteuid()}")
    path.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _check(descriptor, stat.S_ISDIR)
        yield descriptor
    finally:
        os.close(descriptor)


def _check(descriptor: int, is_kind: Callable[[int], bool]) -> None:
    found = os.fstat(descriptor)
    private = stat.S_IMODE(found.st_mode) & 0o077 == 0
    if not (is_kind(found.st_mode) and found.st_uid == os.geteuid() and private):
        raise PermissionError("what stands in its place is not of its kind, or this user's alone")
