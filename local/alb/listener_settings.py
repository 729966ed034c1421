"""The settings file of the local load balancers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Listener:
    """The listener of one load balancer; `hosts` are its host names."""

    load_balancer_arn: str
    port: int
    hosts: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ListenerSettings:
    """The listeners; `certificate`, `key` and `ca` are PEM files, `endpoint` the stand-in's URL."""

    listeners: Sequence[Listener]
    endpoint: str
    certificate: str
    key: str
    ca: str

    def write(self, path: Path) -> None:
        """Writes them as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, path: Path) -> ListenerSettings:
        """Reads the file of `write`."""
        stored = json.loads(path.read_text())
        return cls(**{**stored, "listeners": [Listener(**each) for each in stored["listeners"]]})
