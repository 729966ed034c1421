"""The folder of one local Airflow: the plugins and the authorities that it knows, and what it keeps
for a while."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

SIGN_IN = Path(__file__).parent / "sign_in"


def temporary_folder(home: Path) -> Path:
    """Where the programs of an Airflow put what need not outlive them."""
    return home / "tmp"


def make_temporary_folder(home: Path) -> None:
    """Give an Airflow an empty one, which nobody else may enter."""
    remove_temporary_folder(home)
    temporary_folder(home).mkdir(mode=0o700)


def remove_temporary_folder(home: Path) -> None:
    """Remove what an Airflow that has ended left there."""
    shutil.rmtree(temporary_folder(home), ignore_errors=True)


def unpack_plugins(folder: Path, archive: Path | None) -> None:
    """Make `folder` what MWAA would unpack from plugins.zip; empty where there is none."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if archive:
        with zipfile.ZipFile(archive) as content:
            content.extractall(folder)


def add_sign_in(folder: Path) -> None:
    """Put the local sign-in into a plugins folder, as MWAA's images have it."""
    for module in SIGN_IN.glob("*.py"):
        shutil.copy(module, folder)


def write_bundle(path: Path, *parts: Path) -> Path:
    """One PEM file of several."""
    path.write_bytes(b"\n".join(part.read_bytes() for part in parts))
    return path
