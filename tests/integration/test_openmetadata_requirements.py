"""OpenMetadata's requirements, installed by pip beside the packages of MWAA's image."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from artifacts.plugins import build_plugins
from artifacts.requirements import build_requirements
from errors import PlatformError
from local.airflow_runtime.install import install
from local.toolchain import run_uv
from tests.lineage import openmetadata, resolved

PLUGINS_ON_MWAA = "/usr/local/airflow/plugins"
IMPORTS = (
    "import airflow.www.app, airflow.providers.amazon.aws.hooks.s3;"
    "import airflow_provider_openmetadata.lineage.backend"
)


@pytest.mark.all_versions
@pytest.mark.parametrize(
    ("version", "openmetadata"),
    [
        ("2.7.2", "1.3.4"),
        ("2.9.2", "1.4.8"),
        ("2.9.2", "1.10.14"),
        ("2.10.3", "1.6.13"),
        ("2.10.3", "1.10.14"),
        ("2.10.3", "1.12.14"),
        ("2.11.2", "1.10.14"),
        ("2.11.2", "1.12.14"),
    ],
)
def test_pip_installs_it_and_breaks_nothing(
    version: str, openmetadata: str, tmp_path: Path
) -> None:
    """Needs the package index. In an environment of its own, which pip changes."""
    python = install(version, None, tmp_path / "cache")
    failure = PlatformError("pip could not be installed.", remedy="Check the network.")
    run_uv("pip", "install", "--quiet", "--python", str(python), "pip", failure=failure)
    plugins, requirements = _shipped(version, openmetadata, tmp_path)

    _pip(python, "install", "--quiet", "--requirement", str(requirements))
    _pip(python, "check")
    home = {"AIRFLOW_HOME": str(tmp_path / "home"), "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins)}
    backend = {"AIRFLOW__LINEAGE__BACKEND": "mwaa_platform_openmetadata.LineageBackend"}
    told = _run(python, "-m", "airflow", "version", **home, **backend)
    assert told.splitlines()[-1] == version
    _run(python, "-m", "airflow", "db", "migrate", **home, **backend)
    _run(python, "-m", "airflow", "dags", "list", **home, **backend)
    _run(python, "-c", IMPORTS, **home, **backend)


def _shipped(version: str, server: str, directory: Path) -> tuple[Path, Path]:
    """The unpacked plugins.zip, and the requirements.txt that finds it there."""
    lineage = resolved(openmetadata(server), version=version)
    plugins = directory / "plugins"
    with zipfile.ZipFile(build_plugins(lineage, directory=directory)) as archive:
        archive.extractall(plugins)
    requirements = build_requirements(
        version=lineage.version, ours=lineage.requirements, directory=directory
    )
    text = requirements.read_text()
    assert PLUGINS_ON_MWAA in text
    requirements.write_text(text.replace(PLUGINS_ON_MWAA, str(plugins)))
    return plugins, requirements


def _pip(python: Path, *arguments: str) -> None:
    _run(python, "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments)


def _run(python: Path, *arguments: str, **environment: str) -> str:
    result = subprocess.run(
        [str(python), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
