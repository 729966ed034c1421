"""The requirements.txt of a team: what would fail on MWAA is a mistake of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.config.configurations import LINEAGE, mistakes_in, with_environment

PATH = "MwaaEnvironments[0].Requirements"
HASHED = f"pandas==2.1.4 --hash=sha256:{'0' * 64}"


def named(file: Path, content: str | bytes, **keys: Any) -> dict[str, Any]:
    """A configuration whose environment names a file with this content."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return with_environment(AirflowVersion="2.10.3", Requirements=str(file)) | keys


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "team.txt"


def test_a_line_that_contradicts_mwaa_is_named_with_both_sides(file: Path) -> None:
    mistake = mistakes_in(named(file, "pandas\napache-airflow==2.9.2\n"))[PATH]
    assert "team.txt, line 2 (apache-airflow==2.9.2)" in mistake.message
    assert "apache-airflow==2.10.3" in mistake.message
    assert mistake.remedy == "Remove the line or its version."


def test_a_clash_is_named_beside_every_other_mistake(file: Path) -> None:
    raw = named(file, "-r more.txt\n", Grants=[{"User": "nobody", "Environments": "analytics"}])
    raw["MwaaEnvironments"][0] |= {"VpcCIDR": "ten", "EnvironmentClas": "mw1.small"}
    assert set(mistakes_in(raw)) == {
        PATH,
        "MwaaEnvironments[0].VpcCIDR",
        "MwaaEnvironments[0].EnvironmentClas",
        "Grants[0].User",
        "Grants[0].Roles",
    }


def test_a_hash_is_refused_only_where_lineage_adds_a_line(file: Path) -> None:
    assert not mistakes_in(named(file, HASHED))
    assert "has a hash" in mistakes_in(named(file, HASHED, Lineage=LINEAGE))[PATH].message


def test_a_mistaken_version_is_not_compared_with(file: Path) -> None:
    raw = named(file, "apache-airflow==2.9.2")
    raw["MwaaEnvironments"][0]["AirflowVersion"] = "2.10"
    assert list(mistakes_in(raw)) == ["MwaaEnvironments[0].AirflowVersion"]


@pytest.mark.parametrize("version", ["2.10.3", "2.10"])
def test_a_file_that_is_no_text(file: Path, version: str) -> None:
    raw = named(file, b"pandas\xff\n")
    raw["MwaaEnvironments"][0]["AirflowVersion"] = version
    assert "not text in UTF-8" in mistakes_in(raw)[PATH].message


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    mistake = mistakes_in(with_environment(Requirements=str(tmp_path)))[PATH]
    assert "This is no file" in mistake.message


def test_a_file_that_cannot_be_read(file: Path) -> None:
    a_name_too_long = f"{file}{'x' * 5000}"
    mistake = mistakes_in(with_environment(Requirements=a_name_too_long))[PATH]
    assert "cannot be read" in mistake.message
