# mypy: disable-error-code="untyped-decorator"
"""A task with lineage, which prints all that a task's author can read."""

import os
from datetime import datetime, timezone

from airflow.configuration import conf
from airflow.decorators import dag, task

START = datetime(2024, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - Python 3.10 runs it too


@dag(dag_id="reports", schedule=None, start_date=START)
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
