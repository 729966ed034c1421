"""An account on the stand-in of AWS, with roles, keys and buckets that an environment names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import certifi

from cli.deployed import DeployedPlatform
from cli.doctor.execution_roles import check_execution_roles
from cli.doctor.keys_and_buckets import check_keys_and_buckets
from cli.policies.needed import needed_policies
from config.outline import outline_of
from errors import Finding
from local.layout import ACCOUNT
from tests.unit.config.configurations import SMALLEST, parse

Json = dict[str, Any]
Statements = list[Json]


@dataclass(frozen=True, kw_only=True)
class Account:
    """The stand-in's account, with clients that are made once."""

    clients: Mapping[str, Any]

    def client(self, service: str) -> Any:
        return self.clients[service]

    def platform(self, **entry: Any) -> DeployedPlatform:
        """A platform with one new environment."""
        raw = json.loads(json.dumps(SMALLEST).replace("111122223333", ACCOUNT))
        raw["MwaaEnvironments"] = [{"Name": "orders", "VpcCIDR": "10.1.0.0/16", **entry}]
        configuration = parse(raw)
        session: Any = self
        return DeployedPlatform(
            configuration=configuration,
            outline=outline_of(configuration),
            place="here",
            session=session,
            variables={},
            ca_file=certifi.where(),
        )

    def printed(self, kind: str, **entry: Any) -> Statements:
        """The statements of a kind that `policies` prints."""
        configuration = self.platform(**entry).configuration
        (environment,) = configuration.new_environments
        (found,) = (
            each.content
            for each in needed_policies(configuration, environment)
            if each.kind == kind
        )
        statements: Statements = found["Statement"]
        return statements

    def roles(self, **entry: Any) -> list[Finding]:
        return [*check_execution_roles(self.platform(**entry))]

    def things(self, **entry: Any) -> list[Finding]:
        return [*check_keys_and_buckets(self.platform(**entry))]


def document(statements: Statements) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
