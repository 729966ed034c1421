"""Rules about the secrets that environments read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from config.checks.finding import warning
from config.checks.nesting import nested
from config.checks.partial import PartialFile, partial, partial_facts
from config.environments import ExistingEnvironment
from config.lineage.catalogue import HttpCatalogue
from config.model import AnyEnvironment, Configuration
from config.new_environment import NewEnvironment
from config.secrets_backend import BACKENDS, LOOKUP_PATTERN, SECRETS_MANAGER, SecretNames
from errors import Finding

BACKEND_OPTIONS = ("secrets.backend", "workers.secrets_backend")


def apart_from_clients(file: PartialFile) -> Iterator[Finding]:
    """No environment reads the secret of a client at the identity provider."""
    secrets = {
        "Oidc": file.oidc.get(lambda each: each.client_secret_arn),
        "QuickStart": file.quick_start
        and file.quick_start.get(lambda each: each.client_secret_arn),
        "UiGate": file.ui_gate and file.ui_gate.get(lambda each: each.client_secret_arn),
    }
    for section, arn in secrets.items():
        if not arn or _is_of_another_account(file, arn):
            continue
        for index, prefixes in _prefixes_in_secrets_manager(file):
            if prefix := _prefix_of(arn, prefixes):
                yield Finding(
                    place=(section, "ClientSecretArn"),
                    message=f"MwaaEnvironments[{index}] reads secrets below {prefix}, so who "
                    "writes its DAGs reads this one, and signs people in as the platform does.",
                    remedy="Store it under a name that no SecretsBackend has the prefix of.",
                )
                break


def shared_prefixes(configuration: Configuration) -> Iterator[Finding]:
    """Environments that can read each other's secrets, if one of them is new."""
    environments = configuration.environments
    prefixes = [
        (index, backend.service, prefix)
        for index, each in enumerate(environments)
        if (backend := _backend(each))
        for prefix in backend.prefixes
    ]
    shared: dict[tuple[int, int], set[str]] = defaultdict(set)
    for before, after in nested([f"{service}:{prefix}/" for _, service, prefix in prefixes]):
        (one, _, of_one), (other, _, of_other) = prefixes[before], prefixes[after]
        if one != other:
            shared[one, other].add(max(of_one, of_other, key=len))
    for (one, index), common in sorted(shared.items()):
        earlier, later = environments[one], environments[index]
        if isinstance(earlier, NewEnvironment) or isinstance(later, NewEnvironment):
            yield warning(
                ("MwaaEnvironments", index),
                f"{earlier.name} reads secrets below {', '.join(sorted(common))} too, so who "
                "writes DAGs for one of them reads those of the other; give each prefixes of its "
                "own unless they are shared on purpose.",
                subject=later.name,
            )


def readable_tokens(configuration: Configuration) -> Iterator[Finding]:
    """Environments that can read the lineage token of another, which is not theirs too."""
    region = _region(configuration.oidc.client_secret_arn)
    tokens = [
        (owner, arn)
        for owner in configuration.environments
        for arn in _tokens(owner)
        if _region(arn) == region
    ]
    below: dict[str, list[int]] = defaultdict(list)
    for number, (_, arn) in enumerate(tokens):
        for prefix in _prefixes_above(arn):
            below[prefix].append(number)
    for index, reader in enumerate(configuration.environments):
        backend = _backend(reader)
        if not backend or backend.service != SECRETS_MANAGER:
            continue
        own = set(_tokens(reader))
        found: dict[int, str] = {}
        for prefix in backend.prefixes:
            found = {**dict.fromkeys(below.get(prefix, ()), prefix), **found}
        for number, prefix in sorted(found.items()):
            owner, arn = tokens[number]
            if arn not in own:
                yield warning(
                    ("MwaaEnvironments", index),
                    f"it reads secrets below {prefix}, and there is the lineage token of "
                    f"{owner.name}; store that under another name.",
                    subject=reader.name,
                )


def backend_by_hand(environment: NewEnvironment) -> Iterator[str]:
    """A secrets backend that is set by an option, which the execution role knows nothing of."""
    options = environment.configuration_options
    for option in BACKEND_OPTIONS:
        if option not in options:
            continue
        yield (
            f"{option} is set by hand, so the platform gives the role no permission to read "
            "what it looks up; take SecretsBackend, or give the permission in ExecutionRole."
        )
        arguments = options.get(f"{option}_kwargs")
        is_aws = options[option] in BACKENDS.values()
        if is_aws and arguments and "connections_lookup_pattern" not in arguments:
            yield (
                f"{option}_kwargs takes the place of MWAA's own value, without which each call to "
                "AWS looks up a connection: give it connections_lookup_pattern "
                f"{LOOKUP_PATTERN} too."
            )


def _backend(environment: AnyEnvironment) -> SecretNames | None:
    match environment:
        case NewEnvironment(secrets_backend=backend):
            return backend
        case ExistingEnvironment(existing=facts):
            return facts.secrets_backend if facts else None


def _prefixes_in_secrets_manager(file: PartialFile) -> Iterator[tuple[int, Sequence[str]]]:
    """The prefixes that each environment with a secrets backend reads, by its position."""
    for index, environment in file.environments.items():
        section = environment if index in file.new else partial_facts(environment)
        raw = section.raw.get("SecretsBackend") if section else None
        if not isinstance(raw, dict):
            continue
        backend = partial(SecretNames, raw)
        if backend.get(lambda each: each.service) == SECRETS_MANAGER:
            yield index, backend.get(lambda each: each.prefixes) or ()


def _tokens(environment: AnyEnvironment) -> Iterator[str]:
    """ARNs of the secrets that the file names for an environment's lineage tokens."""
    for each in environment.lineage.catalogues if environment.lineage else ():
        if isinstance(each, HttpCatalogue) and each.token_secret_arn:
            yield each.token_secret_arn


def _is_of_another_account(file: PartialFile, arn: str) -> bool:
    own = file.target and file.target.account
    return own is not None and arn.split(":")[4] != own


def _region(arn: str) -> str:
    return arn.split(":")[3]


def _prefix_of(arn: str, prefixes: Sequence[str]) -> str | None:
    """The prefix below which a secret's name is."""
    above = _prefixes_above(arn)
    return next((each for each in prefixes if each in above), None)


def _prefixes_above(arn: str) -> list[str]:
    """Every prefix below which a secret's name is."""
    parts = arn.split(":", 6)[6].split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]
