"""Types of paths of a team's local files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from zipfile import is_zipfile

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema

from config.section import Expects, reject

# Keys of the validation context: the folder that relative paths start from, and whether wheels must
# exist.
FOLDER, WITH_WHEELS = "folder", "with_wheels"


def _resolve(path: Path, info: ValidationInfo) -> Path:
    return Path((info.context or {}).get(FOLDER, "")) / path


def _check_exists(is_valid: Callable[[Path], bool], expected: str) -> AfterValidator:
    def check(path: Path) -> Path:
        try:
            if not path.exists():
                reject(
                    f"There is no such {expected}.", "Paths start from the configuration's folder."
                )
            if not is_valid(path):
                reject(f"This is no {expected}.")
        except OSError as error:
            reject(f"It cannot be read: {error.strerror}.")
        return path

    return AfterValidator(check)


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; no path is too long or too odd to ask."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_folder_or_zip(path: Path) -> bool:
    return path.is_dir() or is_zipfile(path)


def _is_script(path: Path) -> bool:
    try:
        if is_file := path.is_file():
            path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        reject("The file holds what is not text in UTF-8.")
    return is_file


LocalPath = Annotated[Path, AfterValidator(_resolve), WithJsonSchema({"type": "string"})]
LocalFile = Annotated[
    LocalPath, _check_exists(Path.is_file, "file"), Expects("path of a local file")
]
LocalFolder = Annotated[
    LocalPath, _check_exists(Path.is_dir, "folder"), Expects("path of a local folder")
]
LocalPlugins = Annotated[
    LocalPath,
    _check_exists(_is_folder_or_zip, "folder or zip archive"),
    Expects("path of a local folder or zip archive"),
]
LocalScript = Annotated[
    LocalPath, _check_exists(_is_script, "file"), Expects("path of a local file")
]
