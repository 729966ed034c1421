"""Reproducible archives of generated files and a team's.

A team's files are in a folder or a zip. None may have a path outside the archive, and none may
shadow a generated module.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import re
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from artifacts.conflict import ConflictError

LARGEST_BYTES = 1_000_000_000
"""MWAA accepts a plugins.zip below 1 GB."""

EXCLUDED = frozenset({"__pycache__", ".git", ".venv", ".idea", ".vscode", ".DS_Store", "__MACOSX"})
"""Files and folders that tools leave behind."""

SECRET_FILES = re.compile(
    r"\.env(\.(?!(example|sample|template|dist|defaults?)$).*)?"
    r"|\.aws|\.netrc|\.pypirc|\.ssh|id_(rsa|ecdsa|ed25519)"
)
"""Names of files with secrets, which everybody who may read the bucket could read. Patterns of such
files have names too, and no secrets."""

MODULE_SUFFIXES = frozenset({".py", ".pyc", ".so"})
UNSAFE_NAME = re.compile(r"[/\\]|[A-Za-z]:|.*\\|(.*/)?\.{0,2}(/|$)|.*//|.*[\x00-\x1f]")
HERE = re.compile(r"(?<![^/])(\./+)+")
"""What stands for the same folder in a path, as `zip -r x.zip ./*` writes it."""
UNREADABLE = (
    *(zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError),
    *(zlib.error, lzma.LZMAError, struct.error, ValueError),
)
"""What zipfile raises for one that is damaged, or that it cannot read."""
PLAIN, EXECUTABLE = 0o644, 0o755
ENCRYPTED = 0x1


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file of an archive: `name` is its path there, `origin` the file in words for messages."""

    name: str
    origin: str
    size: int
    open: Callable[[], IO[bytes]]
    executable: bool = False


def generated_members(files: Mapping[str, bytes], *, origin: str) -> list[Member]:
    """Generated files; `origin` names the feature that adds them."""

    def member(name: str, content: bytes) -> Member:
        return Member(
            name=name,
            origin=f"{name}, which {origin} brings",
            size=len(content),
            open=lambda: io.BytesIO(content),
        )

    return [member(name, content) for name, content in files.items()]


def team_members(path: Path, *, below: str = "") -> list[Member]:
    """The files of a folder or a zip, `below` a folder of the archive.

    Raises ConflictError for a file that is not shipped, OSError for one that cannot be read.
    """
    found = _folder_members(path, below) if path.is_dir() else _zip_members(path, below)
    return list(found)


def merge_members(
    ours: Sequence[Member], team: Iterable[Member] = (), *, largest: int = LARGEST_BYTES
) -> list[Member]:
    """Merges generated files and a team's, in the archive's order.

    Raises ConflictError where the paths of two conflict on any file system, where a file of the
    team's shadows a generated module, and where all have more than `largest` bytes.
    """
    theirs = list(team)
    by_path: dict[str, Member] = {}
    for member in (*ours, *theirs):
        other = by_path.setdefault(_file_system_key(member.name), member)
        if other is not member:
            raise _conflict(member, other, "have the same name on some file systems")
    for path, member in by_path.items():
        for folder in PurePosixPath(path).parents:
            if blocking := by_path.get(str(folder)):
                raise _conflict(member, blocking, "need a folder and a file of the same name")
    refuse_shadowing(ours, theirs)
    if (size := sum(member.size for member in by_path.values())) > largest:
        raise ConflictError(
            f"All files together have {size:,} bytes, and at most {largest:,} are shipped.",
            remedy="Keep data and large packages elsewhere, in S3 for instance.",
        )
    return sorted(by_path.values(), key=lambda member: member.name)


def refuse_shadowing(ours: Iterable[Member], theirs: Iterable[Member]) -> None:
    """Raises ConflictError where a file of `theirs` would be imported in place of one of `ours`."""
    imported = {name: member for member in ours for name in _top_level_modules(member)}
    for member in theirs:
        for name in {*_top_level_modules(member), *_plugin_modules(member)}:
            if shadowed := imported.get(name):
                raise _conflict(member, shadowed, f"are both the module {name} to Airflow")


def content_of(member: Member) -> bytes:
    """What a member holds; raises ConflictError for one that is damaged."""
    try:
        with member.open() as file:
            return file.read()
    except UNREADABLE as error:
        raise _unreadable(member.origin, error) from None


def write_archive(members: Iterable[Member], directory: Path, name: str) -> Path:
    """Writes a zip of the members; its `name` has a hash of the bytes in place of {}.

    Raises ConflictError for a member that is damaged.
    """
    unnamed = directory / name.format("unnamed")
    with zipfile.ZipFile(unnamed, "w") as archive:
        for member in members:
            entry = zipfile.ZipInfo(member.name)  # dated 1980-01-01
            entry.create_system = 3  # Unix, so that the permissions count
            mode = EXECUTABLE if member.executable else PLAIN
            entry.external_attr = (stat.S_IFREG | mode) << 16
            entry.file_size = member.size
            # Stored, not compressed: the output of zlib depends on its version.
            try:
                with archive.open(entry, "w") as target, member.open() as source:
                    shutil.copyfileobj(source, target)
            except UNREADABLE as error:
                raise _unreadable(member.origin, error) from None
    with unnamed.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return unnamed.rename(directory / name.format(digest[:16]))


