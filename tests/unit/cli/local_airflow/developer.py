"""A developer with an AWS profile, who exports an environment's secrets and starts containers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from configparser import ConfigParser
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from ruamel.yaml import YAML

from tests.unit.cli.terminal import Result, Terminal
from tests.unit.config.configurations import with_environment

PREFIXES = {"ConnectionsPrefix": "team/connections", "VariablesPrefix": "team/variables"}
KEYS = {
    "region": "eu-west-1",
    "aws_access_key_id": "canary-key-id-7d20",
    "aws_secret_access_key": "canary-key-55ab",
}
ROLE = "arn:aws:iam::111122223333:role/developer"
SSO = {"sso_session": "company", "sso_account_id": "111122223333", "sso_role_name": "Developer"}
SSO_SESSION = {"sso_start_url": "https://example.com/start", "sso_region": "eu-west-1"}

Settings = Mapping[str, str]


@dataclass(kw_only=True)
class Developer:
    """Somebody with a home folder, a configuration of the platform, and a project."""

    terminal: Terminal
    home: Path
    project: Path
    configuration: Path = field(init=False)

    def __post_init__(self) -> None:
        self.configuration = self.home / "cdk.context.json"
        self.project.mkdir(exist_ok=True)
        (self.home / ".aws" / "sso" / "cache").mkdir(parents=True)
        for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
            self.terminal.monkeypatch.delenv(name, raising=False)
        self.terminal.monkeypatch.setenv("AWS_CONFIG_FILE", str(self.home / ".aws" / "config"))
        credentials = self.home / ".aws" / "credentials"
        self.terminal.monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
        self.has_profiles({"profile work": KEYS})

    def has_profiles(self, sections: Mapping[str, Settings]) -> None:
        """Write `~/.aws/config`."""
        profiles = ConfigParser()
        profiles.read_dict(sections)
        with (self.home / ".aws" / "config").open("w") as file:
            profiles.write(file)

    def has_environment(self, version: str, **keys: Any) -> None:
        """Write a configuration with the environment `analytics`."""
        document = with_environment(
            **{"AirflowVersion": version, "SecretsBackend": PREFIXES, **keys}
        )
        self.configuration.write_text(json.dumps(document))

    def exports(self, *arguments: str, to: str = "astro", profile: str = "work") -> Result:
        """Run the command for that environment and this project."""
        options = ("-e", "analytics", "--format", to, "--output", str(self.project))
        profile_option = ("--profile", profile) if profile else ()
        return self.terminal.type(
            *("local-airflow", "export", *options, *profile_option, *arguments),
            *("-c", str(self.configuration)),
        )

    def read(self, name: str) -> str:
        """A file of the project."""
        return (self.project / name).read_text()

    @property
    def compose(self) -> Any:
        """The Compose file."""
        return read_yaml(self.read("docker-compose.override.yml"))

    @property
    def variables(self) -> dict[str, str | None]:
        """The .env file, as Docker Compose reads it."""
        return dotenv_values(stream=StringIO(self.read(".env")))

    def in_a_container(self, service: str) -> dict[str, str]:
        """The variables of a service, with the paths of its mounts as they are on this machine."""
        declared = self.compose["services"][service]
        env_file = self.variables if (self.project / ".env").exists() else {}
        variables = {**env_file, **declared.get("environment", {})}
        for mount in declared["volumes"]:
            source = re.sub(r"\$\{(HOME|USERPROFILE)\}", str(self.home), mount["source"])
            variables = {
                name: (value or "").replace(mount["target"], source)
                for name, value in variables.items()
            }
        return variables


def read_yaml(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)
