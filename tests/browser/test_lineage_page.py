"""The lineage page in a real Chromium: graph, widths, keyboard, and events that arrive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from local.layout import PREFERRED_PORTS, Layout
from local.lineage_endpoint import service
from local.ports import choose
from local.processes import Processes
from local.tls import make_certificates
from local.toolchain import install_node_packages
from tests.browser.accessibility import broken_rules
from tests.browser.chromium import SCHEMES, opened
from tests.unit.local.lineage_endpoint.events import airflow_facets, dataset, event
from tests.waits import DEADLINE_SECONDS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("lineage page")]

TIME = "2026-11-29T10:00:0{}Z"
ORDERS = dataset("/data/orders.csv", ["country", "amount"])
TOTALS = dataset("/data/totals.csv", ["total"], total=("/data/orders.csv", "amount"))


class Served:
    """The endpoint of a test: its address, and a way to send it events."""

    def __init__(self, url: str) -> None:
        self.url = url
        # Its certificate authority is the test's own.
        self._http = httpx.Client(base_url=url, verify=False)  # noqa: S501

    def send(self, *events: Any) -> None:
        for each in events:
            self._http.post("/api/v1/lineage", json=each).raise_for_status()

    def send_run(self, run: str, job: str, **datasets: Any) -> None:
        facets = airflow_facets("task")
        self.send(
            event("START", run=run, job=job, time=TIME.format(0), facets=facets),
            event("COMPLETE", run=run, job=job, time=TIME.format(2), **datasets),
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An endpoint that has received a DAG's run of two tasks."""
    install_node_packages(service.FOLDER)
    state: Path = tmp_path_factory.mktemp("lineage")
    certificates = make_certificates(state / "tls", ["localhost", "127.0.0.1"])
    layout = Layout(state=state, ports=choose({"lineage": PREFERRED_PORTS["lineage"]}))
    program = service.program(layout, certificates)
    processes = Processes.recorded(state / "processes.json")
    try:
        processes.start(program)
        processes.wait_until(
            lambda: service.ready(layout, certificates), program.name, seconds=DEADLINE_SECONDS
        )
        endpoint = Served(layout.lineage)
        endpoint.send_run("write", "shop.write", outputs=[ORDERS])
        endpoint.send_run("read", "shop.read", inputs=[ORDERS], outputs=[TOTALS])
        yield endpoint
    finally:
        processes.stop()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_graph_can_be_read_at_every_width_and_by_keyboard(
    page: Page, served: Served, width: int
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda fault: said.append(str(fault)))
    page.set_viewport_size({"width": width, "height": 900})
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.goto(served.url)
        expect(page.locator("#canvas")).to_have_attribute("data-nodes", "4")
        page.get_by_label("Find in the graph").fill("TOTALS")
        expect(page.get_by_role("status")).to_have_text("1 found")
        page.keyboard.press("Enter")
        detail = page.get_by_role("region", name="Selected")
        expect(detail.get_by_role("heading", level=3)).to_have_text("totals.csv")
        expect(detail).to_contain_text("from orders.csv: amount")

        page.get_by_role("application").focus()
        page.keyboard.press("ArrowUp" if width < 600 else "ArrowLeft")
        expect(detail.get_by_role("heading", level=3)).to_have_text("shop.read")
        page.get_by_label("2 events of shop.read").click()
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        assert broken_rules(page) == []
    page.get_by_role("link", name="COMPLETE 4").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Event 4")
    assert broken_rules(page) == []
    assert said == []


def test_new_events_leave_what_somebody_has_typed_and_opened(page: Page, served: Served) -> None:
    page.goto(served.url)
    expect(page.locator("#canvas")).to_have_attribute("data-nodes", "4")
    page.get_by_label("2 events of shop.write").click()
    page.get_by_label("Find in the graph").fill("orders")
    page.keyboard.press("Enter")
    typed = page.get_by_label("Job contains")
    typed.fill("sho")

    served.send_run("send", "shop.send", inputs=[TOTALS])
    expect(page.get_by_label("2 events of shop.send")).to_be_visible()
    expect(page.locator("#canvas")).to_have_attribute("data-nodes", "5")
    expect(typed).to_have_value("sho")
    expect(typed).to_be_focused()
    expect(page.get_by_role("link", name="COMPLETE 2")).to_be_visible()
    detail = page.get_by_role("region", name="Selected")
    expect(detail.get_by_role("heading", level=3)).to_have_text("orders.csv")
    expect(page.get_by_label("Find in the graph")).to_have_value("orders")


def test_everything_can_be_read_without_a_script(browser: Browser, served: Served) -> None:
    with opened(browser, scripts=False) as page:
        page.goto(served.url)
        jobs = page.get_by_role("region", name="Jobs and their datasets")
        row = jobs.get_by_role("row").filter(has_text="shop.read")
        expect(row).to_contain_text("orders.csv")
        expect(row).to_contain_text("totals.csv")
        runs = page.get_by_role("region", name="Runs")
        expect(runs.get_by_role("row").filter(has_text="shop.read")).to_contain_text("2.0 s")
        expect(page.get_by_role("button", name="Zoom in")).to_be_hidden()
