"""What an environment needs to send lineage: its secrets, permissions, options and outputs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk

from artifacts.catalogues import (
    Catalogue,
    DataZoneCatalogue,
    OpenMetadataBackend,
    token_outputs,
)
from artifacts.openmetadata_backend import backend_options
from artifacts.plugins import LineagePluginSettings
from config.artifacts import catalogues, plugin_settings
from config.lineage.addresses import destination
from config.lineage.catalogue import HttpCatalogue
from config.new_environment import NewEnvironment
from mwaa_platform.environment.execution_role import DataZoneDomain, LineageAccess
from mwaa_platform.environment.token_secret import LineageTokenSecret

TOKEN_OPTION = "mwaa_platform.lineage_secret_"  # noqa: S105 - how an option's name begins

FIRST_ATLAN = "atlan"


@dataclass(frozen=True, kw_only=True)
class EnvironmentLineage:
    """The catalogues of an environment; the ARN of each one's token by the catalogue's id."""

    catalogues: Sequence[Catalogue] = ()
    token_secret_arns: Mapping[str, str]
    plugin: LineagePluginSettings | None = None

    @classmethod
    def of(cls, scope: cdk.Stack, settings: NewEnvironment) -> EnvironmentLineage:
        """That of an environment's settings; makes a secret for each token that names none."""
        configured = settings.lineage.catalogues if settings.lineage else ()
        made = catalogues(settings)
        return cls(
            catalogues=made,
            plugin=plugin_settings(settings),
            token_secret_arns={
                catalogue.id: entry.token_secret_arn
                or LineageTokenSecret(
                    scope,
                    _construct_id(entry, catalogue.id),
                    environment_name=settings.name,
                    catalogue=entry.provider,
                ).ref
                for catalogue, entry in zip(made, configured, strict=True)
                if isinstance(entry, HttpCatalogue) and catalogue.token
            },
        )

    @property
    def options(self) -> Mapping[str, str]:
        """The Airflow options that lineage needs beside plugins.zip."""
        options = {TOKEN_OPTION + id_: arn for id_, arn in self.token_secret_arns.items()}
        if self.plugin:
            options |= self.plugin.options
        for catalogue in self.catalogues:
            if isinstance(catalogue, OpenMetadataBackend):
                return {**options, **backend_options(catalogue)}
        return options

    @property
    def data_zone(self) -> Sequence[DataZoneCatalogue]:
        """The DataZone domains among the catalogues."""
        return [each for each in self.catalogues if isinstance(each, DataZoneCatalogue)]

    @property
    def access(self) -> LineageAccess:
        """What the environment's role must be allowed."""
        return LineageAccess(
            # One secret may hold the tokens of several, each in a field.
            token_secret_arns=list(dict.fromkeys(self.token_secret_arns.values())),
            data_zone_domains=[
                DataZoneDomain(domain_id=each.domain_id, region=each.region)
                for each in self.data_zone
            ],
        )

    def output(self, stack: cdk.Stack) -> None:
        """Tell which secrets hold the tokens, and where each token goes.

        A command must not pair a secret that is deployed with an address that is not yet.
        """
        addresses = {each.id: each.address for each in self.catalogues}
        for id_, names in token_outputs(self.catalogues).items():
            cdk.CfnOutput(stack, names.secret_arn, value=self.token_secret_arns[id_])
            cdk.CfnOutput(stack, names.address, value=addresses[id_])


def _construct_id(entry: HttpCatalogue, id_: str) -> str:
    """Another address is another secret, so that a catalogue is not sent another one's token.

    The first Atlan catalogue alone has kept its id since it was the only one there could be.
    """
    if id_ == FIRST_ATLAN:
        return "LineageToken"
    address = f"{destination(entry.url)}/{getattr(entry, 'endpoint', '')}"
    return f"LineageToken{entry.provider}{hashlib.sha256(address.encode()).hexdigest()[:8]}"
