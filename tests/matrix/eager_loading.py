"""Runs of every DAG by a scheduler that loads plugins at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from packaging.version import Version

from tests.matrix.airflow import Airflow
from tests.matrix.environment_files import (
    UNREADABLE_SECRET,
    Entry,
    by_bearer,
    by_key,
    open_metadata,
)
from tests.matrix.observation import (
    SCHEDULED,
    Task,
    are_reported,
    have_ended,
    tasks,
)
from tests.matrix.services import Catalogue
from tests.matrix.versions import FIRST_WITH_SEVERAL_CATALOGUES, FIRST_WITHOUT_BACKENDS
from tests.waits import wait_until

OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "core.lazy_load_plugins": "False",
        "core.dags_are_paused_at_creation": "False",
        "logging.logging_level": "DEBUG",
    }
)


@dataclass(frozen=True, kw_only=True)
class Catalogues:
    """Where events are sent: to `well` alone, or to it among others where there may be several.

    `failing` answers an error, the secret of `locked` cannot be read; `open_metadata` takes part
    where it is a catalogue as others are.
    """

    failing: Catalogue
    locked: Catalogue
    well: Catalogue
    open_metadata: Catalogue

    def entries(self, airflow: str) -> list[Entry]:
        """Those of this Airflow's environment, `well` behind those that are not."""
        version = Version(airflow)
        if version < FIRST_WITH_SEVERAL_CATALOGUES:
            return [by_bearer(self.well)]
        several = [
            by_bearer(self.failing),
            by_bearer(self.locked, secret=UNREADABLE_SECRET),
            by_key(self.well),
        ]
        if version < FIRST_WITHOUT_BACKENDS:
            return several
        return [*several, open_metadata(self.open_metadata)]


@dataclass(frozen=True, kw_only=True)
class Eager:
    """What came of it."""

    airflow: Airflow
    tasks: list[Task]
    catalogues: Catalogues


def run_all(airflow: Airflow, catalogues: Catalogues) -> Eager:
    """Let the scheduler run them with the most detailed log."""
    with airflow.running():
        wait_until("Every DAG ended", lambda: have_ended(airflow, SCHEDULED))
        wait_until(
            "The end of every DAG was told",
            lambda: are_reported(catalogues.well, SCHEDULED),
        )
    return Eager(airflow=airflow, tasks=tasks(airflow), catalogues=catalogues)
