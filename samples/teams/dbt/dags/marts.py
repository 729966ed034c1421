"""The models of the project in `dbt`, a task each, every night."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from cosmos import DbtDag, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import LoadMode
from cosmos.profiles import RedshiftUserPasswordProfileMapping

PROJECT = Path(__file__).parent / "dbt"
ENVIRONMENT = Path(os.environ.get("DBT_ENVIRONMENT", "/usr/local/airflow/dbt"))

marts = DbtDag(
    dag_id="marts",
    schedule="@daily",
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    # `dbt parse` writes the manifest, in the pull request that changes a model: so no DAG processor
    # has to run dbt.
    project_config=ProjectConfig(manifest_path=PROJECT / "manifest.json", project_name="marts"),
    profile_config=ProfileConfig(
        profile_name="marts",
        target_name="production",
        profile_mapping=RedshiftUserPasswordProfileMapping(
            conn_id="redshift", profile_args={"schema": "marts"}
        ),
    ),
    execution_config=ExecutionConfig(
        dbt_project_path=PROJECT, dbt_executable_path=ENVIRONMENT / "bin" / "dbt"
    ),
    render_config=RenderConfig(load_method=LoadMode.DBT_MANIFEST),
)
