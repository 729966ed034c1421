"""The program of the lineage endpoint: command line and readiness."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from packaging.version import Version

from local.airflow_specs import AirflowSpec
from local.layout import ROOT, Layout
from local.processes import Program, inherited_variables
from local.readiness import probe
from local.tls import Certificates

FOLDER = Path(__file__).parent


def program(
    layout: Layout,
    certificates: Certificates,
    *,
    specs: Iterable[AirflowSpec] = (),
) -> Program:
    """The endpoint; it also writes the events to `lineage.jsonl` in the state folder.

    The page links to the Airflows of `specs`. The packages of FOLDER draw its graph; without them
    the page has the same as a table.
    """
    web_servers = {
        spec.namespace: {
            "url": f"https://{layout.webserver(spec.name)}",
            "major": Version(spec.version).major,
        }
        for spec in specs
        if spec.sends_lineage
    }
    argv = [
        *(sys.executable, "-m", "local.lineage_endpoint"),
        *("--port", str(layout.ports["lineage"])),
        *("--certificate", str(certificates.certificate)),
        *("--key", str(certificates.key)),
        *("--events", str(layout.state / "lineage.jsonl")),
        *("--web-servers", json.dumps(web_servers)),
    ]
    return Program(
        name="lineage endpoint",
        argv=argv,
        env={**inherited_variables(), "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        log=layout.log("lineage-endpoint"),
    )


def ready(layout: Layout, certificates: Certificates) -> bool:
    """Whether the endpoint accepts requests."""
    return probe(f"{layout.lineage}/events", certificates.ca) is not None
