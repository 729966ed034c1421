"""docs/cost.md shows what the command says, and its price file can be used."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

from local.layout import ROOT
from mwaa.prices import SHIPPED, read_prices
from tests.unit.cli.terminal import Terminal
from tests.unit.config.configurations import two

DOCUMENT = (ROOT / "docs" / "cost.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.S)


def arguments(block: str) -> list[str]:
    """What follows `./mwaa-platform`, with paths from the project's folder."""
    words = shlex.split(block.partition("./mwaa-platform ")[2])
    return [str(ROOT / word) if word.startswith("samples/") else word for word in words]


def test_the_example_shows_what_the_command_says(terminal: Terminal) -> None:
    shown = terminal.type(*arguments(blocks("sh")[0]))
    assert shown.status == 0
    assert " ".join(blocks("text")[0].split()) == shown.said


def test_two_small_environments_cost_what_the_documents_say(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "cdk.context.json"
    path.write_text(json.dumps(two({}, {})))
    estate = json.loads(terminal.type("cost", "-c", str(path), "--json").out)
    for document in (DOCUMENT, (ROOT / "docs" / "deploy.md").read_text()):
        [said] = re.findall(r"Two small environments.*? about (\d+) USD", document)
        assert abs(estate["total"]["low"] - int(said)) < 10


def test_the_price_that_is_added_makes_a_price_file(tmp_path: Path) -> None:
    [addition] = blocks("toml")
    path = tmp_path / "ours.toml"
    path.write_text(f"{SHIPPED.read_text()}\n{addition}")
    [(region, prices)] = tomllib.loads(addition)["regions"].items()
    assert read_prices(path).regions[region].keys() == prices.keys()


def test_every_key_of_the_json_is_documented(terminal: Terminal) -> None:
    estate: dict[str, Any] = json.loads(terminal.type(*arguments(blocks("sh")[0]), "--json").out)
    section = DOCUMENT.partition("## For programs")[2]
    documented = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (.+?) \|", section, re.M)))
    assert documented == [*estate]
    assert set(estate["parts"][0]) <= set(re.findall(r"`(\w+)`", section))
