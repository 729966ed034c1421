"""Run of a check DAG through MWAA's InvokeRestApi, and what its task hands back.

https://docs.aws.amazon.com/mwaa/latest/userguide/access-mwaa-apache-airflow-rest-api.html
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from cli.airflow_api import DENIED, AirflowApi, AirflowApiError
from errors import PlatformError
from mwaa.versions import major_version

if TYPE_CHECKING:
    from types_boto3_mwaa import MWAAClient

TIMEOUT_SECONDS = 300.0
"""Long enough for a worker to be started first."""
POLL_SECONDS = 2.0
ENDED = {"success", "failed"}
FIRST_WITH_LOGICAL_DATE = 3
"""Major version of Airflow whose API requires a run's logical date, which may be null."""


@dataclass(frozen=True, kw_only=True)
class CheckDag:
    """A DAG with one task, which hands its result back as an XCom entry.

    `missing_place` and `missing_remedy` are those of the error where the environment lacks it.
    """

    id: str
    task: str
    result: str
    missing_place: str
    missing_remedy: str


def run_check_dag(
    mwaa: MWAAClient, environment: str, dag: CheckDag, *, version: str, conf: Mapping[str, Any]
) -> Any:
    """Runs the DAG, waits for its end and returns its result; `version` is that of Airflow.

    Raises PlatformError, or boto3's errors.
    """
    airflow, missing = AirflowApi(mwaa, environment), _no_dag_error(environment, dag)
    if _request(airflow, dag, "GET", "", missing=missing).get("is_paused"):
        raise PlatformError(
            f"The DAG {dag.id} is paused.",
            place=f"Airflow of {environment}",
            remedy="Turn it on there, and run this again.",
        )
    body: dict[str, Any] = {"conf": dict(conf)}
    if major_version(version) >= FIRST_WITH_LOGICAL_DATE:
        body["logical_date"] = None
    path = f"/dagRuns/{_request(airflow, dag, 'POST', '/dagRuns', body)['dag_run_id']}"
    _wait(airflow, dag, path)
    entry = f"{path}/taskInstances/{dag.task}/xcomEntries/{dag.result}"
    lost = no_result_error(environment, dag)
    return _request(airflow, dag, "GET", entry, missing=lost)["value"]


def no_result_error(environment: str, dag: CheckDag) -> PlatformError:
    """Error of a run that ended without a result, or with one that is none."""
    return PlatformError(
        f"The DAG {dag.id} ended without a word on what it found.",
        place=f"Airflow of {environment}",
        remedy="Look at the log of its task there.",
    )


def _request(
    airflow: AirflowApi,
    dag: CheckDag,
    method: Literal["GET", "POST"],
    path: str,
    body: Any = None,
    *,
    missing: PlatformError | None = None,
) -> dict[str, Any]:
    """Returns the response. Raises `missing` for a status of 404, or another PlatformError."""
    try:
        return airflow.request(method, f"/dags/{dag.id}{path}", body=body)
    except AirflowApiError as error:
        if error.status == HTTPStatus.NOT_FOUND and missing:
            raise missing from None
        is_denied = error.status in DENIED
        raise PlatformError(
            "Your role in Airflow may not run DAGs."
            if is_denied
            else f"Airflow refused to run {dag.id} ({error.status}).",
            place=error.place,
            remedy="Let your AWS role have airflow:InvokeRestApi with the Airflow role Op or User."
            if is_denied
            else error.remedy,
        ) from None


def _wait(airflow: AirflowApi, dag: CheckDag, path: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while (run := _request(airflow, dag, "GET", path))["state"] not in ENDED:
        if time.monotonic() > deadline:
            raise PlatformError(
                f"The DAG {dag.id} is still {run['state']} after {TIMEOUT_SECONDS:.0f} s.",
                place=f"Airflow of {airflow.environment}",
                remedy="See there whether the scheduler runs and workers are free; its log will "
                "have the report.",
            )
        time.sleep(POLL_SECONDS)


def _no_dag_error(environment: str, dag: CheckDag) -> PlatformError:
    return PlatformError(
        f"Airflow of {environment} has no DAG {dag.id}.",
        place=dag.missing_place,
        remedy=dag.missing_remedy,
    )
