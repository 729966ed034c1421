"""Linter, formatter and type checker."""

from __future__ import annotations

import subprocess
import sys

import pytest

from local.layout import ROOT


@pytest.mark.parametrize(
    "check",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]],
    ids=["lint", "format", "types"],
)
def test_clean(check: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", *check], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_folder_constructs_is_no_package() -> None:
    assert not (ROOT / "constructs" / "__init__.py").exists(), (
        "constructs/__init__.py hides PyPI's constructs and breaks every import of aws_cdk; "
        "the folder is a source root, import what is in it as mwaa_platform."
    )
