"""Summary of a local run: what runs where, as `up` shows it and as other commands read it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from local.atomic_write import write_atomically

FILE = "summary.json"
OF_THIS_MACHINE = re.compile(
    r"https?://(?:(?:[a-z0-9_-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?"
    r"(?:/[\w./-]*)?"
)
"""Addresses on loopback, without a sign that a browser may read in another way."""


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

    @property
    def foreign_urls(self) -> list[str]:
        """The addresses that are not on loopback, of which no run writes any."""
        known = [self.portal, self.lineage, self.aws]
        urls = [*known, *self.environments.values(), *self.ui_hosts.values()]
        return [str(each) for each in urls if each and not OF_THIS_MACHINE.fullmatch(str(each))]


def write_summary(summary: Summary, state: Path) -> None:
    """Writes the summary into the state folder of the run."""
    write_atomically(state / FILE, json.dumps(asdict(summary), indent=1).encode())


def read_summary(state: Path) -> Summary | None:
    """Returns the summary of the last run in a state folder; None where there is no whole one."""
    try:
        return Summary(**json.loads((state / FILE).read_text()))
    except (FileNotFoundError, ValueError, TypeError, RecursionError):
        return None
