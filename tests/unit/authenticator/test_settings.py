"""Deployments with inconsistent settings: an error, and no sign-in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from authenticator.settings import Settings, SettingsError, load_settings
from tests.unit.authenticator.conftest import deployed_variables

ONE = [{"name": "analytics"}]
UI = [{"name": "analytics", "ui_host": "ui.example.com"}]
FIXED = {"FIXED_ROLE": "Op", "GRANTS_TABLE": ""}


@pytest.fixture
def load(tmp_path: Path) -> Any:
    """Loads the settings of some environments and changed variables."""

    def load(environments: Any, **changes: str) -> Settings:
        file = tmp_path / "environments.json"
        file.write_text(json.dumps(environments))
        variables = deployed_variables("http://aws", "https://keys", file) | changes
        return load_settings(variables, file)

    return load


@pytest.mark.parametrize(
    ("environments", "changes", "named"),
    [
        (ONE, {"GRANTS_TABLE": ""}, "GRANTS_TABLE and FIXED_ROLE"),
        (ONE, {"FIXED_ROLE": "Op"}, "GRANTS_TABLE and FIXED_ROLE"),
        (ONE, FIXED | {"FIXED_ROLE": "Operator"}, "FIXED_ROLE"),
        (ONE, FIXED | {"WEB_LOGIN_ROLE_ARNS": '{"Viewer": "arn:x"}'}, "WEB_LOGIN_ROLE_ARNS"),
        ([], FIXED, "exactly one environment"),
        ([*ONE, {"name": "billing"}], FIXED, "exactly one environment"),
        (ONE, {"WEB_LOGIN_ROLE_ARNS": "{"}, "WEB_LOGIN_ROLE_ARNS"),
        (UI, {}, "PORTAL_HOST"),
        (UI, {"PORTAL_HOST": "UI.example.com"}, "differ"),
        ([*UI, {"name": "b", "ui_host": "UI.example.com"}], {"PORTAL_HOST": "a.b"}, "differ"),
        (UI, {"PORTAL_HOST": "airflow.example.com:8443"}, "host name"),
        ([{"name": "a", "ui_host": "evil.example.org/x"}], {"PORTAL_HOST": "a.b"}, "host name"),
        ([{"name": "a", "ui_host": "\u017f.example.com"}], {"PORTAL_HOST": "a.b"}, "host name"),
        (ONE, {"PORTAL_HOST": "airflow.example.com."}, "host name"),
        (ONE, {"PORTAL_HOST": "*"}, "host name"),
    ],
)
def test_a_wrong_combination_is_an_error_that_names_it(
    load: Any, environments: Any, changes: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        load(environments, **changes)


def test_a_fixed_role_needs_no_table(load: Any) -> None:
    assert load(ONE, **FIXED).fixed_role == "Op"


def test_hosts_are_known_in_lower_case(load: Any) -> None:
    settings = load([UI[0] | {"ui_host": "UI.Example.com"}], PORTAL_HOST="Airflow.Example.com")

    assert settings.portal_host == "airflow.example.com"
    assert settings.environments["analytics"].ui_host == "ui.example.com"


def test_no_portal_host_is_none_and_not_an_empty_one(load: Any) -> None:
    assert load(ONE, PORTAL_HOST="").portal_host is None
