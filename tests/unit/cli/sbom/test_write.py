"""`sbom`: a bill for each part, and the licences."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from local.layout import ROOT
from locks import AUTHENTICATOR
from tests.package_index import tampered_index
from tests.unit.cli.terminal import Terminal

PARTS = {"application", "authenticator", "cdk-cli", "local-identity-provider", "local-lineage-page"}


def locked(lock: Path) -> set[str]:
    """Packages of a lock, as package URLs."""
    found = re.findall(r"^([^\s=]+)==(\S+)", lock.read_text(), re.MULTILINE)
    return {f"pkg:pypi/{name}@{version}" for name, version in found}


def test_it_lists_what_is_installed_and_its_licences(terminal: Terminal, tmp_path: Path) -> None:
    said = terminal.type("sbom", "--output", str(tmp_path / "bills"))

    assert said.status == 0, said.err
    bills: dict[str, Any] = {
        path.name.removesuffix(".cdx.json"): json.loads(path.read_text())
        for path in (tmp_path / "bills").glob("*.json")
    }
    assert bills.keys() == PARTS
    urls = {
        part: {
            re.sub(r"[._]", "-", each["purl"].partition("@")[0]) + "@" + each["version"]
            for each in bill["components"]
        }
        for part, bill in bills.items()
    }
    assert urls["authenticator"] == locked(AUTHENTICATOR.file)
    assert {"boto3", "uv"} <= {each["name"] for each in bills["application"]["components"]}
    assert urls["application"] <= locked(ROOT / "requirements.lock")
    for part, bill in bills.items():
        assert bill["bomFormat"] == "CycloneDX"
        [root] = [
            each["dependsOn"]
            for each in bill["dependencies"]
            if each["ref"] == bill["metadata"]["component"]["bom-ref"]
        ]
        assert root, part
    assert all(each["hashes"] for each in bills["cdk-cli"]["components"])

    rows = [*csv.reader((tmp_path / "bills/licences.csv").open(newline=""))]
    assert rows[0] == ["part", "package", "version", "licence"]
    assert len(rows) - 1 == sum(len(bill["components"]) for bill in bills.values())
    by_package = {(part, name): licence for part, name, _, licence in rows}
    assert by_package["authenticator", "cryptography"] == "Apache-2.0 OR BSD-3-Clause"
    assert by_package["cdk-cli", "aws-cdk"] == "Apache-2.0"
    assert "MPL-2.0 certifi" in said.said


def test_a_tampered_program_is_refused(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tampered_index(ROOT / "cli/sbom/requirements.lock") as index:
        for name, value in index.settings(tmp_path / "cache").items():
            monkeypatch.setenv(name, value)
        said = terminal.type("sbom", "--output", str(tmp_path / "bills"))

    assert said.status == 1
    assert "The packages of cli/sbom/requirements.lock could not be installed." in said.said
    assert not [*(tmp_path / "bills").glob("*.json")]
