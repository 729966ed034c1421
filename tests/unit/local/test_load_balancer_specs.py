"""Addresses of a run's load balancers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from config.loader import parse_configuration
from local.layout import ROOT, Layout
from local.load_balancer_specs import LoadBalancerSpec, load_balancer_specs
from local.local_configuration import local_configuration

PORTS = {"aws": 1, "alb": 2, "idp": 3, "lineage": 4, "quick start": 5, "gate": 6}
LAYOUT = Layout(state=Path("state"), ports=PORTS)
QUICK_START = json.loads((ROOT / "samples" / "quick-start.json").read_text())
PORTAL = {
    "Alb": {**QUICK_START["Alb"], "DomainName": "airflow.example.com"},
    "MwaaEnvironments": [
        {"Name": "Legacy_ETL", "UiHost": "etl.airflow.example.com"},
        {"Name": "finance"},
    ],
}


def found(raw: dict[str, Any]) -> tuple[LoadBalancerSpec, ...]:
    local = local_configuration(raw, layout=LAYOUT, folder=ROOT)
    return load_balancer_specs(parse_configuration(local, source=ROOT / "file"), LAYOUT)


def test_quick_start_alone_takes_the_usual_port() -> None:
    [only] = found(QUICK_START)
    assert (only.stack, only.origins) == ("QuickStart", ("https://ui-reporting.localhost:2",))
    assert only.ui_urls == {"reporting": "https://ui-reporting.localhost:2/"}


def test_the_portal_and_quick_start_have_ports_of_their_own() -> None:
    portal, quick_start = found({**QUICK_START, **PORTAL})
    assert portal.origins == ("https://localhost:2", "https://ui-legacy-etl.localhost:2")
    assert portal.ui_urls == {"Legacy_ETL": "https://ui-legacy-etl.localhost:2/"}
    assert quick_start.origins == ("https://ui-reporting.localhost:5",)


def test_hosts_of_the_portal_are_those_that_are_deployed() -> None:
    local = local_configuration({**QUICK_START, **PORTAL}, layout=LAYOUT, folder=ROOT)
    configuration = parse_configuration(local, source=ROOT / "file")
    deployed = {each.ui_host for each in configuration.environments if each.ui_host}
    portal, _ = load_balancer_specs(configuration, LAYOUT)
    assert {*portal.hosts} == {configuration.alb.domain_name, *deployed}


SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:own-AbCdEf"
OWN_CLIENT = {"ClientId": "own", "ClientSecretArn": SECRET}


def test_the_gate_serves_the_hosts_of_environments_at_a_port_of_its_own() -> None:
    portal, gate, quick_start = found(
        {
            **PORTAL,
            "QuickStart": {**QUICK_START["QuickStart"], **OWN_CLIENT},
            "UiGate": OWN_CLIENT,
        }
    )
    assert (portal.origins, portal.ui_urls) == (("https://localhost:2",), {})
    assert gate.stack == "Gate"
    assert gate.ui_urls == {"Legacy_ETL": "https://ui-legacy-etl.localhost:6/"}
    assert quick_start.origins == ("https://ui-reporting.localhost:5",)
    assert len({portal.client_id, gate.client_id, quick_start.client_id}) == 3


def test_without_a_client_of_its_own_quick_start_has_the_portals() -> None:
    portal, quick_start = found({**QUICK_START, **PORTAL})
    assert portal.client_id == quick_start.client_id
