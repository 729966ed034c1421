"""What a plan costs more in a month."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cli.cost.estate import Difference, difference
from cli.cost.month import monthly_cost
from cli.cost.prices import load_prices, region_of
from config.model import Configuration
from config.stack_names import stacks


def money_between(
    prices: Path, before: Configuration | None, after: Configuration
) -> Difference | None:
    """What a month costs more; None where the former configuration is not known."""
    if before is None:
        return None
    known = load_prices(prices, region=region_of(after))
    # What left the configuration runs on, and costs what it did.
    stays = {each.id for each in stacks(after)}
    former = monthly_cost(before, known)
    former = replace(former, parts=[each for each in former.parts if each.stack in stays])
    return difference(former, monthly_cost(after, known))
