"""Sums the orders up in Snowflake and forecasts the next days' with pandas."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from airflow.decorators import dag, task
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook
from smoothing import smoothed


@task
def forecast() -> int:
    """Writes a forecast for each day; returns their number."""
    # What is read at import is read every few seconds: so the connection is asked for here.
    engine = SnowflakeHook(snowflake_conn_id="snowflake").get_sqlalchemy_engine()
    expected = smoothed(pd.read_sql("select day, amount from orders_by_day", engine))
    expected.to_sql("expected_orders", engine, if_exists="replace", index=False)
    return len(expected)


@dag(
    schedule="@daily",
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    template_searchpath=[str(Path(__file__).parent / "sql")],
)
def forecasts() -> None:
    """A statement in Snowflake, then a task that has its result in memory."""
    by_day = SQLExecuteQueryOperator(task_id="by_day", conn_id="snowflake", sql="by_day.sql")
    by_day >> forecast()


forecasts()
