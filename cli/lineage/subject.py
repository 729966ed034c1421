"""What a command is about: an environment, its catalogues, their secrets."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import console
from artifacts.catalogues import Catalogue, token_outputs
from cli.asked import environment_named, mistyped
from cli.deployed import Deployed
from cli.options import DEFAULT_CONFIGURATION, DEFAULT_STATE
from config.artifacts import catalogues
from config.environments import ExistingEnvironment
from config.lineage.settings import LineageSettings
from config.model import Configuration
from config.nearest import nearest
from config.new_environment import NewEnvironment
from config.stack_names import Kind, Stack
from errors import PlatformError

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An environment that sends lineage."""

    environment: NewEnvironment | ExistingEnvironment
    lineage: LineageSettings

    @property
    def is_new(self) -> bool:
        """Whether the platform deploys it."""
        return isinstance(self.environment, NewEnvironment)

    @property
    def catalogues(self) -> tuple[Catalogue, ...]:
        """Its catalogues, in the order of its entry."""
        return catalogues(self.environment)

    def asked(self, catalogue: str | None) -> tuple[Catalogue, ...]:
        """The one of this id, or all of them. Raises InputError where none is."""
        found = tuple(each for each in self.catalogues if catalogue in {None, each.id})
        if found:
            return found
        known = [each.id for each in self.catalogues]
        near = nearest(str(catalogue), known)
        raise mistyped(
            "--catalogue",
            f"{self.environment.name} has no catalogue {console.printable(str(catalogue))}.",
            f"Did you mean {near}?" if near else f"It has: {', '.join(known) or 'none'}.",
        )

    def makes_secret_of(self, catalogue: Catalogue) -> bool:
        """Whether the secret of a catalogue's token stands in the environment's stack."""
        return self.given_arn(catalogue) is None

    def given_arn(self, catalogue: Catalogue) -> str | None:
        """The ARN that the entry names, None where the stack makes the secret."""
        ids = [each.id for each in self.catalogues]
        entry = self.lineage.catalogues[ids.index(catalogue.id)]
        return getattr(entry, "token_secret_arn", None)

    def secret_arn(self, platform: Deployed, catalogue: Catalogue) -> str:
        """The ARN of the secret with a catalogue's token.

        Raises PlatformError, also where that secret is deployed for another address: the token of
        one catalogue must neither be sent to another nor be put into another's secret.
        """
        if given := self.given_arn(catalogue):
            return given
        stack = Stack(Kind.ENVIRONMENT, self.environment).id
        outputs = token_outputs(self.catalogues)[catalogue.id]
        deployed_for = platform.output(stack, outputs.address)
        if deployed_for != catalogue.address:
            raise PlatformError(
                f"{self.environment.name} is deployed with {console.printable(deployed_for)} for "
                f"{catalogue.id}, and the configuration names another address.",
                place=platform.place,
                remedy=f"Deploy it first (npx cdk deploy {stack}), or take the change back.",
            )
        return platform.output(stack, outputs.secret_arn)


def subject(configuration: Configuration, name: str) -> Subject:
    """The environment of this name.

    Raises InputError where there is none, PlatformError where it sends no lineage.
    """
    found = environment_named(name, configuration)
    if not isinstance(found, NewEnvironment | ExistingEnvironment) or not found.lineage:
        then = (
            "deploy."
            if isinstance(found, NewEnvironment)
            else "bring the files of `lineage build` there: nothing is deployed to it."
        )
        raise PlatformError(
            f"{name} sends no lineage.",
            place="MwaaEnvironments in the configuration",
            remedy=f"Give its entry a Lineage (docs/lineage.md), then {then}",
        )
    return Subject(environment=found, lineage=found.lineage)


def secrets_manager(platform: Deployed, arn: str) -> SecretsManagerClient:
    """A client of the Region that a secret is in, which need not be the environment's."""
    return platform.session.client("secretsmanager", region_name=arn.split(":")[3])


def options(environment: str, *, configuration: Path, local: bool, state: Path) -> str:
    """What tells another command of the same environment, as a shell takes it."""
    given = ["-e", environment]
    if local:
        given += ["--local", *(["--state", str(state)] if state != DEFAULT_STATE else [])]
    elif configuration != DEFAULT_CONFIGURATION:
        given += ["-c", str(configuration)]
    return shlex.join(given)
