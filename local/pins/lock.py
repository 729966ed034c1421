"""Makes the locks."""

from __future__ import annotations

from pathlib import Path

from cli.errors import PlatformError
from local.pins import PREINSTALLED
from local.toolchain import run_uv
from mwaa_platform.airflow_versions import AIRFLOW_VERSIONS
from mwaa_platform.requirements_file import OPENLINEAGE_PROVIDER

HEADER = "# The packages of MWAA's image for Airflow {}. Made with: python -m local.pins\n"
LOCKABLE = [entry.version for entry in AIRFLOW_VERSIONS.values() if entry.openlineage_provider]


def write_lock(version: str, lock: Path, *, constraints: str | Path | None) -> None:
    """Write the lock of an Airflow version, for every platform and Python from 3.11 on.

    `constraints` is a file or URL with the versions of MWAA's image. What it leaves open keeps the
    version that `lock` has already. Raises PlatformError when there is no solution.
    """
    options = ("--universal", "--python-version=3.11", "--no-annotate", "--no-header", "--quiet")
    constrained = (f"--constraints={constraints}",) if constraints else ()
    run_uv(
        *("pip", "compile", "-", *options, *constrained, f"--output-file={lock}"),
        stdin="\n".join((f"apache-airflow=={version}", *PREINSTALLED, OPENLINEAGE_PROVIDER)),
        failure=PlatformError(
            f"The packages of Airflow {version} could not be locked.",
            where=str(constraints or lock),
            remedy="Check the network and the constraints.",
        ),
    )
    lock.write_text(HEADER.format(version) + lock.read_text())
