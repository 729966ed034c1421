"""Virtual environments with the Airflow of an MWAA environment."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from tempfile import NamedTemporaryFile

from artifacts.openmetadata_constraints import INSTALLED_CONSTRAINTS, relax
from artifacts.requirement_paths import PLUGINS
from errors import PlatformError
from local.pins import pins, preinstalled, python_range
from local.toolchain import virtual_environment

MWAA_ONLY_OPTIONS = re.compile(
    rf"^\s*((-c|--constraint)\b.*|--no-index|(-f|--find-links)[ =]{PLUGINS}\S*)$",
    re.MULTILINE,
)


def install(
    version: str, requirements: Path | None, cache: Path, *, wheels: Path | None = None
) -> Path:
    """Creates the virtual environment of an Airflow version and a requirements.txt, once per pair.

    Installs the packages of MWAA's image and `requirements`. The lock of `local/pins` replaces the
    file of its `--constraint`, relaxed where that file is the one in plugins.zip. The team's own
    packages come from `wheels`, the folder that plugins.zip contains; unlike on MWAA, all others
    come from the index. Environments with equal requirements share a virtual environment. Returns
    its Python interpreter; raises PlatformError when a package cannot be installed or the version
    is not supported.
    """
    original = requirements.read_text() if requirements else ""
    text = MWAA_ONLY_OPTIONS.sub("", original)
    if wheels:
        text = f"--find-links {wheels}\n{text}"
    python, image_packages = python_range(version), preinstalled(version)
    constraints = pins(version).read_text()
    if INSTALLED_CONSTRAINTS in original:
        constraints = relax(constraints.splitlines())
    content = "\n".join((version, python, constraints, *image_packages, text))
    digest = hashlib.sha256(content.encode()).hexdigest()[:12]
    failure = PlatformError(
        f"Airflow {version} could not be installed with the environment's requirements.txt.",
        place=str(requirements) if requirements else None,
        remedy="Check the network or uv's index settings, and the lines of requirements.txt.",
    )
    with NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(constraints)
        file.flush()
        return virtual_environment(
            cache / f"airflow-{version}-{digest}",
            python=python,
            requirements="\n".join((f"apache-airflow=={version}", *image_packages, text)),
            constraints=Path(file.name),
            failure=failure,
        )
