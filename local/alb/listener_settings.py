"""What the local load balancers are told at start."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Where one load balancer answers: `hosts` are the names that lead to it."""

    load_balancer_arn: str
    port: int
    hosts: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ListenerSettings:
    """`certificate`, `key` and `ca` are PEM files; `endpoint` is the AWS stand-in's."""

    listeners: Sequence[Listener]
    endpoint: str
    certificate: str
    key: str
    ca: str

    def write(self, path: Path) -> None:
        """Store them as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, path: Path) -> ListenerSettings:
        """What `write` stored."""
        stored = json.loads(path.read_text())
        return cls(**{**stored, "listeners": [Listener(**each) for each in stored["listeners"]]})
