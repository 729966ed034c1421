"""Run of the preflight DAG through MWAA's InvokeRestApi, and its findings."""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from cli.airflow_api import DENIED, AirflowApi, AirflowApiError
from errors import PlatformError
from mwaa.versions import major_version
from mwaa_platform_preflight.findings import Finding

if TYPE_CHECKING:
    from types_boto3_mwaa import MWAAClient

PREFLIGHT = "mwaa_platform_lineage_preflight"
TASK, FINDINGS = "check", "findings"
TIMEOUT_SECONDS = 300.0
"""Long enough for a worker to be started first."""
POLL_SECONDS = 2.0
ENDED = {"success", "failed"}
FIRST_WITH_LOGICAL_DATE = 3
"""Major version of Airflow whose API requires a run's logical date, which may be null."""


def run_preflight(
    mwaa: MWAAClient, environment: str, *, version: str, catalogue: str | None, marker: bool
) -> list[Finding]:
    """Runs the DAG and waits for its findings. `version` is that of the environment's Airflow.

    Raises PlatformError, or boto3's errors.
    """
    airflow = AirflowApi(mwaa, environment)
    missing = _no_dag_error(environment)
    dag = _request(airflow, "GET", f"/dags/{PREFLIGHT}", missing=missing)
    if dag.get("is_paused"):
        raise PlatformError(
            f"The DAG {PREFLIGHT} is paused.",
            place=f"Airflow of {environment}",
            remedy="Turn it on there, and run this again.",
        )
    body: dict[str, Any] = {"conf": {"catalogue": catalogue or "", "marker": marker}}
    if major_version(version) >= FIRST_WITH_LOGICAL_DATE:
        body["logical_date"] = None
    run = _request(airflow, "POST", f"/dags/{PREFLIGHT}/dagRuns", body)["dag_run_id"]
    path = f"/dags/{PREFLIGHT}/dagRuns/{run}"
    _wait(airflow, path)
    return _findings(airflow, f"{path}/taskInstances/{TASK}/xcomEntries/{FINDINGS}")


def _findings(airflow: AirflowApi, path: str) -> list[Finding]:
    """Reads the findings from the task's XCom."""
    lost = PlatformError(
        f"The DAG {PREFLIGHT} ended without a word on what it found.",
        place=f"Airflow of {airflow.environment}",
        remedy="Look at the log of its task there.",
    )
    value = _request(airflow, "GET", path, missing=lost)["value"]
    try:
        return [Finding(**each) for each in json.loads(value)]
    except (ValueError, TypeError):
        raise lost from None


def _request(
    airflow: AirflowApi,
    method: Literal["GET", "POST"],
    path: str,
    body: Any = None,
    *,
    missing: PlatformError | None = None,
) -> dict[str, Any]:
    """Returns the response. Raises `missing` for a status of 404, or another PlatformError."""
    try:
        return airflow.request(method, path, body=body)
    except AirflowApiError as error:
        if error.status == HTTPStatus.NOT_FOUND and missing:
            raise missing from None
        is_denied = error.status in DENIED
        raise PlatformError(
            "Your role in Airflow may not run DAGs."
            if is_denied
            else f"Airflow refused to run {PREFLIGHT} ({error.status}).",
            place=error.place,
            remedy="Let your AWS role have airflow:InvokeRestApi with the Airflow role Op or User."
            if is_denied
            else error.remedy,
        ) from None


def _wait(airflow: AirflowApi, path: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while (run := _request(airflow, "GET", path))["state"] not in ENDED:
        if time.monotonic() > deadline:
            raise PlatformError(
                f"The DAG {PREFLIGHT} is still {run['state']} after {TIMEOUT_SECONDS:.0f} s.",
                place=f"Airflow of {airflow.environment}",
                remedy="See there whether the scheduler runs and workers are free; its log will "
                "have the report.",
            )
        time.sleep(POLL_SECONDS)


def _no_dag_error(environment: str) -> PlatformError:
    return PlatformError(
        f"Airflow of {environment} has no DAG {PREFLIGHT}.",
        place="Lineage.Preflight is true in the configuration",
        remedy="Deploy it (npx cdk deploy), and give Airflow five minutes to find the file. For an "
        "environment that exists, copy dags/ of `lineage build` into its DAG folder.",
    )
