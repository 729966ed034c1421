"""Run of the preflight DAG through MWAA's InvokeRestApi, and its findings."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

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
    airflow = _AirflowApi(mwaa, environment)
    dag = airflow.request("GET", f"/dags/{PREFLIGHT}", missing=_no_dag_error(environment))
    if dag.get("is_paused"):
        raise PlatformError(
            f"The DAG {PREFLIGHT} is paused.",
            place=f"Airflow of {environment}",
            remedy="Turn it on there, and run this again.",
        )
    body: dict[str, Any] = {"conf": {"catalogue": catalogue or "", "marker": marker}}
    if major_version(version) >= FIRST_WITH_LOGICAL_DATE:
        body["logical_date"] = None
    run = airflow.request("POST", f"/dags/{PREFLIGHT}/dagRuns", body)["dag_run_id"]
    path = f"/dags/{PREFLIGHT}/dagRuns/{run}"
    _wait(airflow, path, environment)
    return airflow.findings(f"{path}/taskInstances/{TASK}/xcomEntries/{FINDINGS}")


class _AirflowApi:
    """Client of the REST API of an environment's Airflow."""

    def __init__(self, mwaa: MWAAClient, environment: str) -> None:
        self._mwaa = mwaa
        self._environment = environment

    def request(
        self,
        method: Literal["GET", "POST"],
        path: str,
        body: Any = None,
        *,
        missing: PlatformError | None = None,
    ) -> dict[str, Any]:
        """Returns the response. Raises `missing` for a status of 404, or another PlatformError."""
        given = {} if body is None else {"Body": body}
        try:
            response = self._mwaa.invoke_rest_api(
                Name=self._environment, Method=method, Path=path, **given
            )
        except ClientError as error:
            failure: Mapping[str, Any] = error.response
            status = failure.get("RestApiStatusCode")
            if status is None:
                raise
            if status == HTTPStatus.NOT_FOUND and missing:
                raise missing from None
            raise self._status_error(status, failure.get("RestApiResponse")) from None
        found: dict[str, Any] = response["RestApiResponse"]
        return found

    def findings(self, path: str) -> list[Finding]:
        """Returns the findings from the task's XCom."""
        lost = PlatformError(
            f"The DAG {PREFLIGHT} ended without a word on what it found.",
            place=f"Airflow of {self._environment}",
            remedy="Look at the log of its task there.",
        )
        value = self.request("GET", path, missing=lost)["value"]
        try:
            return [Finding(**each) for each in json.loads(value)]
        except (ValueError, TypeError):
            raise lost from None

    def _status_error(self, status: int, body: Any) -> PlatformError:
        reason = body.get("detail") or body.get("title") if isinstance(body, dict) else None
        is_denied = status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        return PlatformError(
            "Your role in Airflow may not run DAGs."
            if is_denied
            else f"Airflow refused to run {PREFLIGHT} ({status}).",
            place=f"Airflow of {self._environment}" + (f": {reason}" if reason else ""),
            remedy="Let your AWS role have airflow:InvokeRestApi with the Airflow role Op or User."
            if is_denied
            else "Look at it in Airflow, and run this again.",
        )


def _wait(airflow: _AirflowApi, path: str, environment: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while (run := airflow.request("GET", path))["state"] not in ENDED:
        if time.monotonic() > deadline:
            raise PlatformError(
                f"The DAG {PREFLIGHT} is still {run['state']} after {TIMEOUT_SECONDS:.0f} s.",
                place=f"Airflow of {environment}",
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
