"""The lineage endpoint as a program: how it is started, when it is ready."""

from __future__ import annotations

import sys

from local.layout import ROOT, Layout
from local.processes import Program, inherited_variables
from local.readiness import probe
from local.tls import Certificates


def program(layout: Layout, certificates: Certificates) -> Program:
    """The endpoint; events are also kept in `lineage.jsonl` of the state folder, without tokens."""
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
    """Whether the endpoint takes requests."""
    return probe(f"{layout.lineage}/events", certificates.ca) is not None
