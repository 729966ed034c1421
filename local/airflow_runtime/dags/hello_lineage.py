# mypy: disable-error-code="misc"
"""A DAG to try: `write` makes a file of orders; `read` reads it and writes their totals.

Both tell OpenLineage which files and columns these are, as an operator of your own can:
https://airflow.apache.org/docs/apache-airflow-providers-openlineage/stable/guides/developer.html
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

try:
    from airflow.sdk import DAG, BaseOperator
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.models import BaseOperator

FOLDER = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser() / "sample"
ORDERS, TOTALS = FOLDER / "orders.csv", FOLDER / "totals_by_country.csv"
ORDER_COLUMNS = {"order_id": "integer", "country": "string", "amount": "decimal"}
TOTAL_COLUMNS = {"country": "string", "total": "decimal"}
MADE_FROM = {"country": "country", "total": "amount"}
"""Columns of the totals, each with the column of the orders that it is made from."""


def dataset(
    file: Path, columns: Mapping[str, str], made_from: Mapping[str, str] | None = None
) -> Any:
    """A file with its columns, as OpenLineage describes it."""
    # Not at the top, so that the DAG can be loaded where no lineage is sent.
    from openlineage.client.event_v2 import Dataset  # noqa: PLC0415
    from openlineage.client.facet_v2 import (  # noqa: PLC0415
        column_lineage_dataset,
        schema_dataset,
    )

    facets: dict[str, Any] = {
        "schema": schema_dataset.SchemaDatasetFacet(
            fields=[
                schema_dataset.SchemaDatasetFacetFields(name=name, type=kind)
                for name, kind in columns.items()
            ]
        )
    }
    if made_from:
        facets["columnLineage"] = column_lineage_dataset.ColumnLineageDatasetFacet(
            fields={
                column: column_lineage_dataset.Fields(
                    inputFields=[
                        column_lineage_dataset.InputField(
                            namespace="file", name=str(ORDERS), field=origin
                        )
                    ],
                    transformationDescription="",
                    transformationType="",
                )
                for column, origin in made_from.items()
            }
        )
    return Dataset(namespace="file", name=str(file), facets=facets)


def lineage(*, inputs: Iterable[Any] = (), outputs: Iterable[Any] = ()) -> Any:
    """What a task read and wrote."""
    from airflow.providers.openlineage.extractors import OperatorLineage  # noqa: PLC0415

    return OperatorLineage(inputs=list(inputs), outputs=list(outputs))


def write_rows(file: Path, header: Iterable[str], rows: Iterable[tuple[object, ...]]) -> None:
    """Write a CSV file; who reads it at the same time sees the former one or this one."""
    FOLDER.mkdir(exist_ok=True)
    new = file.with_suffix(f".{os.getpid()}")
    with new.open("w", newline="") as opened:
        csv.writer(opened).writerows([tuple(header), *rows])
    new.replace(file)


class WriteOrders(BaseOperator):
    """Writes the orders."""

    def execute(self, context: Any) -> None:  # noqa: ARG002
        orders = [(1, "DE", "19.90"), (2, "FR", "5.00"), (3, "DE", "7.10")]
        write_rows(ORDERS, ORDER_COLUMNS, orders)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:  # noqa: ARG002
        return lineage(outputs=[dataset(ORDERS, ORDER_COLUMNS)])


class WriteTotals(BaseOperator):
    """Reads the orders and writes the total of each country."""

    def execute(self, context: Any) -> None:  # noqa: ARG002
        totals = Counter[str]()
        with ORDERS.open(newline="") as opened:
            for order in csv.DictReader(opened):
                totals[order["country"]] += round(float(order["amount"]) * 100)
        write_rows(TOTALS, TOTAL_COLUMNS, [(each, cents / 100) for each, cents in totals.items()])

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:  # noqa: ARG002
        return lineage(
            inputs=[dataset(ORDERS, ORDER_COLUMNS)],
            outputs=[dataset(TOTALS, TOTAL_COLUMNS, MADE_FROM)],
        )


with DAG(
    "hello_lineage",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=False,
    tags=["sample"],
    doc_md=__doc__,
):
    WriteOrders(task_id="write") >> WriteTotals(task_id="read")
