"""What an environment's own Airflow says of its secrets, without their values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cli.airflow_run import CheckDag, no_result_error, run_check_dag
from cli.deployed import DeployedPlatform
from cli.secrets.commands import CheckSecrets
from cli.secrets.secrets_environment import Secret, SecretsEnvironment
from local.layout import ROOT
from local.running_airflow import run_as_airflow

DAG_FILE = ROOT / "airflow_files" / "secrets_check" / "mwaa_platform_secrets_preflight.py"

DAG = CheckDag(
    id=DAG_FILE.stem,
    task="check",
    result="return_value",
    missing_place="the environment's DAG folder",
    missing_remedy="Copy the file there, and give Airflow five minutes to find it:",
)


class Answer(NamedTuple):
    """How the reading of one secret went; `note` is a type, the class of an error or a code."""

    result: str
    note: str


def ask_airflow(
    platform: DeployedPlatform,
    environment: SecretsEnvironment,
    secrets: Sequence[Secret],
    options: CheckSecrets,
) -> list[Answer]:
    """Returns an answer for each secret; raises PlatformError, or boto3's errors.

    On this machine a program runs beside Airflow, with its settings and role; in AWS a DAG does,
    which hands its answers back through Airflow's API.
    """
    asked = [{"kind": each.kind.value, "name": each.name} for each in secrets]
    name = environment.entry.name
    if options.local:
        text = run_as_airflow(options.state, name, DAG_FILE, given=json.dumps(asked))
    else:
        text = run_check_dag(
            platform.session.client("mwaa"),
            name,
            DAG,
            version=str(environment.entry.airflow_version),
            conf={"asked": asked},
        )
    return _answers(text, asked, environment)


def _answers(
    text: str, asked: Sequence[Mapping[str, str]], environment: SecretsEnvironment
) -> list[Answer]:
    try:
        found: list[Mapping[str, Any]] = json.loads(text)
        by_secret = {(each["kind"], each["name"]): each for each in found}
        answered = [by_secret[each["kind"], each["name"]] for each in asked]
        return [Answer(str(each["result"]), str(each["note"])) for each in answered]
    except (ValueError, TypeError, KeyError):
        raise no_result_error(environment.entry.name, DAG) from None
