"""Options that an environment's version does not heed."""

from __future__ import annotations

import pytest

from errors import path_text
from tests.unit.config.configurations import mistakes_in, warnings_of, with_environment


@pytest.mark.parametrize(
    ("version", "option", "said"),
    [
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


@pytest.mark.parametrize(
    ("version", "option", "is_refused"),
    [
        ("3.3.1", "core.multi_team", True),
        ("3.0.6", "core.multi_team", False),
        ("3.3.1", "api_auth.jwt_secret", True),
        ("2.11.2", "webserver.cookie_secure", True),
        ("3.3.1", "webserver.config_file", True),  # fab.config_file, by its old name
        ("2.10.3", "celery.default_queue", False),
        ("3.3.1", "metrics.statsd_port", True),
        ("2.9.2", "metrics.otel_on", True),
        ("3.3.1", "metrics.metrics_allow_list", False),
        ("2.9.2", "metrics.metrics_block_list", False),
        ("3.0.6", "metrics.statsd_on", False),
        # A user's keys stay beside MWAA's.
        ("3.3.1", "celery.extra_celery_config", False),
        # MWAA's own defaults, which a user's value replaces.
        ("3.3.1", "api.server_type", False),
        ("2.10.3", "core.execute_tasks_new_python_interpreter", False),
        ("3.3.1", "scheduler.task_queued_timeout", False),
        ("3.3.1", "secrets.backend_kwargs", False),
    ],
)
def test_what_mwaa_forces_is_refused_by_version(
    version: str, option: str, is_refused: bool
) -> None:
    raw = with_environment(AirflowVersion=version, ConfigurationOptions={option: "x"})
    place = path_text(("MwaaEnvironments", 0, "ConfigurationOptions", option))
    assert (place in mistakes_in(raw)) is is_refused


def test_doubled_percent_signs_are_doubted() -> None:
    doubled = {"logging.log_format": "[%%(asctime)s] %%(message)s"}
    assert "logging.log_format has %%" in warnings_of(
        with_environment(ConfigurationOptions=doubled)
    )
    single = {"logging.log_format": "[%(asctime)s] %(message)s"}
    assert "%%" not in warnings_of(with_environment(ConfigurationOptions=single))
