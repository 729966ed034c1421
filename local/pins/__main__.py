"""`python -m local.pins`: recreates the lock files from the constraints of MWAA's images."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.pins import FOLDER, SNAPSHOTS
from local.pins.lock import LOCKABLE, write_lock
from mwaa.constraints import constraints_file


def main() -> None:
    """Reads the constraints that the project has, or those in a folder of copies."""
    parser = argparse.ArgumentParser(prog="local.pins")
    parser.add_argument(
        "--constraints", type=Path, metavar="DIR", help="a folder with airflow-<version>.txt files"
    )
    parser.add_argument(
        "versions", nargs="*", metavar="VERSION", help="Airflow versions, all unless given"
    )
    arguments = parser.parse_args()
    folder: Path | None = arguments.constraints
    for version in arguments.versions or LOCKABLE:
        name = f"airflow-{version}.txt"
        source = folder / name if folder else constraints_file(version)
        write_lock(version, FOLDER / name, constraints=None if version in SNAPSHOTS else source)


if __name__ == "__main__":
    main()
