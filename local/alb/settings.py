"""What one local load balancer is told at start."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`certificate`, `key` and `ca` are PEM files; `endpoint` is the AWS stand-in's."""

    load_balancer_arn: str
    port: int
    endpoint: str
    certificate: str
    key: str
    ca: str

    def write(self, path: Path) -> None:
        """Store them as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, path: Path) -> Settings:
        """What `write` stored."""
        return cls(**json.loads(path.read_text()))
