"""Trouble that a test makes in the AWS stand-in: low quotas, a slow IAM, failures, endless work.

It is one JSON file, which the stand-in reads at each use. Without the file there is no trouble.
The stand-in, which has an environment of its own, imports this module: it needs Python alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

Operation = Literal["create", "update", "delete"]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """CloudFormation's next `times` operations on a resource, which fail.

    - `stack`: its name.
    - `logical_id`: how the resource's logical id begins.
    - `operation`: of CloudFormation on the resource.
    - `done`: whether the service has done it by then, as when it fails to settle.
    - `reason`: what the resource's event says.
    """

    stack: str
    logical_id: str
    operation: Operation
    done: bool = False
    times: int = 1
    reason: str = "This is a failure that a test asked for."


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """All of it; by default there is none.

    - `quotas`: by the names of constants in `mwaa/quotas.py`; no other quota is applied.
    - `iam_delay_seconds`: how long IAM does not know a new or changed role or policy.
    - `failures`: counted anew when the file is written again.
    - `held`: names of stacks whose deployments begin, and go no further as long as this is so.
    """

    quotas: Mapping[str, int] = field(default_factory=dict)
    iam_delay_seconds: float = 0.0
    failures: tuple[Failure, ...] = ()
    held: tuple[str, ...] = ()


def write(path: Path, trouble: Trouble) -> None:
    """Writes the file, at once for who reads it at the same time."""
    (new := path.with_suffix(".new")).write_text(json.dumps(asdict(trouble)))
    new.replace(path)


def read(path: Path) -> Trouble:
    """Reads the file; no trouble where there is none."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return Trouble()
    failures = tuple(Failure(**each) for each in content.pop("failures"))
    return Trouble(**{**content, "held": tuple(content["held"])}, failures=failures)
