"""The DAG that checks from inside Airflow whether lineage can arrive.

Run it by hand: its task's log is the report, and the task fails where a check does. Or let
`./mwaa-platform lineage check` run it and show what it found. It runs on Airflow 2.5 to 3.3.

It sends nothing that a catalogue keeps, unless its parameter `marker` is true. `catalogue` names
the one to check; without it all are. Its own run is left out of lineage.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

try:
    from airflow.sdk import DAG, BaseOperator
except ImportError:  # Airflow 2
    from airflow.models import DAG
    from airflow.models.baseoperator import BaseOperator

from airflow.exceptions import AirflowException

# Airflow 3.0 does not put the DAG folder on the path for every command.
if (folder := str(Path(__file__).parent)) not in sys.path:
    sys.path.append(folder)

from mwaa_platform_preflight.findings import lines
from mwaa_platform_preflight.run import check_from_airflow

FINDINGS = "findings"


class LineagePreflight(BaseOperator):  # type: ignore[misc]
    """Makes every check, says what they found in the log, and gives it to the command as JSON."""

    def execute(self, context: Any) -> None:
        """Fails where a check does."""
        asked = {**context["params"], **(context["dag_run"].conf or {})}
        found = list(
            check_from_airflow(catalogue=asked["catalogue"] or None, marker=asked["marker"] is True)
        )
        for line in lines(found):
            self.log.info("%s", line)
        context["ti"].xcom_push(FINDINGS, json.dumps([each._asdict() for each in found]))
        wrong = [each for each in found if each.wrong]
        if wrong:
            # Where an environment logs errors alone, this is all that is seen.
            raise AirflowException(
                f"{len(wrong)} of {len(found)} checks failed:\n" + "\n".join(lines(wrong))
            )


with DAG(
    "mwaa_platform_lineage_preflight",
    description="Whether lineage can arrive",
    schedule=None,
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),  # noqa: UP017 - Python 3.10
    catchup=False,
    is_paused_upon_creation=False,
    default_args={"owner": "mwaa-platform", "retries": 0},
    params={"catalogue": "", "marker": False},
    tags=["mwaa-platform"],
    doc_md=__doc__,
):
    LineagePreflight(task_id="check")
