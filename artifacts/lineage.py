"""Lineage of one environment, resolved: what its plugin, options, packages and permissions need."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Self

from packaging.version import Version

from mwaa.versions import OPENLINEAGE_PROVIDER, PREINSTALLED, AirflowVersion

Json = dict[str, object]

FIRST_WITH_NAMED_TRANSPORTS = Version("1.23")

TOKEN_OUTPUT = "LineageTokenSecretArn"  # noqa: S105 - an output's name
ADDRESS_OUTPUT = "LineageAddress"


@dataclass(frozen=True, kw_only=True)
class DataZoneDomain:
    """A domain that events are posted to; without a Region, one in the environment's.

    `key_arn` is the customer managed key that encrypts it.
    """

    domain_id: str
    region: str | None = None
    key_arn: str | None = None


@dataclass(frozen=True, kw_only=True)
class ResolvedCatalogue:
    """A catalogue as one environment sends to it.

    `id` is unique in the environment and part of option names; `address` is where events and the
    token go; `settings` are the plugin's, beyond `id` and `provider`. Events are sent by
    `transport`; a catalogue without one is sent to by Airflow's lineage backend, which needs
    `options` and `requirements`. With a `token` the environment authenticates by the secret
    `token_secret_arn`, or by one that its stack creates: `token_key` differs where the address
    does, so that a token is never sent elsewhere. `domain` is what the execution role must be
    allowed to post to.
    """

    id: str
    provider: str
    address: str
    settings: Json
    transport: Json | None
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    requirements: tuple[str, ...] = ()
    token: bool = False
    token_key: str = ""
    token_secret_arn: str | None = None
    domain: DataZoneDomain | None = None


@dataclass(frozen=True, kw_only=True)
class TokenOutputs:
    """Names of a stack's outputs about one token: its secret, and the address it is sent to."""

    secret_arn: str
    address: str


@dataclass(frozen=True, kw_only=True)
class ResolvedLineage:
    """Where and how one environment sends its lineage.

    `namespace` is the environment's connection. `is_deployed` tells an environment whose options
    name the secrets from an existing one, whose plugin must.
    """

    version: AirflowVersion
    namespace: str
    catalogues: tuple[ResolvedCatalogue, ...]
    token_ttl_seconds: int
    preflight: bool
    is_deployed: bool

    @property
    def uses_backend(self) -> bool:
        """Whether Airflow's lineage backend sends to one of the catalogues."""
        return any(each.transport is None for each in self.catalogues)

    @property
    def transport(self) -> Json | None:
        """The OpenLineage transport to all other catalogues; None where there are none."""
        transports = {each.id: each.transport for each in self.catalogues if each.transport}
        if len(transports) < 2:  # noqa: PLR2004
            return next(iter(transports.values()), None)
        # Domains of DataZone last: theirs is the slowest client to start.
        ordered = dict(sorted(transports.items(), key=lambda item: "domainId" in item[1]))
        client = self.version.openlineage_python
        named = client is None or Version(client) >= FIRST_WITH_NAMED_TRANSPORTS
        return {
            "type": "composite",
            "transports": ordered if named else list(ordered.values()),
            "continue_on_failure": True,
        }

    @property
    def settings(self) -> Json:
        """The plugin's settings file."""
        named = {} if self.is_deployed else self.catalogues
        return {
            "airflow": self.version.version,
            "namespace": self.namespace,
            "transport": self.transport,
            "catalogues": [
                {"id": each.id, "provider": each.provider, **each.settings}
                for each in self.catalogues
            ],
            "secrets": {each.id: each.token_secret_arn for each in named if each.token_secret_arn},
        }

    @property
    def options(self) -> Mapping[str, str]:
        """The Airflow options, but for those that name secrets.

        A team's plugin may import the lineage provider, which keeps what it reads first, and
        Airflow loads a folder's files in no order; options are known before any plugin. They are
        ASCII, and Airflow expands nothing in them without a $.
        """
        backend = {key: value for each in self.catalogues for key, value in each.options.items()}
        transport = self.transport
        if not transport or self.version.lineage_package != OPENLINEAGE_PROVIDER:
            return backend
        namespace = {"openlineage.namespace": self.namespace} if self.namespace.isascii() else {}
        return {
            **namespace,
            "openlineage.transport": json.dumps(transport).replace("$", r"\u0024"),
            **backend,
        }

    @property
    def requirements(self) -> tuple[str, ...]:
        """The lines of requirements.txt, without versions where the constraints pin them."""
        package = self.version.lineage_package
        return (
            # Under relaxed constraints pip heeds what is installed only if it is requested too.
            *(sorted(PREINSTALLED) if self.uses_backend else ()),
            *((package,) if self.transport and package else ()),
            *(line for each in self.catalogues for line in each.requirements),
        )

    @property
    def domains(self) -> tuple[DataZoneDomain, ...]:
        """The domains of DataZone among the catalogues."""
        return tuple(each.domain for each in self.catalogues if each.domain)

    @property
    def token_outputs(self) -> Mapping[str, TokenOutputs]:
        """The outputs about each token, by catalogue id.

        Their names end in the id, in Pascal case, where an environment has several tokens.
        """
        ids = [each.id for each in self.catalogues if each.token]
        suffixes = {id_: "".join(part.capitalize() for part in id_.split("_")) for id_ in ids}
        if len(ids) == 1:
            suffixes = {ids[0]: ""}
        return {
            id_: TokenOutputs(secret_arn=TOKEN_OUTPUT + suffix, address=ADDRESS_OUTPUT + suffix)
            for id_, suffix in suffixes.items()
        }

    def with_token_secret(self, arn: str) -> Self:
        """The same lineage with this secret in place of each that is named."""
        return replace(
            self,
            catalogues=tuple(
                replace(each, token_secret_arn=arn) if each.token_secret_arn else each
                for each in self.catalogues
            ),
        )
