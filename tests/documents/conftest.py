"""Fixtures of the command line's own tests, for the commands that documents show."""

from __future__ import annotations

from tests.unit.cli import conftest as commands_fixtures
from tests.unit.cli.explain import conftest as explain_fixtures
from tests.unit.cli.local_airflow import conftest as developer_fixtures
from tests.unit.cli.secrets import conftest as secrets_fixtures

catalogue, stand_in = commands_fixtures.catalogue, commands_fixtures.stand_in
clients, terminal = commands_fixtures.clients, commands_fixtures.terminal
commands, developer = commands_fixtures.commands, developer_fixtures.developer
aws, cdk_cli, explain = explain_fixtures.aws, explain_fixtures.cdk_cli, explain_fixtures.explain
secrets = secrets_fixtures.secrets
