"""Adds yesterday's orders to the report, each night."""

from __future__ import annotations

from pathlib import Path

import pendulum
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import dag


@dag(
    schedule="@daily",
    start_date=pendulum.datetime(2025, 1, 1),
    catchup=False,
    template_searchpath=[str(Path(__file__).parent / "sql")],
)
def nightly() -> None:
    """One statement, whose tables lineage shows."""
    SQLExecuteQueryOperator(task_id="report", conn_id="warehouse", sql="report.sql")


nightly()
