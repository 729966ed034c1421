"""Rules about the secrets that environments read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

from config.checks.finding import environment_warning
from config.model import Configuration
from errors import Finding


def shared_prefixes(configuration: Configuration) -> Iterator[Finding]:
    """Environments that can read each other's secrets."""
    prefixes = [
        (each, each.secrets_backend.prefixes)
        for each in configuration.new_environments
        if each.secrets_backend
    ]
    for (earlier, of_earlier), (later, of_later) in combinations(prefixes, 2):
        pairs = product(of_earlier, of_later)
        if shared := sorted({common for pair in pairs if (common := _common(*pair))}):
            yield environment_warning(
                configuration,
                later,
                f"{earlier.name} reads secrets below {', '.join(shared)} too, so who writes DAGs "
                "for one of them reads those of the other; give each prefixes of its own unless "
                "they are shared on purpose.",
            )


def _common(one: str, other: str) -> str | None:
    """The prefix below which both find secrets."""
    shorter, longer = sorted((one, other), key=len)
    return longer if f"{longer}/".startswith(f"{shorter}/") else None
