"""Archives of a team's files and generated ones, the same bytes on every machine.

A team's files come as a folder or as a zip. Nothing in them may name a place outside the archive,
and nothing may stand in for a generated file.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from artifacts.conflict import ConflictError

LARGEST_BYTES = 1_000_000_000
"""MWAA takes a plugins.zip below 1 GB."""

NEVER_SHIPPED = frozenset(
    {"__pycache__", ".git", ".venv", ".idea", ".vscode", ".DS_Store", "__MACOSX"}
)
"""What machines leave lying about."""

SECRETS = re.compile(r"\.env(\..*)?|\.aws|\.netrc|\.pypirc|\.ssh|id_(rsa|ecdsa|ed25519)")
"""Names under which people keep secrets. Whoever may read the bucket reads what is shipped."""

IMPORTED = frozenset({".py", ".pyc", ".so"})
OUTSIDE = re.compile(r"[/\\]|[A-Za-z]:|.*\\|(.*/)?\.{0,2}(/|$)|.*//|.*[\x00-\x1f]")
UNREADABLE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, OSError)
PLAIN, EXECUTABLE = 0o644, 0o755
ENCRYPTED = 0x1


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file of an archive: its path there, and what a person calls it."""

    name: str
    origin: str
    size: int
    open: Callable[[], IO[bytes]]
    executable: bool = False


def generated(files: Mapping[str, bytes], *, origin: str) -> list[Member]:
    """Files of the platform's own; `origin` says what brings them."""

    def member(name: str, content: bytes) -> Member:
        return Member(
            name=name,
            origin=f"{name}, which {origin} brings",
            size=len(content),
            open=lambda: io.BytesIO(content),
        )

    return [member(name, content) for name, content in files.items()]


def team_files(path: Path, *, below: str = "") -> list[Member]:
    """The files of a folder or a zip, put `below` a folder of the archive.

    Raises ConflictError for what cannot be shipped, OSError for what cannot be read.
    """
    found = _of_folder(path, below) if path.is_dir() else _of_zip(path, below)
    return list(found)


def merged(
    ours: Sequence[Member], team: Iterable[Member] = (), *, largest: int = LARGEST_BYTES
) -> list[Member]:
    """All of them, in the archive's order.

    Raises ConflictError where two could not stand beside each other, on any machine, where one of
    the team's would be imported in place of ours, and where they have more than `largest` bytes.
    """
    theirs = list(team)
    by_path: dict[str, Member] = {}
    for member in (*ours, *theirs):
        other = by_path.setdefault(member.name.casefold(), member)
        if other is not member:
            raise _clash(member, other, "have the same name")
    for member in by_path.values():
        for folder in PurePosixPath(member.name.casefold()).parents:
            if blocking := by_path.get(str(folder)):
                raise _clash(member, blocking, "need a folder and a file of the same name")
    refuse_stand_ins(ours, theirs)
    if (size := sum(member.size for member in by_path.values())) > largest:
        raise ConflictError(
            f"All files together have {size:,} bytes, and at most {largest:,} are shipped.",
            remedy="Keep data and large packages elsewhere, in S3 for instance.",
        )
    return sorted(by_path.values(), key=lambda member: member.name)


def refuse_stand_ins(ours: Iterable[Member], theirs: Iterable[Member]) -> None:
    """Raise ConflictError where one of `theirs` would be imported in place of one of `ours`."""
    imported = {name: member for member in ours for name in _importable(member)}
    for member in theirs:
        for name in {*_importable(member), *_loaded(member)}:
            if stood_in_for := imported.get(name):
                raise _clash(member, stood_in_for, f"are both the module {name} to Airflow")


