"""Events of the preflight's own runs, which the transports drop."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from local.layout import ROOT
from tests.loopback import serving
from tests.unit.airflow_files.lineage.clients import installed_client
from tests.unit.airflow_files.lineage.servers import Catalogue, SecretsManager
from tests.waits import DEADLINE_SECONDS

PREFLIGHT = "mwaa_platform_lineage_preflight"
JOBS = (PREFLIGHT, f"{PREFLIGHT}.check", f"{PREFLIGHT}_of_a_team", "gold")
TOLD = [f"{PREFLIGHT}_of_a_team", "gold"]

# The older providers make events of the first kind, the newer ones of the second.
PROGRAM = """
import sys
from importlib import import_module
from openlineage.client import OpenLineageClient
client = getattr(OpenLineageClient, "from_environment", OpenLineageClient)()
for module in ("run", "event_v2"):
    try:
        made = import_module(f"openlineage.client.{module}")
    except ImportError:
        continue
    state = import_module("openlineage.client.run").RunState if module == "run" else made.RunState
    for job in sys.argv[1:]:
        client.emit(
            made.RunEvent(
                eventType=state.COMPLETE, eventTime="2024-01-01T00:00:00Z",
                run=made.Run(runId="0193a2f0-7c1e-7b4e-9d8e-000000000000"),
                job=made.Job("gold", job), producer="https://example.com",
            )
        )
"""

AUTH = {"type": "mwaa_platform_token.SecretsManagerTokenProvider", "secret": "atlan"}


@pytest.mark.parametrize(
    "version",
    [
        "2.10.3",
        *(
            pytest.param(each, marks=pytest.mark.all_versions)
            for each in ("2.6.3", "2.7.2", "2.8.1", "2.9.2", "2.10.1")
        ),
    ],
)
@pytest.mark.parametrize("kind", ["QuietTransport", "TokenTransport"])
def test_they_are_sent_to_nobody(version: str, kind: str, tmp_path: Path) -> None:
    client = installed_client(version, None, tmp_path)
    with serving(Catalogue()) as catalogue, serving(SecretsManager("a-token")) as secrets:
        auth = AUTH if kind == "QuietTransport" else {"secret": "atlan"}
        transport = {"type": f"mwaa_platform_transport.{kind}", "url": catalogue.url, "auth": auth}
        settings = tmp_path / "settings.json"
        settings.write_text(json.dumps({"transport": transport}))
        result = subprocess.run(
            [client.python, "-c", PROGRAM, *JOBS],
            env={
                "PATH": os.defpath,
                "PYTHONPATH": str(ROOT / "airflow_files" / "lineage"),
                "TMPDIR": str(tmp_path),
                "OPENLINEAGE_CONFIG": str(settings),
                **secrets.environment,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_SECONDS,
        )
        assert result.returncode == 0, result.stderr
        told = [each.job for each in catalogue.events]
        assert told
        assert told == TOLD * (len(told) // len(TOLD))