def _folder_members(folder: Path, below: str) -> Iterator[Member]:
    for root, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = sorted({*folders} - EXCLUDED)
        for name in sorted({*names, *folders} - EXCLUDED):
            path = Path(root, name)
            relative = path.relative_to(folder).as_posix()
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode):
                continue
            if not stat.S_ISREG(status.st_mode):
                raise _not_shipped(f"{folder.name}/{relative}", "a link or no plain file")
            yield _member(
                relative,
                below=below,
                origin=f"{folder.name}/{relative}",
                size=status.st_size,
                executable=bool(status.st_mode & stat.S_IXUSR),
                open_=partial(_open_file, path),
            )


def _raise(error: OSError) -> None:
    """Raises the error, which `os.walk` would ignore."""
    raise error


def _zip_members(path: Path, below: str) -> Iterator[Member]:
    try:
        # Opened once, and open as long as one of its members is: to open it reads its whole index.
        archive = zipfile.ZipFile(path)
    except UNREADABLE as error:
        raise _unreadable(path.name, error) from None
    for entry in archive.infolist():
        origin = f"{entry.filename} in {path.name}"
        mode = entry.external_attr >> 16
        if not entry.filename:
            raise _unreadable(path.name, zipfile.BadZipFile("One of its files has no name"))
        if EXCLUDED & {*PurePosixPath(entry.filename).parts}:
            continue
        if entry.flag_bits & ENCRYPTED:
            raise _not_shipped(origin, "encrypted")
        if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise _not_shipped(origin, "a link or no plain file")
        name = HERE.sub("", entry.filename)
        if "\\" in name:
            raise ConflictError(
                f"{origin} has a \\ where zips have a /, as Windows PowerShell 5 writes them: on "
                "MWAA it would be one file with a long name.",
                remedy="Name the folder in place of the zip, or make it with PowerShell 7 or tar.",
            )
        if entry.is_dir() and not name:
            continue
        member = _member(
            name.rstrip("/") if entry.is_dir() else name,
            below=below,
            origin=origin,
            size=entry.file_size,
            executable=bool(mode & stat.S_IXUSR),
            open_=partial(archive.open, entry),
        )
        if not entry.is_dir():
            yield member


def _open_file(path: Path) -> IO[bytes]:
    return path.open("rb")


def _member(
    name: str,
    *,
    below: str,
    origin: str,
    size: int,
    executable: bool,
    open_: Callable[[], IO[bytes]],
) -> Member:
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = origin.encode(errors="replace").decode()
        raise ConflictError(
            f"The name of {shown} is not UTF-8, so that it cannot be in a zip.",
            remedy="Rename the file.",
        ) from None
    if UNSAFE_NAME.match(name):
        raise _not_shipped(origin, "named as if it were in another place")
    if any(SECRET_FILES.fullmatch(part) for part in PurePosixPath(name).parts):
        raise ConflictError(
            f"{origin} has the name of a file of secrets, and many may read the bucket.",
            remedy="Move it out of the folder; Airflow reads secrets from Secrets Manager.",
        )
    return Member(name=below + name, origin=origin, size=size, executable=executable, open=open_)


def _file_system_key(name: str) -> str:
    """What names have in common that some file system takes for one: case, and composed letters."""
    return unicodedata.normalize("NFC", name.casefold())


def _top_level_modules(member: Member) -> Iterator[str]:
    """The module or package that it belongs to; the folder is on Python's path."""
    first, *rest = PurePosixPath(member.name.casefold()).parts
    if rest:
        yield first
    else:
        yield from _plugin_modules(member)


def _plugin_modules(member: Member) -> Iterator[str]:
    """The module as which Airflow loads a plugin: the name of its file, in any folder."""
    path = PurePosixPath(member.name.casefold())
    if path.suffix in MODULE_SUFFIXES:
        yield path.name.partition(".")[0]


def _conflict(one: Member, other: Member, why: str) -> ConflictError:
    return ConflictError(f"{one.origin} and {other.origin} {why}.", remedy="Rename the file.")


def _not_shipped(origin: str, what: str) -> ConflictError:
    return ConflictError(
        f"{origin} is {what}, which is not shipped.", remedy="Put the file itself in its place."
    )


def _unreadable(origin: str, error: Exception) -> ConflictError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ConflictError(
        f"{origin} cannot be read: {why.rstrip('.')}.", remedy="Create the file again."
    )
