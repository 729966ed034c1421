"""An environment that sends lineage, its catalogues and their secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import console
from artifacts.lineage import ResolvedCatalogue, ResolvedLineage
from cli.deploy_command import deploy_command
from cli.deployed import DeployedPlatform
from cli.lookup import find_environment, option_error
from config.artifacts import artifact_sources
from config.environments import ExistingEnvironment
from config.model import Configuration
from config.nearest import nearest
from config.new_environment import NewEnvironment
from config.stack_names import Kind, Stack
from errors import PlatformError

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True, kw_only=True)
class LineageEnvironment:
    """Environment that sends lineage, and its settings of lineage."""

    entry: NewEnvironment | ExistingEnvironment
    lineage: ResolvedLineage

    @property
    def is_new(self) -> bool:
        """Whether the platform deploys it."""
        return isinstance(self.entry, NewEnvironment)

    @property
    def catalogues(self) -> tuple[ResolvedCatalogue, ...]:
        """The catalogues, in the order of the environment's entry."""
        return self.lineage.catalogues

    def select(self, catalogue: str | None) -> tuple[ResolvedCatalogue, ...]:
        """Returns the catalogue of this id, or all of them. Raises InputError where none is."""
        found = tuple(each for each in self.catalogues if catalogue in {None, each.id})
        if found:
            return found
        known = [each.id for each in self.catalogues]
        near = nearest(str(catalogue), known)
        raise option_error(
            "--catalogue",
            f"{self.entry.name} has no catalogue {console.printable(str(catalogue))}.",
            f"Did you mean {near}?" if near else f"It has: {', '.join(known) or 'none'}.",
        )

    def secret_arn(self, platform: DeployedPlatform, catalogue: ResolvedCatalogue) -> str:
        """Returns the ARN of the secret with a catalogue's token.

        Raises PlatformError, also where that secret is deployed for another address: the token of
        one catalogue must neither be sent to another nor be put into another's secret.
        """
        if catalogue.token_secret_arn:
            return catalogue.token_secret_arn
        stack = Stack(Kind.ENVIRONMENT, self.entry).id
        outputs = self.lineage.token_outputs[catalogue.id]
        deployed_for = platform.output(stack, outputs.address)
        if deployed_for != catalogue.address:
            raise PlatformError(
                f"{self.entry.name} is deployed with {console.printable(deployed_for)} for "
                f"{catalogue.id}, and the configuration names another address.",
                place=platform.place,
                remedy=f"Deploy it first ({deploy_command(stack)}), or take the change back.",
            )
        return platform.output(stack, outputs.secret_arn)


def find_lineage_environment(configuration: Configuration, name: str) -> LineageEnvironment:
    """Returns the environment of this name.

    Raises InputError where there is none, PlatformError where it sends no lineage.
    """
    found = find_environment(name, configuration)
    lineage = artifact_sources(found).lineage if found.lineage else None
    if not lineage:
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
    return LineageEnvironment(entry=found, lineage=lineage)


def secrets_manager(platform: DeployedPlatform, arn: str) -> SecretsManagerClient:
    """Returns a client of a secret's Region, which need not be the environment's."""
    return platform.session.client("secretsmanager", region_name=arn.split(":")[3])
