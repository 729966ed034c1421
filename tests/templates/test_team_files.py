"""Deployment of a team's own files into an environment's bucket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.templates.synthesis import Json, Synthesis, as_list, rendered, statements, synthesise
from tests.templates.variants import ENVIRONMENT, one_environment

SYNC = "Custom::DagSync"


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = tmp_path / "dags"
    folder.mkdir()
    (folder / "etl.py").write_text("import airflow\n")
    return folder


def _airflow(synthesis: Synthesis) -> Json:
    return synthesis.properties(ENVIRONMENT, "AWS::MWAA::Environment")


def _with(**entry: Any) -> Synthesis:
    return synthesise(one_environment(**{key: str(path) for key, path in entry.items()}))


def test_dags_go_into_the_folder_where_airflow_looks(dags: Path) -> None:
    synthesis = _with(Dags=dags, DagsS3Path="airflow/dags/")
    sync = synthesis.properties(ENVIRONMENT, SYNC)

    assert sync["Folder"] == "airflow/dags"
    assert sync["Environment"] == "env1"
    assert sync["Manifest"] == "mwaa-platform/airflow/dags.json"
    assert sync["Archive"] in {
        each["Properties"]["DestinationKey"]
        for each in synthesis.resources(ENVIRONMENT, "Custom::FileCopy").values()
    }


def test_a_clash_of_dags_is_known_before_the_environment_takes_its_half_hour(dags: Path) -> None:
    synthesis = _with(Dags=dags)
    resources = synthesis.templates[ENVIRONMENT]["Resources"]
    (airflow,) = synthesis.resources(ENVIRONMENT, "AWS::MWAA::Environment").values()
    (sync,) = synthesis.resources(ENVIRONMENT, SYNC).values()

    assert SYNC in {resources[name]["Type"] for name in airflow["DependsOn"]}
    assert "Custom::FileCopy" in {resources[name]["Type"] for name in sync["DependsOn"]}
    # What it does is allowed before, and until after, it does it.
    assert [name for name in sync["DependsOn"] if name.startswith("DagSyncPermissions")]


def test_a_folder_that_is_left_can_be_left(dags: Path) -> None:
    """The old resource is taken away last of all, and still may do what that takes."""

    def policy(synthesis: Synthesis) -> str:
        policies = synthesis.resources(ENVIRONMENT, "AWS::IAM::Policy")
        return next(name for name in policies if name.startswith("DagSyncPermissions"))

    bucket = "arn:aws:s3:::example-bucket"
    key = "arn:aws:kms:us-east-1:111122223333:key/11112222-3333-4444-5555-666677778888"
    ids = [
        policy(_with(Dags=dags)),
        policy(_with(Dags=dags, DagsS3Path="other")),
        policy(_with(Dags=dags, SourceBucketArn=bucket, KmsKeyArn=key)),
    ]
    assert len({*ids}) == 3
    assert policy(_with(Dags=dags)) == ids[0]


def test_a_changed_dag_changes_the_sync_and_not_the_environment(dags: Path) -> None:
    before = _with(Dags=dags)
    (dags / "etl.py").write_text("import airflow  # changed\n")
    after = _with(Dags=dags)

    assert before.properties(ENVIRONMENT, SYNC) != after.properties(ENVIRONMENT, SYNC)
    assert _airflow(before) == _airflow(after)


def test_only_the_preflight_goes_with_the_stack(dags: Path) -> None:
    lineage = {"Provider": "Marquez", "Url": "https://marquez.example.com", "Preflight": True}
    entry = one_environment(Dags=str(dags), Lineage=lineage)
    generated = synthesise(entry).properties(ENVIRONMENT, SYNC)["Generated"]

    assert "mwaa_platform_lineage_preflight.py" in generated
    assert "etl.py" not in generated
    assert _with(Dags=dags).properties(ENVIRONMENT, SYNC)["Generated"] == []


def test_without_dags_nothing_of_the_folder_is_kept() -> None:
    assert not synthesise(one_environment()).resources(ENVIRONMENT, SYNC)


def test_the_function_reaches_the_dags_and_its_own_files_alone(dags: Path) -> None:
    synthesis = _with(Dags=dags)
    (policy,) = (
        each
        for name, each in synthesis.resources(ENVIRONMENT, "AWS::IAM::Policy").items()
        if name.startswith("DagSync")
    )
    allowed = {
        action: {rendered(arn) for arn in as_list(statement["Resource"])}
        for statement in statements(policy)
        for action in as_list(statement["Action"])
    }

    assert set(allowed) == {
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    }
    (deleted,) = allowed["s3:DeleteObject"]
    assert deleted.endswith(".Arn>/dags/*")
    (listed,) = (
        each["Condition"] for each in statements(policy) if each["Action"] == "s3:ListBucket"
    )
    assert listed == {"StringEquals": {"s3:prefix": ["dags/", "mwaa-platform/dags.json"]}}


def test_a_changed_startup_script_changes_the_environment(tmp_path: Path) -> None:
    (script := tmp_path / "startup.sh").write_text("export A=1\n")
    before = _airflow(_with(StartupScript=script))
    script.write_text("export A=2\n")
    after = _airflow(_with(StartupScript=script))
    none = _airflow(synthesise(one_environment()))

    paths = [each["StartupScriptS3Path"] for each in (before, after, none)]
    assert len(set(paths)) == 3


def test_what_a_team_ships_stands_in_no_template(tmp_path: Path, dags: Path) -> None:
    canary = "canary-3f9d1c77"
    (dags / "etl.py").write_text(f'KEY = "{canary}"\n')
    (script := tmp_path / "startup.sh").write_text(f"export KEY={canary}\n")

    templates = json.dumps(_with(Dags=dags, StartupScript=script).templates)

    assert canary not in templates
