"""Wheels in plugins.zip, for an environment without access to the internet.

MWAA unpacks plugins.zip before it runs pip, so pip finds them there. MWAA would only log that one
is incompatible, and start Airflow without it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from artifacts.conflict import ConflictError
from mwaa.versions import AirflowVersion

WHEELS = "wheels/"
"""Their folder in plugins.zip."""
INSTALLED_WHEELS = f"/usr/local/airflow/plugins/{WHEELS.rstrip('/')}"

WHEELS_REMEDY = "Fill the folder with `./mwaa-platform requirements wheels`."

OLDEST_GLIBC = 5
NEWEST_GLIBC = 34
"""Of Amazon Linux 2023, which MWAA's published images have, from Airflow 2.9.2 on."""
NEWEST_GLIBC_BEFORE = 26
"""Of Amazon Linux 2. Which of the two older images have is not known; this works on both."""
FIRST_PUBLISHED_IMAGE = Version("2.9.2")
LEGACY_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A file that pip can install on MWAA."""

    file: Path
    name: str
    version: Version

    def satisfies(self, requirement: Requirement) -> bool:
        """Whether it satisfies a requirement, apart from extras."""
        return self.name == canonicalize_name(requirement.name) and requirement.specifier.contains(
            self.version, prereleases=True
        )


def newest_glibc(version: AirflowVersion) -> int:
    """The minor version of the C library that an Airflow version has on MWAA."""
    published = Version(version.version) >= FIRST_PUBLISHED_IMAGE
    return NEWEST_GLIBC if published else NEWEST_GLIBC_BEFORE


def platforms(version: AirflowVersion) -> Iterator[str]:
    """Platform tags of wheels that an Airflow version can install on MWAA, the newest first."""
    for glibc in range(newest_glibc(version), OLDEST_GLIBC - 1, -1):
        yield f"manylinux_2_{glibc}_x86_64"
        if glibc in LEGACY_NAMES:
            yield f"{LEGACY_NAMES[glibc]}_x86_64"
    yield "linux_x86_64"


def wheels_for(version: AirflowVersion, folder: Path) -> list[Wheel]:
    """The wheels of a folder, without hidden files.

    Raises ConflictError for a file that pip could not install on MWAA, OSError where the folder
    cannot be read.
    """
    compatible = frozenset(_compatible_tags(version))
    found = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    return [_wheel(path, version, compatible) for path in found]


def wheels_named(version: AirflowVersion, names: Iterable[str]) -> Iterator[Wheel]:
    """Those of these files that pip would install on MWAA; it passes over all others."""
    compatible = frozenset(_compatible_tags(version))
    for name in names:
        with contextlib.suppress(ConflictError):
            yield _wheel(Path(name), version, compatible)


def _wheel(path: Path, version: AirflowVersion, compatible: frozenset[Tag]) -> Wheel:
    try:
        name, number, _, tags = parse_wheel_filename(path.name)
    except InvalidWheelFilename:
        raise ConflictError(
            f"{path.parent.name}/{path.name} is no wheel, and nothing is built from source there.",
            remedy=WHEELS_REMEDY,
        ) from None
    if not tags & compatible:
        raise ConflictError(
            f"{path.parent.name}/{path.name} does not fit Airflow {version.version} on MWAA, which "
            f"is Python {version.python} on Linux (x86_64, glibc 2.{newest_glibc(version)}).",
            remedy=WHEELS_REMEDY,
        )
    return Wheel(file=path, name=name, version=number)


def _compatible_tags(version: AirflowVersion) -> Iterator[Tag]:
    major, minor = (int(part) for part in version.python.split("."))
    supported = [*platforms(version)]
    yield from cpython_tags((major, minor), [f"cp{major}{minor}"], supported)
    yield from compatible_tags((major, minor), f"cp{major}{minor}", supported)
