"""`python -m mwaa.constraints`: bring the constraints up to date."""

from __future__ import annotations

import argparse
import urllib.request
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from mwaa.constraints import constraints_file
from mwaa.versions import AIRFLOW_VERSIONS, AirflowVersion

HEADER = "# What pip may install on MWAA with Airflow {}. Made with: python -m {}\n"


def written(version: str, source: str) -> str:
    """A file's content, from the text of a published one: sorted pins, one a line.

    Raises InvalidRequirement for a line that is none.
    """
    lines = {line.partition("#")[0].strip() for line in source.splitlines()} - {""}
    pins = sorted((str(Requirement(line)) for line in lines), key=str.casefold)
    return HEADER.format(version, "mwaa.constraints") + "".join(f"{pin}\n" for pin in pins)


def _published(version: AirflowVersion) -> str:
    with urllib.request.urlopen(version.constraints_url) as answer:  # noqa: S310 - https, our own
        return str(answer.read().decode())


def main() -> None:
    """Take the constraints from their published addresses, or from a folder of copies."""
    parser = argparse.ArgumentParser(prog="mwaa.constraints")
    parser.add_argument(
        "--copies", type=Path, metavar="DIR", help="a folder with airflow-<version>.txt files"
    )
    copies: Path | None = parser.parse_args().copies
    for version in AIRFLOW_VERSIONS.values():
        if not version.openlineage_python:
            continue
        file = constraints_file(version.version)
        try:
            source = (copies / file.name).read_text() if copies else _published(version)
            file.write_text(written(version.version, source))
        except (OSError, InvalidRequirement) as error:
            parser.error(f"Airflow {version.version}: {error}")


if __name__ == "__main__":
    main()
