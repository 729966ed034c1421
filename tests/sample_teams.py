"""The kinds of team in samples/teams.json, checked with an Airflow of any version."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.check.shipped import ShippedFiles, shipped_files
from config.loader import parse_configuration
from local.layout import ROOT
from local.pins import locked_versions

SAMPLE = ROOT / "samples" / "teams.json"
TEAMS: Mapping[str, Sequence[str]] = {
    "marts": ("astronomer-cosmos",),
    "forecasts": ("apache-airflow-providers-snowflake", "pandas"),
    "training": ("apache-airflow-providers-cncf-kubernetes", "apache-airflow-providers-amazon"),
}
"""What each is about, by the name of its environment."""
VERSIONS = locked_versions()
WRONG: Mapping[tuple[str, str], str] = {
    ("marts", "3.0.6"): "plugins: cosmos.plugin: Cosmos AF3 plugin requires Airflow >= 3.1. "
    "External views are unavailable on earlier versions."
}
"""What is wrong with a team and a version, and is right to be told: there Cosmos has no page of its
own in Airflow's user interface."""


@contextmanager
def shipped_by(team: str, version: str) -> Iterator[ShippedFiles]:
    """The files of a team's environment, unpacked until the block ends."""
    raw = json.loads(SAMPLE.read_text())
    entries = [each for each in raw["MwaaEnvironments"] if each["Name"] == team]
    raw["MwaaEnvironments"] = [{**each, "AirflowVersion": version} for each in entries]
    [environment] = parse_configuration(raw, source=SAMPLE).environments
    with TemporaryDirectory(prefix="mwaa-platform-team-") as folder:
        yield shipped_files(environment, Path(folder))
