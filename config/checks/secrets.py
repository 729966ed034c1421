"""Rules about the secrets that environments read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

from config.checks.finding import warning
from config.model import Configuration
from config.new_environment import NewEnvironment
from errors import Finding


def shared_prefixes(configuration: Configuration) -> Iterator[Finding]:
    """Environments that can read each other's secrets."""
    backends = [
        (index, each.name, each.secrets_backend)
        for index, each in enumerate(configuration.environments)
        if isinstance(each, NewEnvironment) and each.secrets_backend
    ]
    for (_, earlier, of_earlier), (index, later, of_later) in combinations(backends, 2):
        if of_earlier.service != of_later.service:
            continue
        pairs = product(of_earlier.prefixes, of_later.prefixes)
        if shared := sorted({common for pair in pairs if (common := _common_prefix(*pair))}):
            yield warning(
                ("MwaaEnvironments", index),
                f"{earlier} reads secrets below {', '.join(shared)} too, so who writes DAGs for "
                "one of them reads those of the other; give each prefixes of its own unless they "
                "are shared on purpose.",
                subject=later,
            )


def backend_by_hand(environment: NewEnvironment) -> Iterator[str]:
    """A secrets backend that is set by an option, which the execution role knows nothing of."""
    if "secrets.backend" in environment.configuration_options:
        yield (
            "secrets.backend is set by hand, so the platform gives the role no permission to read "
            "what it looks up; take SecretsBackend, or give the permission in ExecutionRole."
        )


def _common_prefix(one: str, other: str) -> str | None:
    """The longer prefix where secrets below it are below the other too; None where none are."""
    shorter, longer = sorted((one, other), key=len)
    return longer if f"{longer}/".startswith(f"{shorter}/") else None
