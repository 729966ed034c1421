"""What may not be meant about the secrets that environments read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.model import Configuration


def warnings_about_secrets(configuration: Configuration) -> Iterator[str]:
    """See `config.warnings.find`."""
    prefixes = {
        each.name: each.secrets_backend.prefixes
        for each in configuration.new_environments
        if each.secrets_backend
    }
    for earlier, later in combinations(prefixes, 2):
        pairs = product(prefixes[earlier], prefixes[later])
        if shared := sorted({narrower for pair in pairs if (narrower := _common(*pair))}):
            yield (
                f"{later}: {earlier} reads secrets below {', '.join(shared)} too, so who writes "
                "DAGs for one of them reads those of the other; give each prefixes of its own "
                "unless they are shared on purpose."
            )


def _common(one: str, other: str) -> str | None:
    """The prefix below which both find secrets."""
    shorter, longer = sorted((one, other), key=len)
    return longer if f"{longer}/".startswith(f"{shorter}/") else None
