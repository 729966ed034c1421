"""Summary of a local run: what runs where, as `up` shows it and as other commands read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from local.atomic_write import write_atomically

FILE = "summary.json"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a person needs to use the run.

    `environments` are the URLs of the web servers, `ui_hosts` those behind a load balancer, by
    environment; `people` is the access of each user. Without `MwaaEnvironments` there is no portal.
    """

    portal: str | None
    lineage: str
    aws: str
    ca: str
    environments: Mapping[str, str]
    ui_hosts: Mapping[str, str]
    people: Mapping[str, str]
    outputs: Mapping[str, Mapping[str, str]]


def write_summary(summary: Summary, state: Path) -> None:
    """Writes the summary into the state folder of the run."""
    write_atomically(state / FILE, json.dumps(asdict(summary), indent=1).encode())


def read_summary(state: Path) -> Summary | None:
    """Returns the summary of the last run in a state folder; None where there is no whole one."""
    try:
        return Summary(**json.loads((state / FILE).read_text()))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None
