"""Loading of the plugin, lazily and at once."""

from __future__ import annotations

import re
import shutil

import pytest
from packaging.version import Version

from tests.matrix.eager_loading import Eager
from tests.matrix.environment_files import CANARY, JWT, KEY, NAMESPACE, PATH
from tests.matrix.expected import ENDS, kinds, kinds_of
from tests.matrix.observation import SCHEDULED
from tests.matrix.versions import (
    FIRST_WITH_HIDDEN_VALUES,
    FIRST_WITH_PROVIDER,
    FIRST_WITH_SEVERAL_CATALOGUES,
    FIRST_WITHOUT_BACKENDS,
    parameters,
)

# Runs the plugin's file as Airflow does. The answer: which packages it made Airflow import.
LOADING = """
import runpy, sys
from airflow import plugins_manager
before = set(sys.modules)
sys.path.append(sys.argv[1])
runpy.run_path(sys.argv[1] + "/mwaa_platform_lineage.py")
print("IMPORTED", {name.partition(".")[0] for name in set(sys.modules) - before})
"""

# Makes those checks of the preflight that ask nobody.
PREFLIGHT = """
import sys
sys.path.insert(0, sys.argv[1])
from mwaa_platform_preflight.airflow_side import check_airflow, read_settings
for finding in check_airflow(read_settings()):
    print("WRONG" if finding.wrong else "RIGHT", finding.subject, finding.wrong)
"""
SEVERAL = pytest.mark.parametrize(
    "eager", parameters(since=FIRST_WITH_SEVERAL_CATALOGUES), indirect=True
)
DETAILED = re.compile(r'\bDEBUG\b|"level": ?"debug"')
"""Airflow 2 writes text, Airflow 3 JSON."""
TOKEN_CLASSES = re.compile("SecretsManagerTokenProvider|TokenTransport")


def test_plugins_loaded_at_once_send_the_same_events(eager: Eager) -> None:
    assert eager.tasks == ENDS
    received = eager.catalogues.well.received
    assert kinds_of(received) == kinds(eager.airflow.version, *SCHEDULED)
    assert {each.event["job"]["namespace"] for each in received} == {NAMESPACE}


@pytest.mark.parametrize("eager", parameters(before=FIRST_WITH_SEVERAL_CATALOGUES), indirect=True)
def test_plugins_loaded_at_once_send_the_token(eager: Eager) -> None:
    headers = {each.headers["Authorization"] for each in eager.catalogues.well.received}
    assert headers == {f"Bearer {CANARY}"}


@SEVERAL
def test_an_api_key_has_a_header_of_its_own(eager: Eager) -> None:
    found = {
        (each.path, each.headers.get("X-API-Key"), each.headers.get("Authorization"))
        for each in eager.catalogues.well.received
    }
    assert found == {(f"{PATH}api/v1/lineage", KEY, None)}


@pytest.mark.parametrize("eager", parameters(since=FIRST_WITHOUT_BACKENDS), indirect=True)
def test_openmetadata_takes_the_same_events_with_its_own_token(eager: Eager) -> None:
    received = eager.catalogues.open_metadata.received
    assert kinds_of(received) == kinds(eager.airflow.version, *SCHEDULED)
    found = {
        (each.path, each.headers.get("Authorization"), each.headers.get("X-API-Key"))
        for each in received
    }
    assert found == {("/api/v1/openlineage/lineage", f"Bearer {JWT}", None)}


@SEVERAL
def test_a_failing_catalogue_keeps_no_event_from_another(eager: Eager) -> None:
    assert eager.catalogues.failing.asked >= len(eager.catalogues.well.received)


@SEVERAL
def test_a_secret_that_cannot_be_read_keeps_events_from_its_catalogue_alone(eager: Eager) -> None:
    assert eager.catalogues.locked.asked == 0
    assert "No lineage token for openlineage_2" in eager.airflow.logs()


@pytest.mark.parametrize("name", ["as it is", "misspelt"])
def test_preflight_catches_a_wrong_class_for_the_token(eager: Eager, name: str) -> None:
    """Clients up to 1.37 would send without it, and not say so."""
    airflow = eager.airflow
    plugins = airflow.home / "plugins of the preflight"
    shutil.copytree(airflow.plugins, plugins, dirs_exist_ok=True)
    if name == "misspelt":
        settings = plugins / "mwaa_platform_lineage.json"
        settings.write_text(TOKEN_CLASSES.sub("Misspelt", settings.read_text()))
    output = airflow.run(
        *("-c", PREFLIGHT, str(airflow.home / "dags")),
        AIRFLOW__CORE__PLUGINS_FOLDER=str(plugins),
    )
    found = {line.partition(" ")[0] for line in output.splitlines() if line.startswith("WRONG")}
    assert bool(found) == (name == "misspelt"), output


def test_neither_the_most_detailed_log_nor_the_list_of_options_shows_the_token(
    eager: Eager,
) -> None:
    logs = eager.airflow.logs()
    assert DETAILED.search(logs), "The log is not as detailed as this test must search."
    assert "OPTIONS" in logs
    # Newer ones show the names of options alone unless they are asked for their values.
    values = () if Version(eager.airflow.version) < FIRST_WITH_HIDDEN_VALUES else ("--show-values",)
    listed = eager.airflow.airflow("config", "list", *values)
    assert Version(eager.airflow.version) < FIRST_WITH_PROVIDER or "mwaa_platform_token" in listed
    assert CANARY not in logs + listed


def test_loading_the_plugin_loads_neither_provider_nor_sdk(eager: Eager) -> None:
    output = eager.airflow.run("-c", LOADING, str(eager.airflow.plugins))
    assert "IMPORTED set()" in output.splitlines(), output
