"""Somebody with an environment whose secrets are in a stand-in of AWS."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from tests.unit.cli.terminal import Commands, Result, piped

KEY = "arn:aws:kms:us-east-1:111122223333:key/1111-2222"


@dataclass
class Secrets:
    """The commands for the environment `gold`, and what is stored."""

    commands: Commands
    stand_in: Any
    prefix: str
    entry: dict[str, Any]

    def configure(self, **backend: Any) -> None:
        """Gives the environment a backend with prefixes of this test's own."""
        prefixes = {
            "ConnectionsPrefix": f"{self.prefix}/connections",
            "VariablesPrefix": f"{self.prefix}/variables",
        }
        self.write({**prefixes, **backend})

    def write(self, backend: Any) -> None:
        document = json.loads(self.commands.configuration.read_text())
        gold = {**self.entry, **({} if backend is None else {"SecretsBackend": backend})}
        document["MwaaEnvironments"] = [gold, {"Name": "plain"}]
        self.commands.configuration.write_text(json.dumps(document))

    def write_existing(self) -> None:
        """Makes the environment one that was not made here."""
        document = json.loads(self.commands.configuration.read_text())
        [gold, _] = document["MwaaEnvironments"]
        network = {"VpcId": "vpc-0a1b2c3d", "VpcCIDR": gold["VpcCIDR"]}
        existing = {**network, "SecretsBackend": gold["SecretsBackend"]}
        entry = {key: gold[key] for key in ("Name", "AirflowVersion")}
        document["MwaaEnvironments"] = [{**entry, "Existing": existing}]
        self.commands.configuration.write_text(json.dumps(document))

    def run(self, *arguments: str) -> Result:
        return self.commands.type("secrets", *arguments, "-c", str(self.commands.configuration))

    def put(self, text: str | bytes, *arguments: str) -> Result:
        """Put a value in from standard input."""
        return self.typed(text, "put", *arguments, "-e", "gold")

    def typed(self, text: str | bytes, *arguments: str) -> Result:
        """Run a command with a text on standard input."""
        self.commands.monkeypatch.setattr("sys.stdin", piped(text))
        return self.run(*arguments)

    def client(self, service: str) -> Any:
        return self.stand_in.session.client(service)

    def secret(self, name: str) -> str:
        found = self.client("secretsmanager").get_secret_value(SecretId=f"{self.prefix}/{name}")
        return str(found["SecretString"])

    def parameter(self, name: str) -> dict[str, Any]:
        [found] = self.client("ssm").describe_parameters(
            ParameterFilters=[
                {"Key": "Name", "Option": "Equals", "Values": [f"/{self.prefix}/{name}"]}
            ]
        )["Parameters"]
        value = self.client("ssm").get_parameter(Name=found["Name"], WithDecryption=True)
        return {**found, "Value": value["Parameter"]["Value"]}


@pytest.fixture
def secrets(commands: Commands, stand_in: Any) -> Secrets:
    entry = {"Name": "gold", "AirflowVersion": "2.11.2", "VpcCIDR": "10.3.0.0/16"}
    made = Secrets(commands, stand_in, f"s{uuid.uuid4().hex[:12]}", entry)
    made.configure()
    return made
