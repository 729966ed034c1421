"""The generated lineage backend in real Airflow, with OpenMetadata's clients."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.layout import ROOT
from tests.loopback import serving
from tests.matrix.airflow import Airflow
from tests.matrix.services import SecretsManager, State
from tests.openmetadata.installation import NOWHERE, SECRET, forget_tokens, installed, ship
from tests.openmetadata.pins import NEWEST, PAIRS, Pair
from tests.openmetadata.server import OpenMetadata, entity

CANARY = "canary.c41d09be.token"
WARM = "import mwaa_platform_token; mwaa_platform_token.token('openmetadata')"
ATTEMPTS = 3
SOURCE = (ROOT / "airflow_files" / "lineage" / "mwaa_platform_openmetadata.py").read_text()
PATIENCE_SECONDS = float(re.findall(r"^PATIENCE_SECONDS = (.*)$", SOURCE, re.M)[0])

pytestmark = pytest.mark.xdist_group("openmetadata")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One Airflow with its Secrets Manager and its server."""

    pair: Pair
    airflow: Airflow
    secrets: SecretsManager
    server: OpenMetadata

    def run(self, **variables: str) -> str:
        """Run the DAG to its end, which must be success; the answer is all that was logged."""
        output = self.airflow.airflow("dags", "test", "reports", "2024-01-01", **variables)
        states = self.airflow.rows("select state from dag_run order by id desc limit 1")
        assert states == [("success",)], output
        return output

    def warm(self) -> None:
        """Have the token read. On a busy machine the AWS SDK may not load in a task's time."""
        for left in reversed(range(ATTEMPTS)):
            try:
                self.airflow.run("-c", WARM, PYTHONPATH=str(self.airflow.plugins))
            except AssertionError:
                if not left:
                    raise
                forget_tokens(self.airflow)  # and that the attempt failed
            else:
                return


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(pair, marks=() if pair == NEWEST else pytest.mark.all_versions, id=str(pair))
        for pair in PAIRS
    ],
)
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Pair, Airflow, SecretsManager]]:
    pair: Pair = request.param
    with serving(SecretsManager({SECRET: CANARY})) as secrets:
        home = tmp_path_factory.mktemp("openmetadata")
        yield pair, installed(pair, home, secrets_manager=secrets.url), secrets


@pytest.fixture
def environment(installation: tuple[Pair, Airflow, SecretsManager]) -> Iterator[Environment]:
    pair, airflow, secrets = installation
    secrets.state, secrets.values = State.WELL, {SECRET: CANARY}
    with serving(OpenMetadata(pair.openmetadata)) as server:
        ship(airflow, pair, server.url)
        yield Environment(pair=pair, airflow=airflow, secrets=secrets, server=server)


def test_lineage_of_a_task_arrives_with_the_token_which_is_shown_nowhere(
    environment: Environment,
) -> None:
    environment.warm()
    output = environment.run(AIRFLOW__LOGGING__LOGGING_LEVEL="DEBUG")
    assert len(environment.server.edges) == 1, output
    (edge,) = environment.server.edges
    assert edge["fromEntity"]["id"] == entity("warehouse.shop.public.orders")["id"]
    assert edge["toEntity"]["id"] == entity("warehouse.shop.public.sales")["id"]
    assert environment.server.authorizations == {f"Bearer {CANARY}"}
    assert [each["name"] for each in environment.server.pipelines()] == ["reports"]
    assert "DEBUG" in output, "The log is not as detailed as this test must search."
    assert CANARY not in output
    assert files_with_canary(environment.airflow) == []


@pytest.mark.all_versions
def test_a_token_that_a_task_reads_itself_is_shown_nowhere(environment: Environment) -> None:
    output = environment.run(AIRFLOW__LOGGING__LOGGING_LEVEL="DEBUG")
    assert environment.server.authorizations == {f"Bearer {CANARY}"}, output
    assert "GetSecretValue" in output, "The log is not as detailed as this test must search."
    assert CANARY not in output
    assert files_with_canary(environment.airflow) == []


@pytest.mark.parametrize(
    "trouble",
    [
        State.HANGING,
        pytest.param(State.FAILING, marks=pytest.mark.all_versions),
        pytest.param("nonsense", marks=pytest.mark.all_versions),
    ],
)
def test_task_succeeds_whatever_the_server_does(
    environment: Environment, trouble: State | str
) -> None:
    if isinstance(trouble, State):
        environment.server.state = trouble
    else:
        environment.server.nonsense = True
    environment.warm()
    output = environment.run()
    assert environment.server.asked
    left = f"left after {PATIENCE_SECONDS:g} seconds" in output
    assert left == (trouble is State.HANGING)
    assert CANARY not in output


@pytest.mark.all_versions
def test_task_succeeds_while_there_is_no_server(environment: Environment) -> None:
    ship(environment.airflow, environment.pair, NOWHERE)
    environment.warm()
    assert CANARY not in environment.run()


@pytest.mark.all_versions
def test_nothing_is_sent_without_a_token(environment: Environment) -> None:
    environment.secrets.state = State.FAILING
    output = environment.run()
    assert "No lineage to OpenMetadata: TokenUnavailableError" in output
    assert environment.server.calls == []


def test_a_package_that_is_missing_harms_no_task(environment: Environment) -> None:
    settings = environment.airflow.plugins / "mwaa_platform_lineage.json"
    settings.write_text(settings.read_text().replace("airflow_provider_openmetadata", "absent"))
    assert "No lineage to OpenMetadata: ModuleNotFoundError" in environment.run()


def files_with_canary(airflow: Airflow) -> list[Path]:
    """All but the host's own cache of tokens, which is the user's alone."""
    return [
        file
        for file in airflow.home.rglob("*")
        if file.is_file()
        and airflow.temporary not in file.parents
        and CANARY.encode() in file.read_bytes()
    ]
