# mypy: disable-error-code="untyped-decorator"
"""DAGs of each kind that lineage must report, for every Airflow from 2.5 on.

All but the last are scheduled once.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow import __version__ as AIRFLOW_VERSION  # noqa: N812
from airflow.configuration import conf
from packaging.version import Version

try:
    from airflow.sdk import dag, get_current_context, task
except ImportError:
    from airflow.decorators import dag, task
    from airflow.operators.python import get_current_context

from airflow.providers.common.sql.hooks.sql import DbApiHook
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

START = datetime(2024, 1, 1, tzinfo=UTC)
ONCE: dict[str, Any] = {"schedule": "@once", "start_date": START, "catchup": False}
AUTHORITY = "warehouse.example.com"
TABLES = """
create table if not exists orders (day text, amount integer);
create table if not exists totals (day text, amount integer);
create view if not exists columns as
  select 'main' table_schema, t.name table_name, c.name column_name, c.cid ordinal_position,
    c.type udt_name
  from sqlite_master t join pragma_table_info(t.name) c;
"""
QUERY = "insert into totals select day, sum(amount) as amount from orders group by day"


@dag(dag_id="succeeds", **ONCE)
def succeeds() -> None:
    """Its task shows all that a task's author can see."""

    @task
    def look() -> None:
        print("ENVIRONMENT", dict(os.environ))
        # Not all of them: Airflow 3 refuses a task the database's.
        print("OPTIONS", conf.getsection("openlineage"), conf.getsection("mwaa_platform"))

    look()


@dag(dag_id="fails", **ONCE)
def fails() -> None:
    @task(retries=0)
    def stumble() -> None:
        raise ValueError("meant to fail")

    stumble()


@dag(dag_id="retries", **ONCE)
def retries() -> None:
    @task(retries=1, retry_delay=timedelta(seconds=1))
    def insist() -> None:
        if get_current_context()["ti"].try_number == 1:
            raise ValueError("meant to fail once")

    insist()


@dag(dag_id="maps", **ONCE)
def maps() -> None:
    @task
    def count(number: int) -> int:
        return number

    count.expand(number=[1, 2])


class WarehouseHook(DbApiHook):  # type: ignore[misc]
    """A database of which it knows what OpenLineage asks, as hooks of teams do."""

    conn_name_attr = "warehouse_conn_id"
    default_conn_name = "warehouse"
    placeholder = "?"

    def get_conn(self) -> sqlite3.Connection:
        return sqlite3.connect(os.environ["WAREHOUSE"])

    def get_uri(self) -> str:
        return f"sqlite:///{os.environ['WAREHOUSE']}"

    @classmethod
    def get_connection(cls, conn_id: str) -> Any:
        """None is needed."""
        return conn_id

    def get_openlineage_database_info(self, _: Any) -> Any:
        from airflow.providers.openlineage.sqlparser import DatabaseInfo  # noqa: PLC0415

        return DatabaseInfo(
            scheme="warehouse", authority=AUTHORITY, information_schema_table_name="main.columns"
        )

    def get_openlineage_database_dialect(self, _: Any) -> str:
        return "sqlite"

    def get_openlineage_default_schema(self) -> str:
        return "main"


class Query(SQLExecuteQueryOperator):  # type: ignore[misc]
    """Asks the warehouse. Before Airflow 2.7 an operator of a team's own tells its lineage itself,
    unless the database is one of those that `openlineage-airflow` knows."""

    def get_db_hook(self) -> WarehouseHook:
        return WarehouseHook()

    def execute(self, context: Any) -> None:  # noqa: ARG002
        with closing(sqlite3.connect(os.environ["WAREHOUSE"])) as database:
            database.executescript(TABLES)
            database.execute(self.sql)
            database.commit()


class TellingQuery(Query):
    def get_openlineage_facets_on_start(self) -> Any:
        from openlineage.airflow.extractors.base import OperatorLineage  # noqa: PLC0415
        from openlineage.client.event_v2 import Dataset  # noqa: PLC0415
        from openlineage.client.facet_v2 import schema_dataset, sql_job  # noqa: PLC0415

        fields = [
            schema_dataset.SchemaDatasetFacetFields("day", "text"),
            schema_dataset.SchemaDatasetFacetFields("amount", "integer"),
        ]
        orders, totals = (
            Dataset(
                f"warehouse://{AUTHORITY}",
                f"main.{table}",
                facets={"schema": schema_dataset.SchemaDatasetFacet(fields)},
            )
            for table in ("orders", "totals")
        )
        sql = sql_job.SQLJobFacet(query=self.sql)
        return OperatorLineage(inputs=[orders], outputs=[totals], job_facets={"sql": sql})

    def get_openlineage_facets_on_complete(self, _: Any) -> Any:
        return self.get_openlineage_facets_on_start()


@dag(dag_id="queries", **ONCE)
def queries() -> None:
    telling = Version(AIRFLOW_VERSION) < Version("2.7")
    (TellingQuery if telling else Query)(task_id="sum_up", sql=QUERY)


@dag(dag_id="works", schedule=None, start_date=START, catchup=False)
def works() -> None:
    """Runs whenever it is told to."""

    @task
    def work() -> None:
        """Do nothing."""

    work()


succeeds()
fails()
retries()
maps()
queries()
works()
