"""`sbom`: software bills of materials, and the licences in them."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import console
from cli.commands import Sbom
from cli.sbom.licences import Package, packages
from errors import PlatformError
from local.layout import ROOT
from local.toolchain import npm_bill, run, run_uv
from locks import APPLICATION, AUTHENTICATOR, SBOM_TOOL, Lock, direct_requirements

PYTHON_PARTS: Mapping[str, Lock] = {"application": APPLICATION, "authenticator": AUTHENTICATOR}
NPM_PARTS: Mapping[str, Path] = {
    "cdk-cli": ROOT,
    "local-identity-provider": ROOT / "local/identity_provider",
    "local-lineage-page": ROOT / "local/lineage_endpoint",
}
HEADERS = ("part", "package", "version", "licence")


def write_sboms(options: Sbom) -> None:
    """Writes `<part>.cdx.json` for each part, and licences.csv of all; shows who has which."""
    output = options.output.absolute()
    output.mkdir(parents=True, exist_ok=True)
    listed = []
    with console.step("The packages are listed"):
        for part, bill in _bills():
            (output / f"{part}.cdx.json").write_text(json.dumps(bill, indent=2) + "\n")
            listed += packages(part, bill)
    with (output / "licences.csv").open("w", newline="") as file:
        csv.writer(file).writerows([HEADERS, *listed])
    _show(listed)
    console.say(f"Written to {output}, with a line for each package in licences.csv.")


def _bills() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The bill of each part."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tool = _installed(SBOM_TOOL, folder / "tool")
        for part, lock in PYTHON_PARTS.items():
            yield part, _python_bill(part, lock, tool, folder)
    for part, place in NPM_PARTS.items():
        yield part, npm_bill(place)


def _python_bill(part: str, lock: Lock, tool: Path, folder: Path) -> Mapping[str, Any]:
    """The bill of what a lock installs; it is installed, because its licences stand in it."""
    environment, described, bill = (folder / f"{part}{end}" for end in ("", ".toml", ".json"))
    _installed(lock, environment)
    described.write_text(
        f'[project]\nname = "mwaa-platform-{part}"\nversion = "0.1.0"\n'
        f"dependencies = {json.dumps(direct_requirements(lock))}\n"
    )
    run(
        [
            *(str(tool / "bin/cyclonedx-py"), "environment", "--output-reproducible"),
            *(f"--pyproject={described}", f"--output-file={bill}", str(environment)),
        ],
        failure=PlatformError(
            f"The packages of {part} could not be listed.",
            remedy="Run this again, and report it if it stays.",
        ),
    )
    loaded: Mapping[str, Any] = json.loads(bill.read_text())
    return loaded


def _installed(lock: Lock, folder: Path) -> Path:
    """A virtual environment with what the lock names, and nothing else."""
    failure = PlatformError(
        f"The packages of {lock.file.relative_to(ROOT)} could not be installed.",
        remedy="Check the network, or uv's index settings, and run this again.",
    )
    run_uv("venv", "--quiet", f"--python={sys.executable}", str(folder), failure=failure)
    # Not compiled: nothing but the tool is ever run.
    run_uv(
        *("pip", "install", "--quiet", f"--python={folder}", "--require-hashes", "--no-deps"),
        *(*lock.foreign_target, f"--requirements={lock.file}"),
        failure=failure,
    )
    return folder


def _show(listed: list[Package]) -> None:
    by_licence: dict[str, set[str]] = {}
    for package in listed:
        by_licence.setdefault(package.licence, set()).add(package.name)
    rows = [(licence, ", ".join(sorted(names))) for licence, names in sorted(by_licence.items())]
    console.gap()
    console.table(("licence", "packages"), rows)
    console.gap()
