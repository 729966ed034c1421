"""The platform without its gate: the hosts of environments, at the portal's load balancer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from local.alb import service as load_balancers
from local.alb.listener_settings import ListenerSettings
from local.deployment import Deployment
from local.layout import Layout, ui_host
from local.ports import kept
from local.processes import Processes
from local.tls import Certificates
from tests.conftest import Platform
from tests.waits import DEADLINE_SECONDS

NAME = "load balancer"


def take_gate_away(platform: Platform, environment: str) -> str:
    """Deploy without the gate; where the portal's load balancer serves the environment then.

    The load balancers start anew, with other keys: nobody's session outlasts it.
    """
    processes, layout = platform.processes, Layout(state=platform.state, ports={})
    deployment = Deployment(
        folder=platform.state / "cdk",
        stand_in=platform.cloud,
        processes=processes,
        log=layout.log("cdk"),
    )
    configuration = json.loads((deployment.folder / "cdk.context.json").read_text())
    del configuration["UiGate"]
    deployment.write(configuration)
    deployment.deploy()
    settings = ListenerSettings.read(platform.state / "alb.json")
    host, gate = ui_host(environment), platform.outputs("Gate")["LoadBalancerArn"]
    portal = platform.outputs("Sso")["LoadBalancerArn"]
    listeners = [
        replace(each, hosts=[*each.hosts, host]) if each.load_balancer_arn == portal else each
        for each in settings.listeners
        if each.load_balancer_arn != gate
    ]
    files = {name: Path(getattr(settings, name)) for name in ("ca", "certificate", "key")}
    certificates = Certificates(**files)
    with kept(each.port for each in settings.listeners):
        _end_load_balancers(processes)
        program = load_balancers.program(layout, certificates, platform.cloud, listeners=listeners)
        processes.start(program)
        processes.wait_until(
            lambda: load_balancers.ready(listeners, certificates),
            program.name,
            seconds=DEADLINE_SECONDS,
        )
    return f"https://{host}:{urlsplit(platform.portal).port}/"


def _end_load_balancers(processes: Processes) -> None:
    ended = [each for each in processes.running() if each.name == NAME]
    for each in ended:
        if process := each.process():
            process.terminate()
            process.wait()
    processes.started = [each for each in processes.started if each not in ended]
