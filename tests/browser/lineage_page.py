"""The lineage page as `up` starts it, with events of a shop; its picture in the documents.

`python -m tests.browser.lineage_page` takes that again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from local.airflow_specs import airflow_specs
from local.layout import ROOT, Layout, preferred_ports
from local.lineage_endpoint import service
from local.ports import choose
from local.processes import Processes
from local.tls import make_certificates
from local.toolchain import install_node_packages
from tests.browser.chromium import launched, opened
from tests.unit.config.configurations import LINEAGE, SMALLEST, parse
from tests.unit.local.lineage_endpoint.events import airflow_facets, dataset, event
from tests.waits import DEADLINE_SECONDS

PICTURE = ROOT / "docs" / "pictures" / "lineage-1280.png"
VERSIONS = {"analytics": "3.3.1", "reporting": "2.10.3"}
TIME = "2026-11-29T10:00:0{}Z"
ORDERS = dataset("/data/orders.csv", ["country", "amount"])
TOTALS = dataset("/data/totals.csv", ["total"], total=("/data/orders.csv", "amount"))


class ServedPage:
    """A page that is served: its address, and a way to send it events."""

    def __init__(self, url: str) -> None:
        self.url = url
        # Its certificate authority is the test's own.
        self._http = httpx.Client(base_url=url, verify=False)  # noqa: S501

    def send(self, *events: Any) -> None:
        """Send events as a client does."""
        for each in events:
            self._http.post("/api/v1/lineage", json=each).raise_for_status()

    def send_run(
        self, run: str, job: str, *, environment: str = "analytics", **datasets: Any
    ) -> None:
        """Send start and end of a task, which names its datasets at its end, as Airflow does."""
        self.send(
            event(
                "START",
                environment,
                job,
                run=run,
                time=TIME.format(0),
                facets=airflow_facets("task"),
            ),
            event("COMPLETE", environment, job, run=run, time=TIME.format(2), **datasets),
        )


@contextmanager
def serving_lineage(state: Path) -> Iterator[ServedPage]:
    """The page of a run with two environments, until the block ends."""
    install_node_packages(service.FOLDER)
    certificates = make_certificates(state / "tls", ["localhost", "127.0.0.1"])
    layout = Layout(state=state, ports=choose(preferred_ports(VERSIONS)))
    environments = [
        {"Name": name, "AirflowVersion": version, "VpcCIDR": f"10.{number}.0.0/16"}
        for number, (name, version) in enumerate(VERSIONS.items(), start=1)
    ]
    specs = airflow_specs(parse(SMALLEST | {"Lineage": LINEAGE, "MwaaEnvironments": environments}))
    program = service.program(layout, certificates, specs=specs)
    processes = Processes.recorded(state / "processes.json")
    try:
        processes.start(program)
        processes.wait_until(
            lambda: service.ready(layout, certificates), program.name, seconds=DEADLINE_SECONDS
        )
        yield ServedPage(layout.lineage)
    finally:
        processes.stop()


def take_picture() -> None:
    """The sample DAG's lineage in two environments, one dataset chosen."""
    folder = "/airflow/sample"
    orders = dataset(f"{folder}/orders.csv", ["order_id", "country", "amount"])
    origin = f"{folder}/orders.csv"
    totals = dataset(
        f"{folder}/totals_by_country.csv",
        ["country", "total"],
        country=(origin, "country"),
        total=(origin, "amount"),
    )
    with TemporaryDirectory() as state, serving_lineage(Path(state)) as served:
        for environment in ("analytics", "reporting"):
            written, read = [
                {**each, "namespace": f"file://{environment}"} for each in (orders, totals)
            ]
            for task, datasets in {
                "write": {"outputs": [written]},
                "read": {"inputs": [written], "outputs": [read]},
            }.items():
                served.send_run(
                    f"{environment} {task}",
                    f"hello_lineage.{task}",
                    environment=environment,
                    **datasets,
                )
        with launched() as browser, opened(browser) as page:
            page.set_viewport_size({"width": 1280, "height": 900})
            page.goto(served.url)
            page.wait_for_selector("#canvas[data-nodes]")
            page.get_by_label("Find in the graph").fill("totals")
            page.keyboard.press("Enter")
            page.get_by_label("Find in the graph").fill("")
            page.screenshot(path=PICTURE, full_page=True)


if __name__ == "__main__":
    take_picture()
