"""The generated backend in real Airflow, with OpenMetadata's own code of each era."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.loopback import serving
from tests.matrix.airflow import Airflow
from tests.matrix.services import SecretsManager, State
from tests.openmetadata.installed import SECRET, installed, ship
from tests.openmetadata.pins import NEWEST, PAIRS, Pair
from tests.openmetadata.server import OpenMetadata, entity

CANARY = "canary.c41d09be.token"
NOWHERE = "http://127.0.0.1:9"

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
    with serving(OpenMetadata()) as server:
        ship(airflow, pair, server.url)
        yield Environment(pair=pair, airflow=airflow, secrets=secrets, server=server)


def test_lineage_of_a_task_arrives_with_the_token_which_is_shown_nowhere(
    environment: Environment,
) -> None:
    output = environment.run(AIRFLOW__LOGGING__LOGGING_LEVEL="DEBUG")
    assert len(environment.server.edges) == 1, output
    (edge,) = environment.server.edges
    assert edge["fromEntity"]["id"] == entity("warehouse.shop.public.orders")["id"]
    assert edge["toEntity"]["id"] == entity("warehouse.shop.public.sales")["id"]
    assert environment.server.authorizations == {f"Bearer {CANARY}"}
    assert [each["name"] for each in environment.server.pipelines()] == ["reports"]
    assert "GetSecretValue" in output, "The log is not as detailed as this test must search."
    assert CANARY not in output
    assert not [file for file in environment.airflow.home.rglob("*") if holds_canary(file)]


def holds_canary(path: Path) -> bool:
    return path.is_file() and CANARY.encode() in path.read_bytes()
