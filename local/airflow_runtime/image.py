"""Packages of an Airflow that is as MWAA's image has it, as far as this machine's Python lets it.

An image is made for one Python and one platform, and a machine may have another Python: pins that
this one cannot have give way to what it can.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import InvalidRequirement, Requirement

from errors import PlatformError
from local.atomic_write import write_atomically
from local.toolchain import run_uv
from mwaa.constraints import constraints, installed

PROVIDERS = "apache-airflow-providers-"


def image_providers(version: str) -> Sequence[str]:
    """All providers that the image has, which DAGs import without asking for them."""
    return sorted(name for name in installed(version) if name.startswith(PROVIDERS))


def image_preferences(version: str) -> str:
    """The versions that the image has or holds, as lines of a requirements.txt."""
    pins = {**constraints(version), **installed(version)}
    return "".join(f"{name}=={pin}\n" for name, pin in sorted(pins.items()))


def write_closest_pins(
    file: Path,
    requirements: str,
    preferences: str,
    *,
    python: str,
    constraints: Path,
    failure: PlatformError,
) -> None:
    """Writes the pins of what is installed: those preferred, where this Python can have them.

    Raises `failure` where nothing fits.
    """
    with TemporaryDirectory() as folder:
        result = Path(folder, "pins.txt")
        # uv keeps what the file has had, where it fits.
        result.write_text(preferences)
        run_uv(
            *("pip", "compile", "-", "--quiet", "--no-annotate", "--no-header"),
            *(f"--python={python}", f"--constraints={constraints}", f"--output-file={result}"),
            stdin=requirements,
            failure=failure,
        )
        pins = [line for line in result.read_text().splitlines() if _is_pin(line)]
    write_atomically(file, ("\n".join(pins) + "\n").encode())


def _is_pin(line: str) -> bool:
    """Whether it is a version of an index's, not a file or an address."""
    try:
        return bool(Requirement(line.partition(" --")[0]).specifier)
    except InvalidRequirement:
        return False
