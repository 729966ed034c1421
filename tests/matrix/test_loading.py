"""How the plugin is loaded, and where it is loaded before anything else."""

from __future__ import annotations

import pytest

from tests.matrix.eager import Eager
from tests.matrix.shipped import CANARY, NAMESPACE
from tests.matrix.versions import FIRST_WITH_SEVERAL_CATALOGUES, parameters

# Runs the plugin's file as Airflow does. The answer: which packages it made Airflow import.
LOADING = """
import runpy, sys
from airflow import plugins_manager
before = set(sys.modules)
sys.path.append(sys.argv[1])
runpy.run_path(sys.argv[1] + "/mwaa_platform_lineage.py")
print({name.partition(".")[0] for name in set(sys.modules) - before})
"""


def test_plugins_loaded_at_once_send_the_same_events(eager: Eager) -> None:
    assert eager.state == "success", eager.output
    assert {(each.kind, each.job) for each in eager.received} >= {
        ("START", "succeeds.look"),
        ("COMPLETE", "succeeds.look"),
        ("COMPLETE", "succeeds"),
    }
    assert {each.headers["Authorization"] for each in eager.received} == {f"Bearer {CANARY}"}
    assert {each.event["job"]["namespace"] for each in eager.received} == {NAMESPACE}


@pytest.mark.parametrize("eager", parameters(since=FIRST_WITH_SEVERAL_CATALOGUES), indirect=True)
def test_a_failing_catalogue_keeps_no_event_from_another(eager: Eager) -> None:
    assert eager.failed >= len(eager.received)


def test_the_most_detailed_log_shows_no_token(eager: Eager) -> None:
    assert "GetSecretValue" in eager.output, "The log is not as detailed as this test must search."
    assert "OPTIONS" in eager.output
    assert CANARY not in eager.output


def test_loading_the_plugin_loads_neither_provider_nor_sdk(eager: Eager) -> None:
    output = eager.airflow.run("-c", LOADING, str(eager.airflow.plugins))
    assert output.splitlines()[-1] == "set()"
