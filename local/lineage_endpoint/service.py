"""The program of the lineage endpoint: command line and readiness."""

from __future__ import annotations

import sys

from local.layout import ROOT, Layout
from local.processes import Program, inherited_variables
from local.readiness import probe
from local.tls import Certificates


def program(layout: Layout, certificates: Certificates) -> Program:
    """The endpoint; it also writes the events to `lineage.jsonl` in the state folder."""
    argv = [
        *(sys.executable, "-m", "local.lineage_endpoint"),
        *("--port", str(layout.ports["lineage"])),
        *("--certificate", str(certificates.certificate)),
        *("--key", str(certificates.key)),
        *("--events", str(layout.state / "lineage.jsonl")),
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
