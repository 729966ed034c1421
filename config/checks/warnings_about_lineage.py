"""What may not be meant about where environments send lineage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from config.lineage.addresses import host, is_private, travels_in_clear
from config.lineage.catalogue import HttpCatalogue

if TYPE_CHECKING:
    from config.environments import ExistingEnvironment
    from config.lineage.settings import LineageSettings
    from config.model import AnyEnvironment, Configuration
    from config.new_environment import NewEnvironment

OPTIONS_WITH_A_TOKEN = frozenset(
    f"lineage.{name}" for name in ("jwt_token", "secret_key", "client_secret", "private_key")
)
TOKEN_IN_TRANSPORT = re.compile(r"""["']api_?key["']\s*:""", re.IGNORECASE)


def warnings_about_lineage(configuration: Configuration) -> Iterator[str]:
    """See `config.warnings.find`."""
    for environment in configuration.environments:
        if environment.lineage:
            yield from _about_catalogues(environment.name, environment.lineage)
            yield from _about_the_connection(environment, environment.lineage)
    for existing in configuration.existing_environments:
        yield from _about_what_is_built_alone(existing)
    for new in configuration.new_environments:
        yield from _about_packages(new)
        if not new.nat_gateways:
            yield from _about_the_way_out(new)
        for option, value in new.configuration_options.items():
            if option in OPTIONS_WITH_A_TOKEN or TOKEN_IN_TRANSPORT.search(value):
                yield (
                    f"{new.name}: whoever may read the environment reads the token in {option}; "
                    "with Lineage it stays in Secrets Manager."
                )


def _about_catalogues(name: str, lineage: LineageSettings) -> Iterator[str]:
    asked = [each for each in lineage.catalogues if isinstance(each, HttpCatalogue)]
    for catalogue in asked:
        if travels_in_clear(catalogue.url):
            what = "the token and lineage travel" if catalogue.needs_token else "lineage travels"
            yield f"{name}: over http:// {what} readably to {host(catalogue.url)}."


def _about_the_connection(environment: AnyEnvironment, lineage: LineageSettings) -> Iterator[str]:
    if environment.plugins and not lineage.connection.isascii():
        yield (
            f"{environment.name}: options of MWAA are in ASCII, so {lineage.connection!r} stands "
            "in plugins.zip alone, and a plugin of its team that imports Airflow's lineage "
            "provider may be loaded before that; a connection in ASCII is always known."
        )


def _about_what_is_built_alone(environment: ExistingEnvironment) -> Iterator[str]:
    if environment.lineage:
        yield (
            f"{environment.name}: nothing is deployed to an environment that exists; "
            f"`./mwaa-platform lineage build --environment {environment.name}` writes the files of "
            "its lineage, which are yours to put in place."
        )


def _about_packages(environment: NewEnvironment) -> Iterator[str]:
    """Which containers cannot install requirements from an index.

    https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-networking.html
    """
    if environment.wheels or not (environment.lineage or environment.requirements):
        return
    if not environment.nat_gateways:
        yield (
            f"{environment.name}: with NatGateways 0 nothing reaches PyPI, so requirements are not "
            "installed and lineage is not sent; name a folder of Wheels."
        )
    elif environment.web_server_access_mode == "PRIVATE_ONLY":
        yield (
            f"{environment.name}: AWS says that a private web server needs every package as a "
            "wheel; without a folder of Wheels it has none of the requirements, and what people "
            "do in its pages sends no lineage. Schedulers and workers install theirs from PyPI."
        )


def _about_the_way_out(environment: NewEnvironment) -> Iterator[str]:
    catalogues = environment.lineage.catalogues if environment.lineage else ()
    asked = [each.url for each in catalogues if isinstance(each, HttpCatalogue)]
    outside = sorted({host(url) for url in asked if not is_private(url)})
    if outside:
        yield (
            f"{environment.name}: with NatGateways 0 nothing reaches the internet, so lineage "
            f"arrives only if its VPC has a way of its own to {', '.join(outside)}."
        )
