"""Licences as the bills of cyclonedx-py and of npm declare them."""

from __future__ import annotations

from typing import Any

import pytest

from cli.sbom.licences import licence


def spdx(name: str) -> dict[str, Any]:
    return {"license": {"id": name}}


def classifier(*names: str) -> dict[str, Any]:
    return {"license": {"name": " :: ".join(("License", *names))}}


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ([spdx("MIT")], "MIT"),
        ([{"expression": "MIT OR Apache-2.0"}], "MIT OR Apache-2.0"),
        ([spdx("MPL-2.0"), classifier("OSI Approved", "Mozilla Public License 2.0")], "MPL-2.0"),
        ([spdx("MIT"), spdx("ISC")], "MIT AND ISC"),
        ([classifier("OSI Approved", "BSD License")], "BSD License"),
        ([classifier("OSI Approved"), classifier("Other")], "Other"),
        ([classifier("OSI Approved")], "not declared"),
        ([], "not declared"),
    ],
)
def test_what_is_declared_is_shown(declared: list[dict[str, Any]], shown: str) -> None:
    assert licence({"licenses": declared}) == shown


def test_a_package_of_npm_without_a_licence_has_none() -> None:
    assert licence({"name": "own"}) == "not declared"
