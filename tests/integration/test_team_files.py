"""A team's files in its own bucket, several catalogues and the secrets backend.

A second environment exists already, and gets the files that are built for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.deployment import Deployment
from local.processes import Processes
from tests.conftest import Platform, platform_of, project_configuration
from tests.integration.test_lineage_delivery import of_run, read_secret, run, wait_for

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("team files")]

NEW, EXISTING = "analytics", "reporting"
BUCKET = "teams-own-bucket"
DOMAIN = "dzd-0123456789abc"
ATLAN, MARQUEZ, DATA_ZONE = (
    "/events/openlineage/airflow-mwaa/api/v1/lineage",
    "/api/v1/lineage",
    f"/v2/domains/{DOMAIN}/lineage/events",
)

# It succeeds only where every file of the team's is there, and its secrets are found.
DAG = """
import os
from datetime import UTC, datetime
from pathlib import Path
from airflow.sdk import BaseHook, Variable, dag, task

@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), is_paused_upon_creation=False)
def team():
    @task
    def look():
        from team_words import GREETING
        assert GREETING == "from a plugin"
        assert not Path(os.environ["AIRFLOW_HOME"], "unfinished").exists()
        assert os.environ["TEAMS_OWN"] == "from the startup script"
        assert Variable.get("colour") == "teal"
        assert BaseHook.get_connection("warehouse").host == "warehouse.example.com"
    look()

team()
"""

# Airflow's lineage provider reads its settings when it is imported.
EXTRACTORS = {
    f"team/plugins/extractor_{number}.py": (
        "from airflow.providers.openlineage.extractors.base import BaseExtractor"
    )
    for number in range(8)
}
UNFINISHED = """
import os
from pathlib import Path

Path(os.environ["AIRFLOW_HOME"], "unfinished").touch()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration's folder, with the team's files beside it."""
    folder = tmp_path_factory.mktemp("team-files")
    for path, text in {
        "team/plugins/team_words.py": 'GREETING = "from a plugin"',
        **EXTRACTORS,
        "team/plugins/unfinished.py": UNFINISHED,
        "team/plugins/.airflowignore": "unfinished.py",
        "team/dags/team.py": DAG,
        "team/dags/parts/old.sql": "select 1",
        "team/startup.sh": 'export TEAMS_OWN="from the startup script"',
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def configuration() -> dict[str, Any]:
    configured = project_configuration()
    analytics, _ = configured["MwaaEnvironments"]
    analytics |= {
        "SourceBucketArn": f"arn:aws:s3:::{BUCKET}",
        "Plugins": "team/plugins",
        "Dags": "team/dags",
        "StartupScript": "team/startup.sh",
        "SecretsBackend": {"VariablesPrefix": "team/variables"},
        "Lineage": {
            "Catalogues": [
                {"Provider": "Atlan", "Url": "https://example.atlan.com"},
                {"Provider": "Marquez", "Url": "https://marquez.example.com"},
                {"Provider": "DataZone", "DomainId": DOMAIN},
            ]
        },
    }
    secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:atlan-AbCdEf"
    configured["MwaaEnvironments"][1] = {
        "Name": EXISTING,
        "AirflowVersion": "2.10.3",
        "WebServerAccessMode": "PUBLIC_ONLY",
        "Lineage": {
            "Provider": "Atlan",
            "Url": "https://example.atlan.com",
            "TokenSecretArn": secret,
        },
    }
    return configured


@pytest.fixture(scope="module")
def team(folder: Path) -> Iterator[Platform]:
    with platform_of(configuration(), folder) as running:
        secrets = running.cloud.session.client("secretsmanager")
        for name, value in {
            "team/variables/colour": "teal",
            "airflow/connections/warehouse": "postgresql://warehouse.example.com/main",
            "airflow/variables/colour": "of another team",
        }.items():
            secrets.create_secret(Name=name, SecretString=value)
        yield running


def completed(received: list[dict[str, Any]], dag: str) -> set[str]:
    """The paths at which the end of the DAG's task arrived."""
    return {
        each["path"]
        for each in received
        if each["event"]["eventType"] == "COMPLETE" and each["event"]["job"]["name"] == dag
    }


def test_the_teams_files_are_there_and_each_catalogue_hears_of_the_run(team: Platform) -> None:
    since = run(team, NEW, "team")
    task = "team.look"
    wait_for(
        team,
        lambda: (
            completed(of_run(team, NEW, since, dag="team"), task) == {ATLAN, MARQUEZ, DATA_ZONE}
        ),
        "the run at every catalogue",
    )
    arn = team.outputs(f"Env-{NEW}")["LineageTokenSecretArn"]
    token = team.cloud.session.client("secretsmanager").get_secret_value(SecretId=arn)[
        "SecretString"
    ]
    digest = hashlib.sha256(token.encode()).hexdigest()
    bearers = {each["path"]: each["bearer_sha256"] for each in of_run(team, NEW, since, dag="team")}
    assert bearers == {ATLAN: digest, MARQUEZ: None, DATA_ZONE: None}


def test_an_environment_that_exists_sends_with_the_files_built_for_it(team: Platform) -> None:
    since = run(team, EXISTING)
    wait_for(
        team,
        lambda: completed(of_run(team, EXISTING, since), "hello_lineage.read") == {ATLAN},
        "the run of the environment that exists",
    )


def test_airflow_reads_the_secrets_below_its_prefixes_and_no_others(team: Platform) -> None:
    below = "team/variables/colour"
    assert f":secret:{below}-" in read_secret(team, NEW, below).stdout
    assert "AccessDenied" in read_secret(team, NEW, "airflow/variables/colour").stderr


def test_a_dag_taken_out_of_the_folder_goes_and_others_stay(team: Platform, folder: Path) -> None:
    assert team.outputs(f"Env-{NEW}")["BucketName"] == BUCKET
    s3 = team.cloud.session.client("s3")
    s3.put_object(Bucket=BUCKET, Key="dags/of-somebody-else.py", Body=b"")

    def dags() -> set[str]:
        listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="dags/")["Contents"]
        names = {each["Key"].removeprefix("dags/") for each in listed}
        return {name for name in names if not name.startswith("mwaa_platform_")}

    others = {"of-somebody-else.py", "hello_lineage.py"}
    assert dags() == {"team.py", "parts/old.sql", *others}
    (folder / "team" / "dags" / "parts" / "old.sql").unlink()
    Deployment(
        folder=team.state / "cdk",
        stand_in=team.cloud,
        processes=Processes(folder / "processes.json"),
        log=folder / "cdk.log",
    ).deploy()
    assert dags() == {"team.py", *others}
