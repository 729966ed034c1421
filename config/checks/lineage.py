"""Rules about lineage: catalogues, connections, tokens, and the ways to them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator

from packaging.version import Version
from pydantic import TypeAdapter, ValidationError

from config.airflow_options import owned_by_lineage
from config.checks.finding import repeats
from config.checks.partial import Partial, PartialFile, partial_lineage
from config.environments import ExistingEnvironment
from config.lineage.addresses import Address, host, is_private, is_unencrypted, normalized_url
from config.lineage.catalogue import Catalogue, HttpCatalogue
from config.lineage.openmetadata import OpenMetadata
from config.lineage.settings import OFF, LineageSettings, incompatibilities
from config.model import AnyEnvironment
from config.new_environment import NewEnvironment
from errors import Finding

ADDRESS: TypeAdapter[str] = TypeAdapter(Address)
OPTIONS_WITH_A_TOKEN = frozenset(
    f"lineage.{name}" for name in ("jwt_token", "secret_key", "client_secret", "private_key")
)
TOKEN_IN_TRANSPORT = re.compile(r"""["']api_?key["']\s*:""", re.IGNORECASE)


def compatible_catalogues(file: PartialFile) -> Iterator[Finding]:
    """An environment's Airflow version can send to each of its catalogues."""
    for index, environment in file.environments.items():
        lineage, version = _lineage(environment), _version(environment)
        if lineage and version:
            for steps, each in incompatibilities(lineage, version):
                yield Finding(
                    place=file.lineage_place(index, steps), message=each.message, remedy=each.remedy
                )


def named_token_secrets(file: PartialFile) -> Iterator[Finding]:
    """An existing environment names the secret of each token: no stack creates one for it."""
    for index, environment in file.existing.items():
        lineage = _lineage(environment)
        if not (lineage and _version(environment)):
            continue
        for position, each in enumerate(lineage.catalogues):
            if each.needs_token and not getattr(each, "token_secret_arn", None):
                yield Finding(
                    place=file.lineage_place(index, ("Catalogues", position, "TokenSecretArn")),
                    message="Missing: which secret holds the token. None is made for an "
                    "environment that exists.",
                    remedy="Make a secret, and give its ARN.",
                )


def reserved_options(file: PartialFile) -> Iterator[Finding]:
    """An environment's options are not those that its lineage sets."""
    for index, environment in file.new.items():
        lineage, version = _lineage(environment), _version(environment)
        options = environment.get(lambda each: each.configuration_options)
        if not (lineage and version and options):
            continue
        by_backend = [each.uses_backend(Version(version)) for each in lineage.catalogues]
        owned = owned_by_lineage(options, events=not all(by_backend), backend=any(by_backend))
        if owned:
            yield Finding(
                place=("MwaaEnvironments", index, "ConfigurationOptions"),
                message=f"Lineage sets {', '.join(owned)} itself.",
                remedy=f"Take it out, or {OFF}",
            )


def unique_connections(file: PartialFile) -> Iterator[Finding]:
    """Each environment has a connection of its own in a catalogue."""
    for index, earlier in repeats(file.environments, _connections):
        yield Finding(
            place=("MwaaEnvironments", index, "Lineage", "Connection"),
            message=f"MwaaEnvironments[{earlier}] sends to this connection already, and two "
            "environments with one connection corrupt each other's lineage.",
            remedy="Give each environment a connection of its own.",
        )


def unique_services(file: PartialFile) -> Iterator[Finding]:
    """Each environment has a pipeline service of its own in OpenMetadata."""
    for index, earlier in repeats(file.environments, _services):
        yield Finding(
            place=("MwaaEnvironments", index, "Lineage"),
            message=f"MwaaEnvironments[{earlier}] has this ServiceName at OpenMetadata already, "
            "and two environments with one service overwrite each other's DAGs there.",
            remedy="Give each environment a service of its own.",
        )


def unencrypted_catalogues(environment: AnyEnvironment) -> Iterator[str]:
    """Catalogues that are sent to without encryption."""
    for each in _http_catalogues(environment):
        if is_unencrypted(each.url):
            what = "the token and lineage travel" if each.needs_token else "lineage travels"
            yield f"over http:// {what} readably to {host(each.url)}."


def non_ascii_connection(environment: AnyEnvironment) -> Iterator[str]:
    """A connection that no option can carry, next to plugins that may be loaded first."""
    lineage = environment.lineage
    if lineage and environment.plugins and not lineage.connection.isascii():
        yield (
            f"options of MWAA are in ASCII, so {lineage.connection!r} stands in plugins.zip alone, "
            "and a plugin of its team that imports Airflow's lineage provider may be loaded before "
            "that; a connection in ASCII is always known."
        )


def manual_deployment(environment: ExistingEnvironment) -> Iterator[str]:
    """Files of lineage for an existing environment, to which nothing is deployed."""
    if environment.lineage:
        yield (
            "nothing is deployed to an environment that exists; `./mwaa-platform lineage build "
            f"--environment {environment.name}` writes the files of its lineage, which are yours "
            "to put in place."
        )


def missing_wheels(environment: NewEnvironment) -> Iterator[str]:
    """Containers that cannot install requirements from an index.

    https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-networking.html
    """
    if environment.wheels or not (environment.lineage or environment.requirements):
        return
    if key := environment.key_without_internet:
        yield (
            f"with {key} nothing reaches PyPI, so requirements are not installed and "
            "lineage is not sent; name a folder of Wheels."
        )
    elif environment.web_server_access_mode == "PRIVATE_ONLY":
        yield (
            "AWS says that a private web server needs every package as a wheel; without a folder "
            "of Wheels it has none of the requirements, and what people do in its pages sends no "
            "lineage. Schedulers and workers install theirs from PyPI."
        )


def unreachable_catalogues(environment: NewEnvironment) -> Iterator[str]:
    """Catalogues outside the network of an environment without a route to the internet."""
    urls = [catalogue.url for catalogue in _http_catalogues(environment)]
    outside = sorted({host(url) for url in urls if not is_private(url)})
    if outside and (key := environment.key_without_internet):
        yield (
            f"with {key} nothing reaches the internet, so lineage arrives only if its VPC "
            f"has a way of its own to {', '.join(outside)}."
        )


def tokens_in_options(environment: NewEnvironment) -> Iterator[str]:
    """Tokens that everybody who may read the environment sees."""
    for option, value in environment.configuration_options.items():
        if option in OPTIONS_WITH_A_TOKEN or TOKEN_IN_TRANSPORT.search(value):
            yield (
                f"whoever may read the environment reads the token in {option}; with Lineage it "
                "stays in Secrets Manager."
            )


def _lineage(environment: Partial[AnyEnvironment]) -> LineageSettings | None:
    return environment.get(lambda each: each.lineage)


def _version(environment: Partial[AnyEnvironment]) -> str | None:
    return environment.get(lambda each: each.airflow_version)


def _http_catalogues(environment: AnyEnvironment) -> Iterator[HttpCatalogue]:
    for each in environment.lineage.catalogues if environment.lineage else ():
        if isinstance(each, HttpCatalogue):
            yield each


def _location(catalogue: Partial[Catalogue]) -> str | None:
    """The location, also of an address that the provider would not take."""
    if location := catalogue.get(lambda each: each.location):
        return location
    try:
        return normalized_url(ADDRESS.validate_python(catalogue.raw.get("Url")))
    except ValidationError:
        return None


def _connections(environment: Partial[AnyEnvironment]) -> Iterator[Hashable]:
    """The names of an environment, each within a catalogue."""
    lineage, catalogues = partial_lineage(environment)
    connection = lineage.get(lambda each: each.connection)
    for catalogue in catalogues:
        # One host may be named by another provider's entry, or with its endpoint in the address.
        places = {_location(catalogue), catalogue.get(_events_location)}
        yield from ((place, connection) for place in places if place and connection)


def _services(environment: Partial[AnyEnvironment]) -> Iterator[Hashable]:
    _, catalogues = partial_lineage(environment)
    for catalogue in catalogues:
        location = _location(catalogue)
        service = catalogue.get(_service_name) or environment.get(lambda each: each.name)
        if location and service and catalogue.raw.get("Provider") == OpenMetadata.__name__:
            yield location, service


def _events_location(catalogue: Catalogue) -> str | None:
    return catalogue.events_location if isinstance(catalogue, HttpCatalogue) else None


def _service_name(catalogue: Catalogue) -> str | None:
    return catalogue.service_name if isinstance(catalogue, OpenMetadata) else None
