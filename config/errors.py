"""What is wrong with a configuration, in words for the person who wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Mistake:
    """One mistake: where it stands (`MwaaEnvironments[1].Name`), what is wrong, what helps."""

    path: str
    reason: str
    hint: str | None = None


class ConfigurationError(Exception):
    """The configuration cannot be used; `mistakes` names every reason, in its order."""

    def __init__(self, source: Path, mistakes: tuple[Mistake, ...]) -> None:
        self.source = source
        self.mistakes = mistakes
        super().__init__("\n".join([f"Mistakes in {source}:", *map(_line, mistakes)]))


def place(location: Sequence[str | int]) -> str:
    """A location as people write it: `MwaaEnvironments[1].ConfigurationOptions["core.x"]`."""
    path = ""
    for step in location:
        if isinstance(step, str) and re.fullmatch(r"\w+", step):
            path += f".{step}" if path else step
        else:
            path += f"[{json.dumps(step)}]"
    return path


def shown(value: Any) -> str:
    """A value for an error text, where it is too short and plain to be a secret."""
    plain = isinstance(value, str) and re.fullmatch(r"[\w.*-]{1,24}", value)
    return value if plain else "This"


def _line(mistake: Mistake) -> str:
    parts = (f"  {mistake.path}: {mistake.reason}", mistake.hint)
    return " ".join(part for part in parts if part)
