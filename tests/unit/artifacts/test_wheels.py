"""Wheels on their way: from an index, through plugins.zip, to a pip that knows no other place."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from artifacts.build import build_artifacts
from artifacts.wheels import INSTALLED_WHEELS
from cli.requirements.commands import Wheels
from cli.requirements.wheels import fetch_wheels
from config.artifacts import artifact_sources
from config.loader import load_configuration
from errors import InputError, PlatformError
from tests.unit.artifacts.wheels import make_wheel
from tests.unit.config.configurations import draft

PROVIDER = "apache-airflow-providers-openlineage"
ON_MWAA = "manylinux_2_17_x86_64"
LINEAGE = {"Provider": "Marquez", "Url": "http://marquez.internal:5000"}
FETCHED = {
    "apache_airflow_providers_openlineage-1.13.0-py3-none-any.whl",
    "openlineage_integration_common-1.23.0-py3-none-any.whl",
    "openlineage_python-1.23.0-py3-none-any.whl",
    f"openlineage_sql-1.23.0-cp37-abi3-{ON_MWAA}.whl",
    f"compiled-2.0-cp311-cp311-{ON_MWAA}.whl",
    "beneath-1.0-py3-none-any.whl",
    "brought-1.0-py3-none-any.whl",
}


class Quiet(SimpleHTTPRequestHandler):
    """Lists folders, as a package index does."""

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package index with a small Airflow; pip and uv know no other."""
    root = tmp_path / "index"

    def publish(name: str, version: str, **more: Any) -> None:
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        make_wheel(folder, name, version, **more)

    publish("apache-airflow", "2.10.3", requires=["brought", "only-brought"])
    publish("apache-airflow-providers-amazon", "9.0.0", requires=["apache-airflow"])
    publish("brought", "1.0")
    publish("only-brought", "1.0")
    publish(PROVIDER, "1.13.0", requires=["apache-airflow", "openlineage-integration-common"])
    publish(PROVIDER, "2.20.0", requires=["apache-airflow", "openlineage-integration-common"])
    needed = ["openlineage-python", "openlineage-sql"]
    publish("openlineage-integration-common", "1.23.0", requires=needed)
    publish("openlineage-python", "1.23.0")
    publish("openlineage-sql", "1.23.0", tag=f"cp37-abi3-{ON_MWAA}")
    publish("openlineage-sql", "1.23.0", tag="cp37-abi3-macosx_11_0_arm64")
    for python in ("cp311", "cp312", "cp313"):
        tag = f"{python}-{python}-{ON_MWAA}"
        publish("compiled", "2.0", tag=tag, requires=["beneath"])
    publish("beneath", "1.0")
    publish("pure", "1.0", requires=["beneath"])
    publish("elsewhere", "1.0", tag="cp311-cp311-win_amd64")

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=root))
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_INDEX_URL", url)
    monkeypatch.setenv("UV_DEFAULT_INDEX", url)
    yield root
    server.shutdown()
    server.server_close()


def configuration(folder: Path, requirements: str, **entry: Any) -> Path:
    """A file with one environment that has no way to the internet."""
    (folder / "requirements.txt").write_text(requirements)
    environment = {
        "Name": "closed",
        "VpcCIDR": "10.1.0.0/16",
        "NatGateways": 0,
        "AirflowVersion": "2.10.3",
        "Lineage": LINEAGE,
        "Requirements": "requirements.txt",
        "Wheels": "wheels",
        **entry,
    }
    file = folder / "cdk.context.json"
    file.write_text(json.dumps(draft(MwaaEnvironments=[environment])))
    return file


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.usefixtures("index")
def test_folder_is_filled_for_mwaas_python_and_platform(tmp_path: Path) -> None:
    file = configuration(tmp_path, "compiled>=1\nbrought\n")
    fetch_wheels(Wheels(environment="closed", configuration=file))
    # Neither Airflow nor what only Airflow needs: MWAA's image has them.
    assert names(tmp_path / "wheels") == FETCHED
    fetch_wheels(Wheels(environment="closed", configuration=file))
    assert names(tmp_path / "wheels") == FETCHED


@pytest.mark.usefixtures("index")
def test_own_wheels_stay_and_other_versions_of_the_same_go(tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    own = make_wheel(folder, "own", "3.0", requires=["beneath"])
    old = make_wheel(folder, "openlineage-python", "1.9.0")
    patched = make_wheel(folder, "compiled", "1.0+ours")
    file = configuration(tmp_path, "own\ncompiled>=2\nbrought\n")
    fetch_wheels(Wheels(environment="closed", configuration=file))
    assert names(folder) == {*FETCHED, own.name, patched.name}
    assert not old.exists()


def test_a_file_that_is_no_wheel_stops_it_before_anything_is_touched(tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "renamed.whl").touch()
    with pytest.raises(PlatformError, match=r"renamed\.whl"):
        fetch_wheels(Wheels(environment="closed", configuration=configuration(tmp_path, "")))
    assert names(folder) == {"renamed.whl"}


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("line", ["elsewhere", "nowhere"])
def test_what_has_no_wheel_for_mwaa_is_said(tmp_path: Path, line: str) -> None:
    file = configuration(tmp_path, f"{line}\n")
    with pytest.raises(PlatformError) as raised:
        fetch_wheels(Wheels(environment="closed", configuration=file))
    assert "2.10.3" in raised.value.message
    assert line in raised.value.remedy
    assert not names(tmp_path / "wheels")


@pytest.mark.parametrize(("name", "wheels"), [("closed", None), ("open", "wheels")])
def test_environment_must_be_one_with_a_folder_of_wheels(
    tmp_path: Path, name: str, wheels: str | None
) -> None:
    entry = {} if wheels else {"NatGateways": 1}
    file = configuration(tmp_path, "", Wheels=wheels or None, **entry)
    if not wheels:
        raw = json.loads(file.read_text())
        del raw["MwaaEnvironments"][0]["Wheels"]
        file.write_text(json.dumps(raw))
    with pytest.raises((InputError, PlatformError), match=name):
        fetch_wheels(Wheels(environment=name, configuration=file))


@pytest.mark.usefixtures("index")
def test_pip_installs_from_plugins_zip_alone(tmp_path: Path) -> None:
    file = configuration(tmp_path, "pure\nbrought\n", Lineage=False)
    fetch_wheels(Wheels(environment="closed", configuration=file))
    (environment,) = load_configuration(file).new_environments
    (tmp_path / "out").mkdir()
    files = build_artifacts(artifact_sources(environment), tmp_path / "out")
    assert files.requirements

    plugins = tmp_path / "plugins"
    with zipfile.ZipFile(files.plugins) as archive:
        archive.extractall(plugins)
    requirements = tmp_path / "on-mwaa.txt"
    requirements.write_text(
        files.requirements.read_text().replace(INSTALLED_WHEELS, str(plugins / "wheels"))
    )
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "-r", requirements],
        env={"PATH": "", "PIP_CONFIG_FILE": "/dev/null", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        check=True,
    )
    subprocess.run([python, "-c", "import beneath, brought, pure"], check=True)
