"""Files and options of an environment that change, and what that means."""

from __future__ import annotations

from typing import Any

import pytest

from cli.plan.environment_changes import differing_options, file_changes
from tests.unit.cli.plan.applications import environment, lake, stack


def _with_dags(archive: str) -> Any:
    dags = {"Type": "Custom::DagSync", "Properties": {"Archive": archive}}
    return stack("Env-lake", Airflow=environment(), Dags=dags)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("PluginsS3Path", "plugins.zip"),
        ("RequirementsS3Path", "requirements.txt"),
        ("StartupScriptS3Path", "startup script"),
    ],
)
def test_a_file_of_another_content_restarts(key: str, name: str) -> None:
    [found] = file_changes(lake(**{key: "a-1"}), lake(**{key: "a-2"}))
    assert (found.name, "restarts" in found.meaning) == (name, True)


def test_dags_restart_nothing() -> None:
    [found] = file_changes(_with_dags("dags-1.zip"), _with_dags("dags-2.zip"))
    assert (found.name, "nothing restarts" in found.meaning) == ("DAGs", True)


def test_the_same_files_are_no_change() -> None:
    assert list(file_changes(_with_dags("dags-1.zip"), _with_dags("dags-1.zip"))) == []


def test_options_are_named_by_what_happens_to_them() -> None:
    options = "AirflowConfigurationOptions"
    before = lake(**{options: {"core.a": "1", "core.b": "1", "core.load_examples": "False"}})
    after = lake(**{options: {"core.b": "2", "core.c": "1"}})
    assert {each.name: each.action for each in differing_options(before, after)} == {
        "core.a": "taken out",
        "core.b": "changed",
        "core.c": "added",
    }
