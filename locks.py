"""Lock files, which hold every package by its hashes; `python -m locks` writes them.

uv resolves and installs. This module needs nothing but uv, so that the launcher's `.venv` can run
it before anything else is installed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from errors import PlatformError, failed_program

ROOT = Path(__file__).resolve().parent
HEADER = "# Made from {} with: python -m locks\n"
FORM = ("--generate-hashes", "--no-annotate", "--no-header", "--strip-extras", "--quiet")
UNIVERSAL = ("--universal", "--python-version=3.11")
"""All platforms, and every Python from 3.11 on."""

FUNCTION = (
    "--python-platform=x86_64-manylinux2014",
    "--python-version=3.13",
    "--only-binary=:all:",
)
"""What the authenticator runs on."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Lock file of one set of packages.

    - `sources`: requirements files with the pins that people choose.
    - `build`: whether the lock also has what pyproject.toml needs to install the project.
    - `target`: uv's options that name the platform and the Python.
    - `within`: a lock whose versions are kept.
    """

    sources: tuple[Path, ...]
    build: bool = False
    target: tuple[str, ...] = UNIVERSAL
    within: Lock | None = None

    @property
    def foreign_target(self) -> tuple[str, ...]:
        """The target as options of an installation: none where it is this machine."""
        return () if self.target is UNIVERSAL else self.target

    @property
    def file(self) -> Path:
        """Where it is: beside its last source."""
        return self.sources[-1].with_suffix(".lock")


APPLICATION = Lock(sources=(ROOT / "requirements.txt",), build=True)
DEVELOPMENT = Lock(
    sources=(*APPLICATION.sources, ROOT / "requirements-dev.txt"), build=True, within=APPLICATION
)
AUTHENTICATOR = Lock(sources=(ROOT / "lambda/authenticator/requirements.txt",), target=FUNCTION)
AWS_STAND_IN = Lock(sources=(ROOT / "local/aws/requirements.txt",))
SBOM_TOOL = Lock(sources=(ROOT / "cli/sbom/requirements.txt",))
CANAILLE = Lock(sources=(ROOT / "tests/canaille/requirements.txt",))
CHECKERS = Lock(sources=(ROOT / "tests/checkers/requirements.txt",))
FUZZER = Lock(sources=(ROOT / "tests/campaign/requirements.txt",))
LOCKS = (
    APPLICATION,
    DEVELOPMENT,
    AUTHENTICATOR,
    AWS_STAND_IN,
    SBOM_TOOL,
    CANAILLE,
    CHECKERS,
    FUZZER,
)

CONSTRAINTS = ROOT / "constraints.txt"
"""The versions of DEVELOPMENT without hashes: pip installs no editable project beside hashes."""


def write_lock(lock: Lock, file: Path, *, upgrade: bool = False) -> None:
    """Writes the lock into `file`, whose versions stay where they can, unless `upgrade`.

    Raises PlatformError where there is no solution.
    """
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    requirements = [*direct_requirements(lock), *(build if lock.build else ())]
    # uv would search the machine for the target's Python, which takes seconds and changes nothing.
    command = [find_uv_bin(), "pip", "compile", "-", *FORM, *lock.target]
    command += [f"--python={sys.executable}", f"--output-file={file}"]
    if lock.within:
        command.append(f"--constraints={lock.within.file}")
    if upgrade:
        command.append("--upgrade")
    result = subprocess.run(
        command,
        input="\n".join(requirements),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        failure = PlatformError(
            f"The packages of {_name(lock.sources[-1])} could not be locked.",
            remedy="Check its lines, the network and uv's index settings.",
        )
        raise failed_program(failure, result.stderr)
    sources = " and ".join(map(_name, lock.sources))
    file.write_text(HEADER.format(sources) + file.read_text())


def constraints(lock: Path) -> str:
    """The content of constraints.txt, from the lock file of DEVELOPMENT."""
    pins = re.findall(r"^\S+==.*?(?= \\$)", lock.read_text(), re.MULTILINE)
    return HEADER.format(lock.name) + "".join(f"{pin}\n" for pin in pins)


def direct_requirements(lock: Lock) -> list[str]:
    """The requirements of its sources, without their options and comments."""
    lines = [line for source in lock.sources for line in source.read_text().splitlines()]
    return [line for line in lines if line[:1].isalnum()]


def unlocked(lock: Lock) -> list[str]:
    """The requirements of its sources that its file does not have, as the launcher finds them."""
    requirements = [line.split()[0] for line in direct_requirements(lock)]
    locked = set(map(_normalized, _pins(lock.file.read_text())))
    return [each for each in requirements if _normalized(each) not in locked]


def changes(name: str, before: str, after: str) -> str:
    """A line about a lock file that was written: its packages that are new, and those that went."""
    old, new = _pins(before), _pins(after)
    signs = {"+": [each for each in new if each not in old]}
    signs["-"] = [each for each in old if each not in new]
    changed = " ".join(f"{sign}{pin}" for sign, pins in signs.items() for pin in pins)
    if not changed:
        changed = "nothing changed" if before == after else "the same packages, rewritten"
    return f"{name}: {changed}"


def _pins(text: str) -> list[str]:
    return re.findall(r"^[\w.-]+==[^\s;]+", text, re.MULTILINE)


def _normalized(pin: str) -> str:
    return re.sub(r"[-_.]+", "-", re.sub(r"\[[^]]*\]|;.*", "", pin).lower())


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def main() -> None:
    """Writes all locks and constraints.txt, and says what changed."""
    parser = argparse.ArgumentParser(prog="locks", description=main.__doc__)
    parser.add_argument(
        "--upgrade", action="store_true", help="take the newest packages that the pins allow"
    )
    upgrade: bool = parser.parse_args().upgrade
    for lock in LOCKS:
        before = lock.file.read_text() if lock.file.exists() else ""
        try:
            write_lock(lock, lock.file, upgrade=upgrade)
        except PlatformError as error:
            parser.error(str(error))
        # The console's packages may not be there yet.
        print(changes(_name(lock.file), before, lock.file.read_text()), flush=True)
    CONSTRAINTS.write_text(constraints(DEVELOPMENT.file))


if __name__ == "__main__":
    main()
