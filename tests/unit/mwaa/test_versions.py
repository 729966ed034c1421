"""MWAA's Airflow versions."""

from __future__ import annotations

import pytest

from mwaa.versions import AIRFLOW_VERSIONS, airflow_version, web_login_path


def test_a_version_names_the_constraints_of_its_own_python() -> None:
    assert airflow_version("2.10.3").constraints_url == (
        "https://raw.githubusercontent.com/apache/airflow/constraints-2.10.3/constraints-3.11.txt"
    )


def test_a_newer_version_is_taken_to_keep_the_newest_python_and_an_unknown_one_is_not() -> None:
    assert airflow_version("3.99.0").constraints_url.endswith("constraints-3.12.txt")
    assert airflow_version("3.99.0").major == 3
    with pytest.raises(KeyError):
        airflow_version("2.10.2")


def test_ended_versions_cannot_be_created() -> None:
    ended = {name for name, version in AIRFLOW_VERSIONS.items() if not version.creatable}
    assert {"2.4.3", "2.5.1", "2.6.3"} <= ended
    assert not {"2.7.2", "2.9.2", "3.3.1"} & ended


def test_the_sign_in_page_moved_with_airflow_3() -> None:
    assert web_login_path(2) == "/aws_mwaa/aws-console-sso"
    assert web_login_path(3) == "/pluginsv2/aws_mwaa/aws-console-sso"
