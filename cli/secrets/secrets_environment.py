"""An environment with a secrets backend, and the names of its secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import console
from cli.lookup import find_environment
from cli.secrets.commands import Kind
from config.model import AnyEnvironment, Configuration
from config.new_environment import NewEnvironment
from config.secrets_backend import PARAMETER_STORE, SECRETS_MANAGER, SecretNames
from errors import PlatformError

LONGEST_ID = 250
"""Longest id of a connection, and key of a variable, in Airflow's models.
https://github.com/apache/airflow/blob/3.1.0/airflow-core/src/airflow/models/base.py
"""
MAX_LEVELS = 15
"""Levels of a parameter's name.
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
"""

_IN_BOTH = ("[A-Za-z0-9_.-]", "letters, digits and . _ -, with single slashes between them")
CHARACTERS: Mapping[tuple[str, Kind], tuple[str, str]] = MappingProxyType(
    {
        (SECRETS_MANAGER, Kind.CONNECTION): _IN_BOTH,
        (SECRETS_MANAGER, Kind.VARIABLE): (
            "[A-Za-z0-9_.+=@-]",
            "letters, digits and . _ - + = @, with single slashes between them",
        ),
        (PARAMETER_STORE, Kind.CONNECTION): _IN_BOTH,
        (PARAMETER_STORE, Kind.VARIABLE): _IN_BOTH,
    }
)
"""What both Airflow and the service take in a name, as an expression and in words.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
"""


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A connection or variable, and the name of its secret or parameter in AWS."""

    kind: Kind
    name: str
    aws_name: str

    @property
    def subject(self) -> str:
        """What people call it."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, kw_only=True)
class SecretsEnvironment:
    """Environment whose Airflow reads connections and variables from AWS."""

    entry: AnyEnvironment
    backend: SecretNames

    @property
    def prefixes(self) -> Mapping[Kind, str]:
        """What secrets' names begin with, the slash before the id included."""
        settings = self.backend.backend_kwargs
        return {kind: f"{settings[f'{kind}s_prefix']}/" for kind in Kind}

    def secret(self, kind: Kind, name: str) -> Secret:
        """Returns the secret of a connection or variable.

        Raises PlatformError where Airflow would never look for it, or AWS takes no such name.
        """
        found = Secret(kind=kind, name=name, aws_name=f"{self.prefixes[kind]}{name}")
        characters, words = CHARACTERS[self.backend.service, kind]
        if len(name) > LONGEST_ID or not re.fullmatch(f"{characters}+(/{characters}+)*", name):
            raise PlatformError(
                f"This cannot be the id of a {kind} there.",
                place=console.printable(name)[:LONGEST_ID],
                remedy=f"Take one with {words}, and at most {LONGEST_ID} of them.",
            )
        if self.backend.service == PARAMETER_STORE and found.aws_name.count("/") > MAX_LEVELS:
            raise PlatformError(
                f"The name of a parameter has {MAX_LEVELS} levels at most.",
                place=found.aws_name,
                remedy="Take an id with fewer slashes.",
            )
        if not self.is_looked_up(kind, name):
            raise PlatformError(
                f"Airflow does not look the connection {name} up in AWS: it is the one with which "
                "Airflow itself calls AWS.",
                place="connections_lookup_pattern of the secrets backend",
                remedy="Take another id. Without a connection calls have the environment's role.",
            )
        return found

    def is_looked_up(self, kind: Kind, name: str) -> bool:
        """Whether the backend asks AWS for it, by Airflow's own comparison."""
        pattern = self.backend.backend_kwargs.get(f"{kind}s_lookup_pattern")
        return not pattern or bool(re.match(pattern, name, re.IGNORECASE))

    def secret_named(self, aws_name: str) -> Secret | None:
        """Returns what a secret's name stands for; None where Airflow looks for no such name."""
        of_kinds = sorted(self.prefixes.items(), key=lambda each: -len(each[1]))
        for kind, prefix in of_kinds:
            if aws_name.startswith(prefix) and aws_name != prefix:
                name = aws_name.removeprefix(prefix)
                return Secret(kind=kind, name=name, aws_name=aws_name)
        return None


def find_secrets_environment(configuration: Configuration, name: str) -> SecretsEnvironment:
    """Returns the environment of this name.

    Raises InputError where there is none, PlatformError where it is not known to read secrets.
    """
    entry = find_environment(name, configuration)
    if not isinstance(entry, NewEnvironment):
        if not (entry.existing and entry.existing.secrets_backend):
            raise PlatformError(
                f"{name} was not made by the platform, which does not know where its secrets are.",
                place="MwaaEnvironments in the configuration",
                remedy="Say so in its entry, in Existing.SecretsBackend; or ask for an environment "
                "that has SecretsBackend.",
            )
        return SecretsEnvironment(entry=entry, backend=entry.existing.secrets_backend)
    if entry.secrets_backend is None:
        raise PlatformError(
            f"{name} has no SecretsBackend, so it reads no connections or variables from AWS.",
            place="MwaaEnvironments in the configuration",
            remedy='Give it one in the configuration, "SecretsBackend": {}, and deploy.',
        )
    return SecretsEnvironment(entry=entry, backend=entry.secrets_backend)
