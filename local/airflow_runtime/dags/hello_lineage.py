# mypy: disable-error-code="untyped-decorator"
"""A DAG to try: two tasks, the second of which uses what the first gives."""

from __future__ import annotations

from datetime import UTC, datetime

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=False,
    tags=["sample"],
    doc_md=__doc__,
)
def hello_lineage() -> None:
    @task.bash
    def write() -> str:
        return "date --iso-8601=seconds"

    @task
    def read(written: str) -> int:
        return len(written)

    read(write())


hello_lineage()
