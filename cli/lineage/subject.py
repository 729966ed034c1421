"""What a command is about: an environment, its catalogues, their secrets."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

import console
from artifacts.lineage import ResolvedCatalogue, ResolvedLineage
from cli.asked import environment_named, mistyped
from cli.deployed import CLIENT_SETTINGS, Deployed
from cli.options import DEFAULT_CONFIGURATION, DEFAULT_STATE
from config.environments import ExistingEnvironment
from config.model import Configuration
from config.nearest import nearest
from config.new_environment import NewEnvironment
from config.stack_names import Kind, Stack
from errors import PlatformError
from local.aws_stand_in import AwsStandIn


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An environment that sends lineage."""

    environment: NewEnvironment | ExistingEnvironment
    lineage: ResolvedLineage

    @property
    def is_new(self) -> bool:
        """Whether the platform deploys it."""
        return isinstance(self.environment, NewEnvironment)

    @property
    def catalogues(self) -> tuple[ResolvedCatalogue, ...]:
        """Its catalogues, in the order of its entry."""
        return self.lineage.catalogues

    def asked(self, catalogue: str | None) -> tuple[ResolvedCatalogue, ...]:
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

    def secret_arn(self, platform: Deployed, catalogue: ResolvedCatalogue) -> str:
        """The ARN of the secret with a catalogue's token.

        Raises PlatformError, also where that secret is deployed for another address: the token of
        one catalogue must neither be sent to another nor be put into another's secret.
        """
        if catalogue.token_secret_arn:
            return catalogue.token_secret_arn
        stack = Stack(Kind.ENVIRONMENT, self.environment).id
        outputs = self.lineage.token_outputs[catalogue.id]
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
    resolved = found.resolved_lineage
    if not resolved:
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
    return Subject(environment=found, lineage=resolved)


def secrets_manager(platform: Deployed, arn: str) -> Any:
    """A client of the Region that a secret is in, which need not be the environment's."""
    client = platform.clients.client("secretsmanager")
    region = arn.split(":")[3]
    if isinstance(platform.clients, AwsStandIn) or client.meta.region_name == region:
        return client
    return boto3.Session().client("secretsmanager", region_name=region, config=CLIENT_SETTINGS)


def options(environment: str, *, configuration: Path, local: bool, state: Path) -> str:
    """What tells another command of the same environment, as a shell takes it."""
    given = ["-e", environment]
    if local:
        given += ["--local", *(["--state", str(state)] if state != DEFAULT_STATE else [])]
    elif configuration != DEFAULT_CONFIGURATION:
        given += ["-c", str(configuration)]
    return shlex.join(given)
