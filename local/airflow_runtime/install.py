"""Virtual environments with the Airflow of an MWAA environment."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from artifacts.openmetadata_constraints import INSTALLED_CONSTRAINTS, relax
from artifacts.requirement_paths import DAGS, PLUGINS
from artifacts.wheels import INSTALLED_WHEELS
from errors import PlatformError
from local.airflow_runtime.home import unpack_plugins
from local.airflow_runtime.image import image_preferences, image_providers, write_closest_pins
from local.pins import pins, preinstalled, python_range
from local.toolchain import virtual_environment

MWAA_ONLY_OPTIONS = re.compile(
    r"^\s*((-c|--constraint)\b.*|--no-index"
    rf"|(-f|--find-links)[ =]{INSTALLED_WHEELS}|-[-a-z]+[ =]{DAGS}\b.*)$",
    re.MULTILINE,
)


def install(
    version: str,
    requirements: Path | None,
    cache: Path,
    *,
    wheels: Path | None = None,
    plugins: Path | None = None,
    as_image: bool = False,
) -> Path:
    """Creates the virtual environment of an Airflow version and a requirements.txt, once per pair.

    Installs the packages of MWAA's image and `requirements`. The lock of `local/pins` replaces the
    file of its `--constraint`, relaxed where that file is the one of OpenMetadata's client. The
    team's own packages come from `wheels`, the folder that plugins.zip contains, and from the
    paths of the archive `plugins` that it names; unlike on MWAA, all others come from the index,
    and what the DAG folder has is left out. With `as_image` all of the image's providers are there,
    and what else `requirements` ask for has the image's versions too, where this Python can have
    them. Environments with equal requirements share a virtual environment. Returns its Python
    interpreter; raises PlatformError when a package cannot be installed or the version is not
    supported.
    """
    original = requirements.read_text() if requirements else ""
    text = on_this_machine(original, plugins, cache)
    if wheels:
        text = f"--find-links {wheels}\n{text}"
    python, image_packages = python_range(version), preinstalled(version)
    constraints, preferences = pins(version).read_text(), ""
    if INSTALLED_CONSTRAINTS in original:
        constraints = relax(constraints.splitlines())
    if as_image:
        image_packages = (*image_packages, *image_providers(version))
        preferences = image_preferences(version)
    content = "\n".join((version, python, constraints, *image_packages, text)) + preferences
    content += "".join(_digests(wheels))
    folder = cache / f"airflow-{version}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    wanted = "\n".join((f"apache-airflow=={version}", *image_packages, text))
    failure = PlatformError(
        f"Airflow {version} could not be installed with the environment's requirements.txt.",
        place=str(requirements) if requirements else None,
        remedy="Check the network or uv's index settings, and the lines of requirements.txt.",
    )
    with NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(constraints)
        file.flush()
        held = Path(file.name)
        if as_image:
            held = folder.with_name(f"{folder.name}.pins")
            if not held.exists():
                write_closest_pins(
                    held,
                    wanted,
                    preferences,
                    python=python,
                    constraints=Path(file.name),
                    failure=failure,
                )
        return virtual_environment(
            folder, python=python, requirements=wanted, constraints=held, failure=failure
        )


def _digests(wheels: Path | None) -> Iterator[str]:
    """The content of a folder's wheels: another of the same name must not be taken for it."""
    for wheel in sorted(wheels.glob("*.whl")) if wheels else ():
        with wheel.open("rb") as file:
            yield f"\n{wheel.name} {hashlib.file_digest(file, 'sha256').hexdigest()}"


def on_this_machine(requirements: str, plugins: Path | None, cache: Path) -> str:
    """The lines that this machine can read, with the paths of an archive that is unpacked here."""
    text = MWAA_ONLY_OPTIONS.sub("", requirements)
    if plugins and PLUGINS in text:
        text = text.replace(PLUGINS, str(_unpacked(plugins, cache)))
    return text


def _unpacked(plugins: Path, cache: Path) -> Path:
    """The folder of an archive's files, which is unpacked once."""
    with plugins.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    folder = cache / f"plugins-{digest}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache) as unfinished:
            unpack_plugins(files := Path(unfinished, "files"), plugins)
            # Another process may have been faster.
            with contextlib.suppress(OSError):
                files.rename(folder)
    return folder
