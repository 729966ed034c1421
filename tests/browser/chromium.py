"""The Chromium that walks through pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.waits import DEADLINE_SECONDS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
DEADLINE_MS = DEADLINE_SECONDS * 1000
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def launched() -> Iterator[Browser]:
    """A Chromium, until the block ends."""
    expect.set_options(timeout=DEADLINE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(QUIET), timeout=DEADLINE_MS
        )
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, *, scripts: bool = True) -> Iterator[Page]:
    """A page in a profile of its own; its certificate authority is the machine's, unknown to it."""
    context = browser.new_context(
        ignore_https_errors=True, java_script_enabled=scripts, locale="en-US"
    )
    context.set_default_timeout(DEADLINE_MS)
    yield context.new_page()
    context.close()
