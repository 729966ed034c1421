"""The home folder of one local Airflow: temporary files, plugins, trusted authorities."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

SIGN_IN_PLUGIN = Path(__file__).parent / "sign_in"


def temporary_folder(home: Path) -> Path:
    """The folder for the temporary files of an Airflow's programs."""
    return home / "tmp"


def create_temporary_folder(home: Path) -> None:
    """Creates an empty temporary folder, accessible to its owner only."""
    remove_temporary_folder(home)
    temporary_folder(home).mkdir(mode=0o700)


def remove_temporary_folder(home: Path) -> None:
    """Removes the temporary folder and its files."""
    shutil.rmtree(temporary_folder(home), ignore_errors=True)


def unpack_plugins(folder: Path, archive: Path | None) -> None:
    """Replaces `folder` by the content of plugins.zip, as on MWAA; empty where there is none."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if archive:
        with zipfile.ZipFile(archive) as content:
            content.extractall(folder)


def add_sign_in_plugin(folder: Path) -> None:
    """Copies the local sign-in plugin into a plugins folder; MWAA's images have one too."""
    for module in SIGN_IN_PLUGIN.glob("*.py"):
        shutil.copy(module, folder)


def write_pem_bundle(path: Path, *parts: Path) -> Path:
    """Writes a PEM file of several; returns its path."""
    path.write_bytes(b"\n".join(part.read_bytes() for part in parts))
    return path
