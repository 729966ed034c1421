"""Creation of the lock files."""

from __future__ import annotations

from pathlib import Path

from errors import PlatformError
from local.pins import EXTRA_CONSTRAINTS, SNAPSHOTS, preinstalled
from local.toolchain import run_uv
from mwaa.versions import AIRFLOW_VERSIONS, OPENLINEAGE_AIRFLOW, airflow_version

MADE = "Made with: python -m local.pins"
HEADER = "# The packages of MWAA's image for Airflow {}. " + MADE + "\n"
SNAPSHOT_HEADER = (
    "# What PyPI had for Airflow {} before {}: its image's pins are not known here. " + MADE + "\n"
)
OLD_HEADER = "# Of OpenLineage's packages the newest that fit, as pip on MWAA takes them.\n"

LOCKABLE = [
    entry.version
    for entry in AIRFLOW_VERSIONS.values()
    if entry.openlineage_provider or entry.version in SNAPSHOTS
]

OLD_INTEGRATION_PACKAGES = (
    OPENLINEAGE_AIRFLOW,
    "openlineage-python",
    "openlineage-integration-common",
    "openlineage-sql",
)
ANY_DAY = "9999-01-01"


def write_lock(version: str, lock: Path, *, constraints: str | Path | None) -> None:
    """Writes the lock of an Airflow version, for every platform and Python from 3.11 on.

    `constraints` is a file or URL with the versions of MWAA's image. Packages that it does not
    constrain keep their version in `lock`. Raises PlatformError when there is no solution.
    """
    options = ("--universal", "--python-version=3.11", "--no-annotate", "--no-header", "--quiet")
    constrained = (f"--constraints={constraints}",) if constraints else ()
    requirements = (
        f"apache-airflow=={version}",
        *preinstalled(version),
        airflow_version(version).lineage_package,
        *EXTRA_CONSTRAINTS.get(version, ()),
    )
    run_uv(
        *("pip", "compile", "-", *options, *constrained, *_until(version), f"--output-file={lock}"),
        stdin="\n".join(filter(None, requirements)),
        failure=PlatformError(
            f"The packages of Airflow {version} could not be locked.",
            place=str(constraints or lock),
            remedy="Check the network and the constraints.",
        ),
    )
    lock.write_text(_header(version) + lock.read_text())


def _until(version: str) -> tuple[str, ...]:
    """The options of uv that limit a snapshot to releases before its date."""
    if not (day := SNAPSHOTS.get(version)):
        return ()
    # The old integration was never constrained: pip installs its newest release.
    later = OLD_INTEGRATION_PACKAGES if _is_old(version) else ()
    return (
        f"--exclude-newer={day}",
        *(f"--exclude-newer-package={package}={ANY_DAY}" for package in later),
    )


def _is_old(version: str) -> bool:
    return airflow_version(version).lineage_package == OPENLINEAGE_AIRFLOW


def _header(version: str) -> str:
    if not (day := SNAPSHOTS.get(version)):
        return HEADER.format(version)
    return SNAPSHOT_HEADER.format(version, day) + (OLD_HEADER if _is_old(version) else "")
