"""`python -m mwaa.constraints`: bring the constraints up to date."""

from __future__ import annotations

import argparse
import re
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from mwaa.constraints import (
    apache_file,
    constraints_file,
    differences,
    essential_file,
    installed_file,
    read_pins,
)
from mwaa.versions import AIRFLOW_VERSIONS, AirflowVersion

HEADER = "# {} on MWAA with Airflow {}. Made with: python -m mwaa.constraints\n"
MEANING = {
    "airflow": "What pip may install",
    "essential": "What no requirements.txt may change",
    "installed": "What the image has",
}
APACHE_HEADER = """\
# What the constraints that Apache publishes pin otherwise than MWAA's image: Apache's version of
# each package. Made with: python -m mwaa.constraints
"""
IMAGES = "https://raw.githubusercontent.com/aws/amazon-mwaa-docker-images/main/images/airflow"

Source = Callable[[AirflowVersion, str], str | None]
"""The text of a version's `airflow`, `mwaa-essential`, `python-packages` or `apache` file; None
where there is none."""


def written(version: str, source: str, kind: str = "airflow") -> str:
    """A file's content, from the text of the image's: sorted pins, one a line.

    Raises InvalidRequirement for a line that is none.
    """
    lines = {line.partition("#")[0].strip() for line in source.splitlines()} - {""}
    pins = sorted((str(Requirement(line)) for line in lines), key=str.casefold)
    return HEADER.format(MEANING[kind], version) + "".join(f"{pin}\n" for pin in pins)


def written_differences(by_version: Mapping[str, Mapping[str, str]]) -> str:
    """The content of `apache.toml`."""
    tables = (
        f'\n["{version}"]\n' + "".join(f'{name} = "{pin}"\n' for name, pin in sorted(pins.items()))
        for version, pins in by_version.items()
        if pins
    )
    return APACHE_HEADER + "".join(tables)


def renewed(source: Source) -> Mapping[Path, str]:
    """All files with their content. Without a copy of Apache's, its differences are as before.

    Raises OSError or InvalidRequirement.
    """
    files: dict[Path, str] = {}
    by_version: dict[str, Mapping[str, str]] = {}
    for version in (each for each in AIRFLOW_VERSIONS.values() if each.openlineage_python):
        name = version.version
        image, essential = source(version, "airflow") or "", source(version, "mwaa-essential")
        files[constraints_file(name)] = written(name, image)
        files[essential_file(name)] = written(name, essential or "", "essential")
        packages = source(version, "python-packages") or ""
        files[installed_file(name)] = written(name, packages, "installed")
        apache = source(version, "apache")
        if apache is None:
            by_version[name] = differences().get(name, {})
        else:
            of_image = read_pins(image.splitlines())
            by_version[name] = {
                package: pin
                for package, pin in read_pins(apache.splitlines()).items()
                if of_image.get(package) != pin
            }
    files[apache_file()] = written_differences(by_version)
    return files


def _published(version: AirflowVersion, kind: str) -> str:
    file = {
        "airflow": f"{IMAGES}/{version.version}/etc/airflow_constraints.txt",
        "mwaa-essential": f"{IMAGES}/{version.version}/etc/mwaa_essential_constraints.txt",
        "python-packages": f"{IMAGES}/{version.version}/BillOfMaterials/{version.version}/"
        "Python-Packages-BOM.txt",
        "apache": version.constraints_url,
    }[kind]
    with urllib.request.urlopen(file) as answer:  # noqa: S310 - https, our own
        text = str(answer.read().decode())
    return listed(text) if kind == "python-packages" else text


def listed(bill: str) -> str:
    """The packages of an image's bill of materials, which has a name and below it its version."""
    found = re.findall(r"^([\w.-]+)\n(?=(\d[\w.+!]*)$)", bill, re.MULTILINE)
    return "".join(f"{name}=={version}\n" for name, version in found)


def _copied(folder: Path) -> Source:
    def copy(version: AirflowVersion, kind: str) -> str | None:
        file = folder / f"{kind}-{version.version}.txt"
        return None if kind == "apache" and not file.exists() else file.read_text()

    return copy


def main() -> None:
    """Take the constraints from AWS's and Apache's repositories, or from a folder of copies."""
    parser = argparse.ArgumentParser(prog="mwaa.constraints")
    parser.add_argument(
        "--copies",
        type=Path,
        metavar="DIR",
        help="a folder with airflow-<version>.txt and mwaa-essential-<version>.txt, as the images "
        "have them, python-packages-<version>.txt with name==version, and apache-<version>.txt "
        "where that is to be compared anew",
    )
    copies: Path | None = parser.parse_args().copies
    try:
        for file, content in renewed(_copied(copies) if copies else _published).items():
            file.write_text(content)
    except (OSError, InvalidRequirement) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