def write_archive(members: Iterable[Member], directory: Path, name: str) -> Path:
    """Write a zip of them whose name, in place of {}, has a hash of its bytes.

    Raises ConflictError for a member that turns out to be damaged.
    """
    unnamed = directory / name.format("unnamed")
    with zipfile.ZipFile(unnamed, "w") as archive:
        for member in members:
            entry = zipfile.ZipInfo(member.name)  # dated 1980-01-01
            entry.create_system = 3  # Unix, so that the permissions count
            mode = EXECUTABLE if member.executable else PLAIN
            entry.external_attr = (stat.S_IFREG | mode) << 16
            entry.file_size = member.size
            # Stored, not compressed: versions of zlib differ in what they make of the same bytes.
            try:
                with archive.open(entry, "w") as target, member.open() as source:
                    shutil.copyfileobj(source, target)
            except UNREADABLE as error:
                raise _unreadable(member.origin, error) from None
    with unnamed.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return unnamed.rename(directory / name.format(digest[:16]))


def _of_folder(folder: Path, below: str) -> Iterator[Member]:
    for root, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = sorted({*folders} - NEVER_SHIPPED)
        for name in sorted({*names, *folders} - NEVER_SHIPPED):
            path = Path(root, name)
            relative = path.relative_to(folder).as_posix()
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode):
                continue
            if not stat.S_ISREG(status.st_mode):
                raise _refused(f"{folder.name}/{relative}", "a link or no plain file")
            yield _member(
                relative,
                below=below,
                origin=f"{folder.name}/{relative}",
                size=status.st_size,
                executable=bool(status.st_mode & stat.S_IXUSR),
                open_=partial(_opened_file, path),
            )


def _raise(error: OSError) -> None:
    """What cannot be read must not be taken for gone."""
    raise error


def _of_zip(path: Path, below: str) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except UNREADABLE as error:
        raise _unreadable(path.name, error) from None
    for entry in entries:
        origin = f"{entry.filename} in {path.name}"
        mode = entry.external_attr >> 16
        if NEVER_SHIPPED & {*PurePosixPath(entry.filename).parts}:
            continue
        if entry.flag_bits & ENCRYPTED:
            raise _refused(origin, "encrypted")
        if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise _refused(origin, "a link or no plain file")
        member = _member(
            entry.filename.rstrip("/") if entry.is_dir() else entry.filename,
            below=below,
            origin=origin,
            size=entry.file_size,
            executable=bool(mode & stat.S_IXUSR),
            open_=partial(_opened_entry, path, entry),
        )
        if not entry.is_dir():
            yield member


def _opened_file(path: Path) -> IO[bytes]:
    return path.open("rb")


def _opened_entry(path: Path, entry: zipfile.ZipInfo) -> IO[bytes]:
    """What stands there now; both are closed together."""
    archive = zipfile.ZipFile(path)
    try:
        content = archive.open(entry)
    finally:
        archive.close()  # the content holds the file open for itself
    return content


def _member(
    name: str,
    *,
    below: str,
    origin: str,
    size: int,
    executable: bool,
    open_: Callable[[], IO[bytes]],
) -> Member:
    if OUTSIDE.match(name):
        raise _refused(origin, "named as if it were in another place")
    if any(SECRETS.fullmatch(part) for part in PurePosixPath(name).parts):
        raise ConflictError(
            f"{origin} has the name of a file of secrets, and many may read the bucket.",
            remedy="Move it out of the folder; Airflow reads secrets from Secrets Manager.",
        )
    return Member(name=below + name, origin=origin, size=size, executable=executable, open=open_)


def _importable(member: Member) -> Iterator[str]:
    """What it is, or is part of, to Python, on whose path the folder is."""
    first, *rest = PurePosixPath(member.name.casefold()).parts
    if rest:
        yield first
    else:
        yield from _loaded(member)


def _loaded(member: Member) -> Iterator[str]:
    """What a plugin is to Airflow, which goes by the file's name in whatever folder."""
    path = PurePosixPath(member.name.casefold())
    if path.suffix in IMPORTED:
        yield path.name.partition(".")[0]


def _clash(one: Member, other: Member, why: str) -> ConflictError:
    return ConflictError(f"{one.origin} and {other.origin} {why}.", remedy="Rename the file.")


def _refused(origin: str, what: str) -> ConflictError:
    return ConflictError(
        f"{origin} is {what}, which is not shipped.", remedy="Put the file itself in its place."
    )


def _unreadable(origin: str, error: Exception) -> ConflictError:
    return ConflictError(f"{origin} cannot be read: {error}.", remedy="Make the file anew.")
