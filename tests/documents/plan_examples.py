"""The examples of docs/plan.md: plans of four changes, for a terminal and for a pull request.

`python -m tests.documents.plan_examples` writes them.
"""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import console
from cli.commands import SHIPPED_PRICES
from cli.cost.estate import difference
from cli.cost.month import monthly_cost
from cli.cost.prices import load_prices, region_of
from cli.plan.application import Application, from_assembly
from cli.plan.consequences import changes_between, plan_of
from cli.plan.markdown import markdown
from cli.plan.plan import Plan
from cli.plan.text import show
from config.document import Document
from config.loader import parse_configuration, written
from config.model import Configuration
from tests.templates.synthesis import ROOT, SAMPLES, raw_sample, synthesise

FILE = ROOT / "docs" / "plan.md"
WIDTH = 90
NOTHING: frozenset[str] = frozenset()
BLOCK = re.compile(r"(<!-- ([a-z]+), (terminal|pull request) -->\n).*?(?=<!-- end -->)", re.DOTALL)
KEY = "arn:aws:kms:us-east-1:111122223333:key/99992222-3333-4444-5555-666677778888"

Json = dict[str, Any]


def _base() -> Json:
    raw = raw_sample("one-new")
    raw["Lineage"] = {"Provider": "DataHub", "Url": "https://datahub.example.com"}
    return raw


def _harmless(raw: Json) -> None:
    raw["MwaaEnvironments"][0]["Description"] = "Models, their features and their tests"
    raw["Grants"] += [{"Group": "analysts", "Environments": "analytics", "Roles": ["Viewer"]}]


def _restarting(raw: Json) -> None:
    raw["MwaaEnvironments"][0] |= {
        "EnvironmentClass": "mw1.medium",
        "ConfigurationOptions": {"core.parallelism": "64"},
    }


def _replacing(raw: Json) -> None:
    raw["Lineage"]["Url"] = "https://catalogue.example.com"


def _refused(raw: Json) -> None:
    raw["MwaaEnvironments"][0]["KmsKeyArn"] = KEY


CHANGES: Mapping[str, Callable[[Json], None]] = {
    "harmless": _harmless,
    "restarting": _restarting,
    "replacing": _replacing,
    "refused": _refused,
}


def render(page: str) -> str:
    """The page with its examples as they are now."""
    made = _plans()
    return BLOCK.sub(lambda found: found[1] + _example(made[found[2]], found[3]), page)


def _example(made: Plan, form: str) -> str:
    if form == "pull request":
        lines = markdown(made, NOTHING).splitlines()
        return "\n".join(f"> {line}".rstrip() for line in lines) + "\n"
    return f"```text\n{_terminal(made)}```\n"


def _terminal(made: Plan) -> str:
    usual, console._out.width = console._out.width, WIDTH
    try:
        with redirect_stdout(io.StringIO()) as shown:
            show(made, NOTHING)
    finally:
        console._out.width = usual
    return shown.getvalue()


@cache
def _plans() -> Mapping[str, Plan]:
    before = _base()
    sides = {name: copy.deepcopy(before) for name in CHANGES}
    for name, change in CHANGES.items():
        change(sides[name])
    former = application(before)
    pairs = [(former, application(raw)) for raw in sides.values()]
    return {
        name: _with_money(
            plan_of(*pair, changes, described="revision main (1a2b3c4)"), before, sides[name]
        )
        for name, pair, changes in zip(sides, pairs, changes_between(pairs), strict=True)
    }


def application(raw: Json) -> Application:
    with TemporaryDirectory() as folder:
        for name, content in synthesise(raw).files.items():
            (Path(folder) / name).write_bytes(content)
        own = written(Document(path=SAMPLES["one-new"], content=raw))
        return from_assembly(Path(folder), own)


def _with_money(made: Plan, before: Json, after: Json) -> Plan:
    old, new = map(_configuration, (before, after))
    prices = load_prices(SHIPPED_PRICES, region=region_of(new))
    return replace(made, money=difference(monthly_cost(old, prices), monthly_cost(new, prices)))


def _configuration(raw: Json) -> Configuration:
    return parse_configuration(copy.deepcopy(raw), source=SAMPLES["one-new"])


if __name__ == "__main__":
    FILE.write_text(render(FILE.read_text()))
