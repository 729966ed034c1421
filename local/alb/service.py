"""The program of the load balancers: command line and readiness."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from local.alb.front import PUBLIC_KEYS
from local.alb.listener_settings import Listener, ListenerSettings
from local.aws_stand_in import AwsStandIn
from local.layout import ROOT, Layout
from local.processes import Program
from local.readiness import probe
from local.tls import Certificates


def program(
    layout: Layout,
    certificates: Certificates,
    stand_in: AwsStandIn,
    *,
    listeners: Sequence[Listener],
) -> Program:
    """The program that serves the deployed load balancers."""
    path = layout.state / "alb.json"
    ListenerSettings(
        listeners=listeners,
        endpoint=stand_in.endpoint,
        certificate=str(certificates.certificate),
        key=str(certificates.key),
        ca=str(certificates.ca),
    ).write(path)
    return Program(
        name="load balancer",
        argv=[sys.executable, "-m", "local.alb", "--settings", str(path)],
        env={**stand_in.process_environment, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        log=layout.log("load-balancer"),
    )


def ready(listeners: Sequence[Listener], certificates: Certificates) -> bool:
    """Whether every load balancer accepts requests."""
    return all(
        probe(f"https://localhost:{each.port}{PUBLIC_KEYS}", certificates.ca) is not None
        for each in listeners
    )
