"""The rules of accessibility that every page keeps: https://github.com/dequelabs/axe-core."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from local.toolchain import install_node_packages

AXE = Path(__file__).with_name("axe")
# Those that the standards ask for, and what axe holds to be good practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def broken_rules(page: Page) -> list[Any]:
    """Those that the page as it is now breaks, each with the elements, in the colours of now."""
    page.evaluate(_axe())
    violations, kept = page.evaluate(
        "rules => axe.run({runOnly: rules}).then(found => [found.violations.map("
        "each => [each.id, each.nodes.map(node => node.html)]), found.passes.length])",
        RULES,
    )
    assert kept > 10, "hardly a rule applies: is this the page?"
    return list(violations)


@cache
def _axe() -> str:
    """The script that checks a page."""
    install_node_packages(AXE)
    return (AXE / "node_modules" / "axe-core" / "axe.min.js").read_text()
