"""The folder of one local Airflow: the plugins and the authorities that it knows."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

SIGN_IN = Path(__file__).parent / "sign_in"


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
