"""What of a requirements.txt is installed here, and the error of a failed installation."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from uv import find_uv_bin

from errors import PlatformError
from local.airflow_runtime.install import install, on_this_machine
from tests.unit.artifacts.wheels import make_wheel


def test_packages_are_installed_from_paths_in_plugins(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "own-of-a-team", "1.0")
    plugins = tmp_path / "plugins.zip"
    with zipfile.ZipFile(plugins, "w") as archive:
        archive.write(wheel, f"wheels-of-ours/{wheel.name}")
        archive.writestr("more.txt", "")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        "-r /usr/local/airflow/dags/elsewhere.txt\n"
        "-r /usr/local/airflow/plugins/more.txt\n"
        "--find-links /usr/local/airflow/plugins/wheels-of-ours\n"
        "--no-index\n"
        "own-of-a-team==1.0\n"
    )
    text = on_this_machine(requirements.read_text(), plugins, tmp_path / "cache")
    installed = subprocess.run(
        [
            find_uv_bin(),
            "pip",
            "install",
            "--dry-run",
            "--offline",
            "-r",
            "-",
            f"--python={sys.executable}",
        ],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "own-of-a-team==1.0" in installed.stderr
    assert on_this_machine(requirements.read_text(), plugins, tmp_path / "cache") == text


def test_a_wheel_of_other_content_is_installed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of wheels may be another branch's, whose code must not stay when it is left."""
    monkeypatch.setattr(
        "local.airflow_runtime.install.virtual_environment", lambda folder, **_: folder
    )
    (wheels := tmp_path / "wheels").mkdir()
    wheel = make_wheel(wheels, "own-of-a-team", "1.0")
    content = wheel.read_bytes()
    first = install("2.10.3", None, tmp_path / "cache", wheels=wheels)
    wheel.write_bytes(content + b"other")
    assert install("2.10.3", None, tmp_path / "cache", wheels=wheels) != first
    wheel.write_bytes(content)
    assert install("2.10.3", None, tmp_path / "cache", wheels=wheels) == first


def test_requirement_that_contradicts_the_image_is_named(tmp_path: Path) -> None:
    """Needs the package index. The constraint is our lock, not what the unreachable URL has."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        '--constraint "https://unreachable.example.com/constraints.txt"\n'
        "apache-airflow-providers-openlineage==1.12.0\n"
    )
    with pytest.raises(PlatformError) as caught:
        install("2.10.3", requirements, tmp_path / "cache")
    assert caught.value.message == (
        "Airflow 2.10.3 could not be installed with the environment's requirements.txt."
    )
    assert "apache-airflow-providers-openlineage==1.12.0" in caught.value.remedy
    assert "apache-airflow-providers-openlineage==1.13.0" in caught.value.remedy
