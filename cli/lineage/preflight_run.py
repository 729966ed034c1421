"""Run of the preflight DAG inside Airflow, and its findings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cli.airflow_run import CheckDag, no_result_error, run_check_dag
from cli.deploy_command import DEPLOY
from mwaa_platform_preflight.findings import Finding

if TYPE_CHECKING:
    from types_boto3_mwaa import MWAAClient

PREFLIGHT = "mwaa_platform_lineage_preflight"
DAG = CheckDag(
    id=PREFLIGHT,
    task="check",
    result="findings",
    missing_place="Lineage.Preflight is true in the configuration",
    missing_remedy=f"Deploy it ({DEPLOY}), and give Airflow five minutes to find the file. "
    "For an environment that exists, copy dags/ of `lineage build` into its DAG folder.",
)


def run_preflight(
    mwaa: MWAAClient, environment: str, *, version: str, catalogue: str | None, marker: bool
) -> list[Finding]:
    """Runs the DAG and waits for its findings. `version` is that of the environment's Airflow.

    Raises PlatformError, or boto3's errors.
    """
    conf = {"catalogue": catalogue or "", "marker": marker}
    value = run_check_dag(mwaa, environment, DAG, version=version, conf=conf)
    try:
        return [Finding(**each) for each in json.loads(value)]
    except (ValueError, TypeError):
        raise no_result_error(environment, DAG) from None
