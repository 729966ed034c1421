"""`requirements wheels`: downloads the wheels of an environment without internet access."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

import console
from artifacts.openmetadata_constraints import INSTALLED_CONSTRAINTS, relaxed_constraints
from artifacts.requirements import merged_requirements
from artifacts.wheels import platforms
from cli.lookup import find_environment
from cli.requirements.commands import Wheels
from cli.requirements.resolution import NETWORK, resolve
from config.artifacts import artifact_sources
from config.loader import load_configuration
from config.model import Configuration
from config.new_environment import NewEnvironment
from errors import PlatformError
from local.toolchain import run
from mwaa.constraints import constraints_file
from mwaa.versions import PREINSTALLED, AirflowVersion, airflow_version


def fetch_wheels(options: Wheels) -> None:
    """Fills the environment's folder; raises InputError, ConflictError or PlatformError."""
    name, configuration = options.environment, options.configuration.absolute()
    environment = _environment(load_configuration(configuration, with_wheels=False), name)
    folder = environment.wheels
    if folder is None:
        raise PlatformError(
            f"{name} names no folder of wheels.",
            place=str(configuration),
            remedy='Give it one: "Wheels": "wheels".',
        )
    version = airflow_version(environment.airflow_version)
    lineage = artifact_sources(environment).lineage
    ours = lineage.requirements if lineage else ()
    merged = merged_requirements(
        version=version, ours=ours, team=environment.requirements, plugins=environment.plugins
    ).content
    folder.mkdir(parents=True, exist_ok=True)
    _wheels(folder)
    with console.step("What MWAA's image lacks is known"):
        missing = _missing(
            _without_constraints(merged),
            version,
            folder,
            gives_way=INSTALLED_CONSTRAINTS in merged,
        )
    with console.step(f"{len(missing)} wheels are in {folder}"):
        _fetch(missing, version, folder)
    merged_requirements(
        version=version,
        ours=ours,
        team=environment.requirements,
        wheels=folder,
        plugins=environment.plugins,
    )


def _environment(configuration: Configuration, name: str) -> NewEnvironment:
    found = find_environment(name, configuration)
    if isinstance(found, NewEnvironment):
        return found
    names = [each.name for each in configuration.new_environments]
    raise PlatformError(
        f"{name} is no environment that the platform creates.",
        remedy=f"Take one of these: {', '.join(names)}." if names else "Add one first.",
    )


def _without_constraints(requirements: str) -> str:
    lines = requirements.splitlines()
    return "\n".join(line for line in lines if not re.match(r"-c|--constraint", line))


def _missing(wanted: str, version: AirflowVersion, folder: Path, *, gives_way: bool) -> list[str]:
    """Returns the requirements beyond those that MWAA's image is known to have."""
    # On MWAA, without access to GitHub, the constraints of its image apply.
    known = constraints_file(version.version)
    of_image = f'--constraint "{known if known.exists() else version.constraints_url}"'
    image = [f"apache-airflow=={version.version}"]
    if version.amazon_provider:
        image.append(f"apache-airflow-providers-amazon=={version.amazon_provider}")
    present = {*_resolved([of_image, *image], version, folder)}
    with NamedTemporaryFile("w", suffix=".txt") as relaxed:
        relaxed.write(relaxed_constraints(version))
        relaxed.flush()
        held = f'--constraint "{relaxed.name}"' if gives_way else of_image
        # A package that is required by name gets its wheel even where it is in the image as a
        # dependency: the image may lose it.
        named = {_name(each) for each in _resolved([held, wanted], version, folder, "--no-deps")}
        needed = _resolved([held, *image, wanted], version, folder)
    return [
        each
        for each in needed
        if _name(each) not in PREINSTALLED and (each not in present or _name(each) in named)
    ]


def _name(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)


def _resolved(
    requirements: Sequence[str], version: AirflowVersion, folder: Path, *options: str
) -> Sequence[str]:
    return resolve(requirements, version, f"--find-links={folder}", *options).lines


def _fetch(requirements: Sequence[str], version: AirflowVersion, folder: Path) -> None:
    """Downloads wheels into the folder, and removes other versions of the same packages."""
    if not requirements:
        return
    with TemporaryDirectory(dir=folder.parent) as directory:
        fetched = Path(directory)
        listed = fetched / "requirements.txt"
        listed.write_text("\n".join(requirements))
        run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--only-binary=:all:", "--implementation=cp"),
                f"--python-version={version.python}",
                *(f"--platform={each}" for each in platforms(version)),
                *(f"--find-links={folder}", f"--dest={fetched}", f"--requirement={listed}"),
            ],
            failure=PlatformError(
                f"Not all packages have a wheel for Python {version.python} on MWAA.",
                remedy=f"Build the missing one yourself and put it into {folder}. {NETWORK}",
            ),
        )
        former, new = _wheels(folder), _wheels(fetched)
        for wheel in new:
            wheel.rename(folder / wheel.name)
    packages = {name for name, _ in new.values()}
    for wheel, (name, number) in former.items():
        # A team's own build has a local version, and cannot be downloaded again.
        if name in packages and not number.local and wheel.name not in {each.name for each in new}:
            wheel.unlink()


def _wheels(folder: Path) -> dict[Path, tuple[str, Version]]:
    """Returns the wheels of a folder, each with its package and version."""
    found: dict[Path, tuple[str, Version]] = {}
    for path in sorted(folder.glob("*.whl")):
        try:
            name, number, *_ = parse_wheel_filename(path.name)
        except InvalidWheelFilename:
            raise PlatformError(
                f"{path.name} is no name of a wheel.",
                place=str(folder),
                remedy="Give it the name that it was built under, or move it away.",
            ) from None
        found[path] = (name, number)
    return found
