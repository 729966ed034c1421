"""`python -m tests.openmetadata.pins`: makes the locks from those of MWAA's images.

Versions of OpenMetadata as arguments restrict it to those.
"""

from __future__ import annotations

import argparse
import shutil
from tempfile import NamedTemporaryFile

from packaging.version import Version

from artifacts.openmetadata_constraints import relaxed_constraints
from config.lineage.openmetadata import FIRST_WITH_JWT_ALONE
from config.lineage.openmetadata_backend import JWT, SECRET_OPTIONS, backend_requirements
from errors import PlatformError
from local.pins import pins, preinstalled
from local.toolchain import run_uv
from mwaa.versions import PREINSTALLED, airflow_version
from tests.openmetadata.pins import PAIRS, Pair, pinned

HEADER = (
    "# Airflow {} of MWAA with the client of OpenMetadata {}.\n"
    "# Made with: python -m tests.openmetadata.pins\n"
)


def write_lock(pair: Pair) -> None:
    """Write a pair's lock. A version of the image stays where it can, as with pip on MWAA."""
    image = pins(pair.airflow)
    # uv prefers the versions that the file it writes to has.
    shutil.copy(image, pair.lock)
    kept = pinned(image)
    openlineage = airflow_version(pair.airflow).lineage_package
    assert openlineage
    brought = (*preinstalled(pair.airflow), openlineage)
    with NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.write(relaxed_constraints(airflow_version(pair.airflow)))
        constraints.flush()
        run_uv(
            *("pip", "compile", "-", "--universal", f"--python-version={pair.python}"),
            *("--no-annotate", "--no-header", "--quiet"),
            *(f"--constraints={constraints.name}", f"--output-file={pair.lock}"),
            stdin="\n".join((*(f"{each}=={kept[each]}" for each in brought), *_wanted(pair))),
            failure=PlatformError(
                f"OpenMetadata {pair} could not be locked.",
                place=str(pair.lock),
                remedy="Check the network.",
            ),
        )
    pair.lock.write_text(HEADER.format(*pair) + pair.lock.read_text())


def _wanted(pair: Pair) -> tuple[str, ...]:
    """What the platform puts into requirements.txt for it, by whatever way it is entered."""
    ways = SECRET_OPTIONS if Version(pair.openmetadata) < FIRST_WITH_JWT_ALONE else (JWT,)
    lines = (line for way in ways for line in backend_requirements(pair.openmetadata, way))
    return tuple(dict.fromkeys((*sorted(PREINSTALLED), *lines)))


def main() -> None:
    """Make all of them, or those that are asked for."""
    parser = argparse.ArgumentParser(prog="tests.openmetadata.pins")
    parser.add_argument("versions", nargs="*", metavar="VERSION", help="versions of OpenMetadata")
    asked = parser.parse_args().versions
    for pair in PAIRS:
        if not asked or pair.openmetadata in asked:
            write_lock(pair)


if __name__ == "__main__":
    main()
