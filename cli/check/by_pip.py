"""Whether pip, which MWAA uses, chooses the versions that uv has found."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.utils import canonicalize_name

from cli.check.requirements import lines_for_pip
from cli.check.shipped import ShippedFiles
from errors import Finding, Level, PlatformError
from local.atomic_write import write_atomically
from local.layout import CACHE
from local.processes import installer_variables
from local.toolchain import answer_of_uv, virtual_environment
from mwaa.constraints import installed
from mwaa.versions import AirflowVersion

SUBJECT, PIP = "pip", "26.3"
"""The image has the newest pip at the time that it is made."""
SECONDS = 180
OF_PYTHON = {"pip", "setuptools", "wheel"}
"""Packages that a Python may come with, whatever its image lists."""
ALONE = "The resolution is uv's alone"
IMPOSSIBLE = "ResolutionImpossible"
REFUSAL = re.compile(
    r"--require-hashes mode|Hashes are required|DO NOT MATCH THE HASHES"
    r"|Invalid requirement|is not a supported wheel|has inconsistent|is invalid"
)
"""Words of pip's for what is wrong with the files, wherever it reads them."""
METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n"


class UnknownChoiceError(Exception):
    """What pip would do is not known; the message says why."""


def check_pip(shipped: ShippedFiles) -> Iterator[Finding]:
    """Compares pip's dry run with what uv resolved, once for each content of both."""
    found = shipped.seen.versions
    if not found:
        return
    image = installed(shipped.sources.version.version)
    above = {name: pin for name, pin in found.items() if pin and image.get(name) != pin}
    wanted = {name: pin for name, pin in above.items() if name not in OF_PYTHON}
    try:
        chosen = _known_choice(shipped, found)
    except UnknownChoiceError as error:
        yield Finding(level=Level.SKIPPED, subject=SUBJECT, message=f"{ALONE}: {error}")
        return
    except PlatformError as error:
        yield Finding.from_error(SUBJECT, error)
        return
    differ = [
        f"{name} {chosen.get(name, 'not at all')} instead of {wanted.get(name, 'not at all')}"
        for name in sorted({*chosen, *wanted} - OF_PYTHON)
        if chosen.get(name) != wanted.get(name)
    ]
    if differ:
        yield Finding(
            level=Level.WARNING,
            subject=SUBJECT,
            message=f"It installs {', '.join(differ)}: more than one version fits.",
            remedy="Pin these versions in requirements.txt, so that MWAA installs what is checked.",
        )
    else:
        yield Finding(level=Level.OK, subject=SUBJECT, message="chooses the same versions")


def _known_choice(shipped: ShippedFiles, found: Mapping[str, str]) -> Mapping[str, str]:
    """What pip chooses; kept as long as uv, which asks the index each time, finds the same."""
    lines = "\n".join(lines_for_pip(shipped))
    content = json.dumps([lines.replace(str(shipped.home), ""), PIP, sorted(found.items())])
    wheels = shipped.artifacts.plugins.name
    digest = hashlib.sha256(f"{content}{wheels}".encode()).hexdigest()[:16]
    kept = CACHE / f"pip-{digest}.json"
    if kept.exists():
        known: dict[str, str] = json.loads(kept.read_text("utf-8"))
        return known
    python = image_python(shipped.sources.version)
    with TemporaryDirectory(prefix="mwaa-platform-pip-") as folder:
        chosen = _dry_run(lines, python, Path(folder), shipped)
    write_atomically(kept, json.dumps(chosen).encode())
    return chosen


def image_python(version: AirflowVersion) -> Path:
    """An interpreter with pip, of the image's Python but for its last number.

    Raises UnknownChoiceError where this machine has none, PlatformError where pip is not there.
    """
    wanted = version.python
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise UnknownChoiceError("this machine is not Linux on x86-64.")
    asked = ("python", "find", "--no-python-downloads", wanted)
    answer = answer_of_uv(*asked, stdin="", env=installer_variables())
    if answer.returncode:
        raise UnknownChoiceError(f"Python {wanted}, the image's, is not installed on this machine.")
    return virtual_environment(
        CACHE / f"pip-{PIP}-python-{wanted}",
        python=answer.stdout.strip(),
        requirements=f"pip=={PIP}",
        failure=PlatformError(
            f"pip {PIP} could not be installed, so the resolution is uv's alone.",
            remedy="Check the network or uv's index settings.",
        ),
    )


def _dry_run(lines: str, python: Path, folder: Path, shipped: ShippedFiles) -> Mapping[str, str]:
    """The packages that pip would install above those of the image."""
    requirements, report, image = folder / "requirements.txt", folder / "report", folder / "image"
    requirements.write_text(lines, "utf-8")
    for name, pin in installed(shipped.sources.version.version).items():
        # It keeps what is installed where that fits; what that needs in turn, constraints hold.
        information = image / f"{name.replace('-', '_')}-{pin}.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text(METADATA.format(name, pin), "utf-8")
    command = (
        *(str(python), "-m", "pip", "install", "--dry-run", "--quiet", "--no-input"),
        *("--disable-pip-version-check", "--report", str(report), "--requirement"),
        str(requirements),
    )
    try:
        answer = subprocess.run(
            command,
            # A folder of somebody else's could have a pip of its own.
            cwd=folder,
            env={**installer_variables(), "PYTHONPATH": str(image)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnknownChoiceError(f"pip does not end within {SECONDS // 60} minutes.") from None
    if answer.returncode:
        raise _failure(answer.stderr)
    told = json.loads(report.read_text("utf-8"))["install"]
    return {canonicalize_name(e["metadata"]["name"]): e["metadata"]["version"] for e in told}


def _failure(said: str) -> Exception:
    """Why it ended: a contradiction is one on MWAA too, other reasons are of this machine."""
    last = next((line for line in reversed(said.splitlines()) if line.startswith("ERROR: ")), "")
    reason = last.removeprefix("ERROR: ")
    if REFUSAL.search(said):
        return PlatformError(
            f"It would install nothing: {reason}", remedy="Correct requirements.txt."
        )
    if IMPOSSIBLE not in said:
        return UnknownChoiceError(f"pip could not be asked: {reason or 'it does not say why.'}")
    return PlatformError(
        "It finds no versions that fit, although uv does, so it would install nothing.",
        remedy="Pin the versions that uv found in requirements.txt.",
    )
