"""`python -m tests.openmetadata.survey`: which client can be installed beside which Airflow 2.

uv resolves what an environment is shipped, for MWAA's Python and platform, with each line of
OpenMetadata. docs/openmetadata.md gets the table of what it found.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.version import Version

from artifacts.openmetadata_constraints import relaxed_constraints
from config.lineage.openmetadata import FIRST_WITH_BACKEND
from config.lineage.openmetadata_compatibility import (
    FIRST_OPENMETADATA_BEYOND_AIRFLOW_2,
    FIRST_WITHOUT_BACKENDS,
    runs_on,
)
from local.layout import ROOT
from local.pins import pins
from mwaa.versions import AIRFLOW_VERSIONS, airflow_version
from tests.lineage import openmetadata, resolved
from tests.openmetadata.pins import interpreter

DOCUMENT = ROOT / "docs" / "openmetadata.md"
BEGIN, END = "<!-- survey -->\n", "<!-- end of survey -->\n"
PLATFORM = "x86_64-manylinux_2_28"
YES, NO = "yes", "no"
NO_SOLUTION = "No solution found"

AIRFLOWS = sorted(
    (
        entry.version
        for entry in AIRFLOW_VERSIONS.values()
        if entry.lineage_package and Version(entry.version) < FIRST_WITHOUT_BACKENDS
    ),
    key=Version,
)
LINES = [
    f"{FIRST_WITH_BACKEND.major}.{minor}"
    for minor in range(FIRST_WITH_BACKEND.minor, FIRST_OPENMETADATA_BEYOND_AIRFLOW_2.minor)
]

Found = Mapping[tuple[str, str], bool]
"""Whether there is a release of the client that fits, by the line and the Airflow."""


def fits(line: str, airflow: str) -> bool:
    """Whether an Airflow can have the client of a line, be it of one release alone."""
    entry = airflow_version(airflow)
    if not runs_on(Version(line), entry.python):
        return False
    lineage = resolved(openmetadata(line), version=airflow)
    with TemporaryDirectory() as folder:
        constraints, lock = Path(folder, "constraints.txt"), Path(folder, "lock.txt")
        constraints.write_text(relaxed_constraints(entry))
        # uv prefers the versions that the file it writes to has, as pip prefers what is installed.
        shutil.copy(pins(airflow), lock)
        result = subprocess.run(
            [
                *(sys.executable, "-m", "uv", "pip", "compile", "-", "--quiet", "--no-annotate"),
                *(f"--python={interpreter(entry.python)}", f"--python-platform={PLATFORM}"),
                *(f"--constraints={constraints}", f"--output-file={lock}"),
            ],
            input="\n".join(lineage.requirements),
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode and NO_SOLUTION not in result.stderr:
        raise RuntimeError(result.stderr)
    return not result.returncode


def survey() -> Found:
    """Ask uv for every pair."""
    pairs = [*product(LINES, AIRFLOWS)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(pairs, pool.map(fits, *zip(*pairs, strict=True)), strict=True))


def table(found: Found) -> str:
    """What the document shows of it."""
    rows = (
        _row(line, (YES if found[line, airflow] else NO for airflow in AIRFLOWS)) for line in LINES
    )
    head = _row("OpenMetadata", (f"Airflow {each}" for each in AIRFLOWS))
    rule = f"|{'---|' * (len(AIRFLOWS) + 1)}\n"
    return f"\n{datetime.now(UTC):%Y-%m-%d}:\n\n{head}{rule}{''.join(rows)}\n"


def shown() -> Found:
    """What the document's table says."""
    head, _, *rows = re.findall(r"^\|(.*)\|$", _parts()[1], re.MULTILINE)
    airflows = [each.removeprefix("Airflow ") for each in _cells(head)[1:]]
    return {
        (line, airflow): cell == YES
        for line, *cells in map(_cells, rows)
        for airflow, cell in zip(airflows, cells, strict=True)
    }


def main() -> None:
    """Write the table anew."""
    found = table(survey())
    before, _, after = _parts()
    DOCUMENT.write_text(f"{before}{BEGIN}{found}{END}{after}")


def _parts() -> tuple[str, str, str]:
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    shown, _, after = rest.partition(END)
    return before, shown, after


def _row(first: str, cells: Iterable[str]) -> str:
    return f"| {' | '.join((first, *cells))} |\n"


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.split("|")]


if __name__ == "__main__":
    main()
