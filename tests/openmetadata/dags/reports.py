# mypy: disable-error-code="untyped-decorator"
"""A task with lineage, which shows all that a task's author can see."""

import os
from datetime import UTC, datetime

from airflow.configuration import conf
from airflow.decorators import dag, task


@dag(dag_id="reports", schedule=None, start_date=datetime(2024, 1, 1, tzinfo=UTC))
def reports() -> None:
    @task(
        inlets={"tables": ["warehouse.shop.public.orders"]},
        outlets={"tables": ["warehouse.shop.public.sales"]},
    )
    def summarise() -> None:
        print("ENVIRONMENT", dict(os.environ))
        print("OPTIONS", conf.as_dict(display_sensitive=True))

    summarise()


reports()
