"""The load balancer as a program: how it is started, when it is ready."""

from __future__ import annotations

import sys

from local.alb.front import PUBLIC_KEYS
from local.alb.settings import Settings
from local.cloud import Cloud
from local.layout import ROOT, Layout
from local.processes import Program
from local.readiness import ask
from local.tls import Certificates


def program(
    layout: Layout, certificates: Certificates, cloud: Cloud, *, load_balancer_arn: str
) -> Program:
    """The front of the deployed load balancer."""
    path = layout.state / "alb.json"
    Settings(
        load_balancer_arn=load_balancer_arn,
        port=layout.ports["alb"],
        endpoint=cloud.endpoint,
        certificate=str(certificates.certificate),
        key=str(certificates.key),
        ca=str(certificates.ca),
    ).write(path)
    return Program(
        name="load balancer",
        argv=[sys.executable, "-m", "local.alb", "--settings", str(path)],
        env={**cloud.environment, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        log=layout.log("load-balancer"),
    )


def ready(layout: Layout, certificates: Certificates) -> bool:
    """Whether the load balancer takes requests."""
    return ask(f"{layout.alb}{PUBLIC_KEYS}", certificates.ca) is not None
