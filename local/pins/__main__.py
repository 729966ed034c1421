"""`python -m local.pins`: recreates the lock files from the constraints of MWAA's images."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.pins import FOLDER, SNAPSHOTS
from local.pins.lock import LOCKABLE, write_lock
from mwaa.versions import airflow_version


def main() -> None:
    """Reads the constraints from their published URLs, or from a folder of copies."""
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
        source = folder / name if folder else airflow_version(version).constraints_url
        write_lock(version, FOLDER / name, constraints=None if version in SNAPSHOTS else source)


if __name__ == "__main__":
    main()
