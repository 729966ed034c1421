"""The Airflow of an environment on this machine."""

from __future__ import annotations

from pathlib import Path

from cli.check.shipped import ShippedFiles
from cli.requirements.resolution import UNREACHABLE
from errors import Finding, Level, PlatformError
from local.airflow_runtime.install import install
from local.layout import CACHE
from local.pins import locked_versions

AIRFLOW = "Airflow"


def airflow_python(shipped: ShippedFiles) -> Path | Finding:
    """The interpreter of its virtual environment, which is made once, or why there is none."""
    version = shipped.sources.version.version
    if version not in locked_versions():
        return _skipped(f"{version} does not run on this machine; nothing was imported")
    try:
        return install(
            version,
            shipped.artifacts.requirements,
            CACHE,
            wheels=shipped.sources.wheels,
            plugins=shipped.artifacts.plugins,
            as_image=True,
        )
    except PlatformError as error:
        if UNREACHABLE.search(error.remedy):
            return _skipped("It is not installed here, and there is no network.")
        if shipped.seen.unresolvable:
            return _skipped(
                "Not installed here, so nothing was imported: see the requirements above."
            )
        return Finding.from_error(AIRFLOW, error)


def _skipped(why: str) -> Finding:
    return Finding(level=Level.SKIPPED, subject=AIRFLOW, message=why)
