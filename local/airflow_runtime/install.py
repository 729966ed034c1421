"""Virtual environments with the Airflow of an MWAA environment."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from tempfile import NamedTemporaryFile

from artifacts.openmetadata_constraints import INSTALLED_CONSTRAINTS, relaxed
from artifacts.wheels import INSTALLED_WHEELS
from errors import PlatformError
from local.pins import pins, preinstalled, python_range
from local.toolchain import virtual_environment

FOR_MWAA_ALONE = re.compile(
    rf"^\s*((-c|--constraint)\b.*|--no-index|--find-links {INSTALLED_WHEELS})$", re.MULTILINE
)


def install(
    version: str, requirements: Path | None, cache: Path, *, wheels: Path | None = None
) -> Path:
    """Make the virtual environment of an Airflow version and a requirements.txt, once for a pair.

    What MWAA's image brings is installed, then `requirements`, with the constraints behind its
    `--constraint` replaced by `local/pins`, less what gives way where it names the constraints in
    plugins.zip. Packages of the team's own are found in `wheels`, the folder that travels in
    plugins.zip; unlike MWAA's image, all others come from the index. Environments with equal
    requirements share a virtual environment. Returns its Python interpreter; raises PlatformError
    when a package cannot be installed or the version does not run here.
    """
    given = requirements.read_text() if requirements else ""
    text = FOR_MWAA_ALONE.sub("", given)
    if wheels:
        text = f"--find-links {wheels}\n{text}"
    constraints, python, brought = pins(version), python_range(version), preinstalled(version)
    held = constraints.read_text()
    if INSTALLED_CONSTRAINTS in given:
        held = relaxed(held.splitlines())
    wanted = "\n".join((version, python, held, *brought, text))
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:12]
    failure = PlatformError(
        f"Airflow {version} could not be installed with the environment's requirements.txt.",
        place=str(requirements) if requirements else None,
        remedy="Check the network or uv's index settings, and the lines of requirements.txt.",
    )
    with NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(held)
        file.flush()
        return virtual_environment(
            cache / f"airflow-{version}-{digest}",
            python=python,
            requirements="\n".join((f"apache-airflow=={version}", *brought, text)),
            constraints=Path(file.name),
            failure=failure,
        )
