"""Checks of the plugin in real Airflows with the pins of MWAA's images."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from artifacts.plugins import build_plugins
from artifacts.requirements import build_requirements
from local.airflow_runtime.install import install
from local.layout import CACHE, ROOT
from tests.lineage import MARQUEZ, resolved

PROGRAM = """
import json
import sys
from mwaa_platform_preflight.airflow_side import check_airflow, read_settings
found = check_airflow(read_settings(), catalogue=sys.argv[1] or None)
print("\\n" + json.dumps([each._asdict() for each in found]))
"""
CATALOGUES = (
    {**MARQUEZ, "Authentication": "Token"},
    {
        "Provider": "OpenLineage",
        "Url": "https://lineage.example.com/",
        "Authentication": "ApiKey",
    },
)

Look = Callable[..., dict[str, str | None]]


@pytest.fixture(params=["2.10.3", "3.3.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def look(version: str, tmp_path: Path) -> Look:
    """Looks from inside an Airflow; gives what is wrong, by subject."""
    lineage = resolved(*CATALOGUES, version=version, ttl_seconds=300)
    requirements = build_requirements(
        version=lineage.version, ours=lineage.requirements, directory=tmp_path
    )
    python = install(version, requirements, CACHE)
    plugins = tmp_path / "plugins"
    with zipfile.ZipFile(build_plugins(lineage, directory=tmp_path)) as archive:
        archive.extractall(plugins)

    def run(
        change: Callable[[dict[str, Any]], None] | None = None, *, catalogue: str = "", **env: str
    ) -> Any:
        file = plugins / "mwaa_platform_lineage.json"
        content = json.loads(file.read_text())
        if change:
            change(content)
            file.write_text(json.dumps(content))
        result = subprocess.run(
            [str(python), "-c", PROGRAM, catalogue],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "AIRFLOW_HOME": str(tmp_path),
                "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "PYTHONPATH": str(ROOT / "airflow_files" / "preflight"),
                **env,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        found = json.loads(result.stdout.splitlines()[-1])
        return {each["subject"]: each["wrong"] for each in found}

    return run


def test_what_is_shipped_is_well(look: Look) -> None:
    found = look()
    assert not any(found.values()), found
    assert list(found) == [
        "Plugin",
        "Package",
        "Client",
        "Listener",
        "Transport",
        "Authentication of marquez",
        "Authentication of openlineage",
        "Connection",
    ]


def test_of_one_catalogue_no_other_is_looked_at(look: Look) -> None:
    found = look(catalogue="marquez")
    assert "Authentication of marquez" in found
    assert "Authentication of openlineage" not in found


def test_a_class_that_was_not_loaded_is_found_whether_or_not_the_client_says_so(
    look: Look, version: str
) -> None:
    def misspell(settings: dict[str, Any]) -> None:
        settings["transport"]["transports"]["marquez"]["auth"]["type"] = "mwaa_platform_token.Gone"

    wrong = {subject: said for subject, said in look(misspell).items() if said}
    if version == "2.10.3":  # its client is silent
        assert "events go out without a token" in str(wrong["Authentication of marquez"])
    else:
        assert "cannot make its transport" in str(wrong["Transport"])
    assert len(wrong) == 1


def test_events_that_go_nowhere_are_found(look: Look) -> None:
    def to_the_console(settings: dict[str, Any]) -> None:
        for name in settings["transport"]["transports"]:
            settings["transport"]["transports"][name] = {"type": "console"}

    assert "no catalogue gets its events" in str(look(to_the_console)["Transport"])


def test_lineage_that_is_turned_off_is_found(look: Look) -> None:
    found = look(AIRFLOW__OPENLINEAGE__DISABLED="True")
    assert "turned off" in str(found["Listener"])
