"""Addresses of runs in Airflow's own pages."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from local.lineage_endpoint.facts import AirflowRun

AIRFLOW_2 = 2


@dataclass(frozen=True, kw_only=True)
class WebServer:
    """An Airflow's web server: its URL without a path, and its major version."""

    url: str
    major: int


def address(web_server: WebServer, run: AirflowRun) -> str:
    """The page of a DAG's run, or of a task in it."""
    dag = f"{web_server.url}/dags/{quote(run.dag, safe='')}"
    if web_server.major <= AIRFLOW_2:
        task = {"task_id": run.task} if run.task else {}
        return f"{dag}/grid?{urlencode({'dag_run_id': run.run, **task})}"
    task_path = f"/tasks/{quote(run.task, safe='')}" if run.task else ""
    return f"{dag}/runs/{quote(run.run, safe='')}{task_path}"
