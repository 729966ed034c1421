"""Runs of each Airflow version, which the tests share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from local.airflow_runtime.install import install
from local.layout import CACHE
from tests.loopback import serving
from tests.matrix import eager_loading, observation
from tests.matrix.airflow import Airflow, prepare
from tests.matrix.eager_loading import Catalogues, Eager, run_all
from tests.matrix.environment_files import TOKENS, Entry, by_bearer, ship
from tests.matrix.manual_states import OPTIONS as MANUAL_OPTIONS
from tests.matrix.manual_states import ManualStates, set_states
from tests.matrix.observation import Observed, observe
from tests.matrix.postgresql import Database, drivers, postgresql
from tests.matrix.services import Catalogue, SecretsManager, State
from tests.matrix.versions import EVERY, parameters
from tests.matrix.versions_table import Tally, version_of, write


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-versions",
        action="store_true",
        help="write the table of docs/airflow-versions.md, after a run with --all-versions",
    )


def pytest_configure(config: pytest.Config) -> None:
    is_worker = hasattr(config, "workerinput")
    if config.getoption("--write-versions", default=False) and not is_worker:
        config.pluginmanager.register(_Writer(config.getoption("numprocesses", default=None) or 1))


class _Writer:
    """Counts what is reported of each version, and writes the table when all were run."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._tallies: defaultdict[str, Tally] = defaultdict(Tally)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not (version := version_of(report.nodeid)):
            return
        tally = self._tallies[version]
        tally.seconds += report.duration
        if report.when == "call" or report.outcome != "passed":
            tally.outcomes[report.outcome] += 1

    def pytest_sessionfinish(self) -> None:
        if {*EVERY} <= {*self._tallies}:
            write(self._tallies, workers=self._workers)


@pytest.fixture(scope="session", params=parameters())
def observed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """What the version's scheduler did with every DAG, and then in every trouble."""
    home = tmp_path_factory.mktemp(f"airflow-{request.param}")
    with (
        serving(Catalogue()) as catalogue,
        serving(SecretsManager(TOKENS)) as secrets,
    ):
        entries = [by_bearer(catalogue)]
        airflow = _airflow(request.param, home, entries, secrets, observation.OPTIONS)
        return observe(airflow, catalogue, secrets)


@pytest.fixture(scope="session", params=parameters())
def eager(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Eager]:
    """What the scheduler did where plugins are loaded at once, and catalogues are several."""
    home = tmp_path_factory.mktemp(f"eager-{request.param}")
    with (
        serving(Catalogue()) as failing,
        serving(Catalogue()) as locked,
        serving(Catalogue()) as well,
        serving(Catalogue()) as open_metadata,
        serving(SecretsManager(TOKENS)) as secrets,
    ):
        failing.state = State.FAILING
        catalogues = Catalogues(
            failing=failing, locked=locked, well=well, open_metadata=open_metadata
        )
        entries = catalogues.entries(request.param)
        airflow = _airflow(request.param, home, entries, secrets, eager_loading.OPTIONS)
        yield run_all(airflow, catalogues)


@pytest.fixture(scope="module")
def manual_states(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> ManualStates:
    """What came of states that people set, in an Airflow with a database like MWAA's."""
    home = tmp_path_factory.mktemp(f"manual-states-{request.param}")
    with (
        serving(Catalogue()) as catalogue,
        serving(SecretsManager(TOKENS)) as secrets,
        postgresql() as database,
    ):
        airflow = _airflow(
            request.param,
            home,
            [by_bearer(catalogue)],
            secrets,
            MANUAL_OPTIONS,
            database=database,
        )
        return set_states(airflow, catalogue, database)


def _airflow(
    version: str,
    home: Path,
    entries: Sequence[Entry],
    secrets: SecretsManager,
    options: Mapping[str, str],
    *,
    database: Database | None = None,
) -> Airflow:
    shipped = ship(version, entries, home / "shipped")
    requirements = shipped.requirements
    if database:
        requirements = home / "requirements.txt"
        requirements.write_text(f"{shipped.requirements.read_text()}\n{drivers(version)}")
    return prepare(
        version,
        python=install(version, requirements, CACHE),
        home=home / "airflow",
        plugins=shipped.plugins,
        dags=shipped.dags,
        options={**shipped.options, **options},
        secrets_manager=secrets.url,
        database=database.variables if database else None,
    )
