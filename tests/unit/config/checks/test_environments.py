"""Warnings about options that an environment's version does not heed."""

from __future__ import annotations

import pytest

from tests.unit.config.configurations import warnings_of, with_environment


@pytest.mark.parametrize(
    ("version", "option", "said"),
    [
        ("3.3.1", "core.multi_team", "no effect: MWAA forces another value in Airflow 3.3.1."),
        ("3.0.6", "core.multi_team", None),
        ("2.11.2", "webserver.cookie_secure", "no effect: MWAA forces another value"),
        ("3.3.1", "core.task_runner", "core.task_runner has no effect: Airflow 3 has no such"),
        ("2.11.2", "core.task_runner", None),
        ("3.3.1", "webserver.instance_name", "is api.instance_name in Airflow 3: write that."),
        ("2.11.2", "webserver.instance_name", None),
        ("3.3.1", "core.parallelism", None),
    ],
)
def test_an_option_without_effect_is_doubted(version: str, option: str, said: str | None) -> None:
    raw = with_environment(AirflowVersion=version, ConfigurationOptions={option: "x"})
    warned = warnings_of(raw)
    assert (said or "") in warned
    if said is None:
        assert option not in warned
