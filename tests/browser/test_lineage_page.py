"""The lineage page in a real Chromium: graph, widths, keyboard, and events that arrive."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import broken_rules
from tests.browser.chromium import SCHEMES, opened
from tests.browser.lineage_page import ORDERS, TOTALS, ServedPage, serving_lineage

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("lineage page")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPage]:
    """A page of a DAG's run of two tasks."""
    with serving_lineage(tmp_path_factory.mktemp("lineage")) as page:
        page.send_run("write", "shop.write", outputs=[ORDERS])
        page.send_run("read", "shop.read", inputs=[ORDERS], outputs=[TOTALS])
        yield page


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_graph_can_be_read_at_every_width_and_by_keyboard(
    page: Page, served: ServedPage, width: int
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
    in_airflow = page.get_by_role("link", name="Open shop.read in Airflow")
    expect(in_airflow).to_have_attribute(
        "href",
        re.compile(r"^https://analytics\.localhost:\d+/dags/hello/runs/manual__.*/tasks/task$"),
    )
    page.get_by_role("link", name="COMPLETE 4").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Event 4")
    assert broken_rules(page) == []
    assert said == []


def test_new_events_leave_what_somebody_has_typed_and_opened(
    page: Page, served: ServedPage
) -> None:
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


def test_everything_can_be_read_without_a_script(browser: Browser, served: ServedPage) -> None:
    with opened(browser, scripts=False) as page:
        page.goto(served.url)
        jobs = page.get_by_role("region", name="Jobs and their datasets")
        row = jobs.get_by_role("row").filter(has_text="shop.read")
        expect(row).to_contain_text("orders.csv")
        expect(row).to_contain_text("totals.csv")
        runs = page.get_by_role("region", name="Runs")
        expect(runs.get_by_role("row").filter(has_text="shop.read")).to_contain_text("2.0 s")
        expect(page.get_by_role("button", name="Zoom in")).to_be_hidden()
