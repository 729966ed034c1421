"""`cost`: a month's cost of the configuration, by stack and part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from rich.text import Text

import console
from cli.commands import Cost
from cli.cost.estate import Estate, Part, Range
from cli.cost.month import monthly_cost
from cli.cost.prices import load_prices, region_of
from cli.lookup import find_environment
from config.loader import load_configuration
from config.model import Configuration
from config.stack_names import stacks

HEADERS = ("stack", "part", "in a month", "low", "high")
IN_ALL = "in all"
NOT_PRICED = "not priced"


def cost(options: Cost) -> None:
    """Shows the estimate; raises InputError for a wrong file, or an unknown environment."""
    configuration = load_configuration(options.configuration)
    region = options.region or region_of(configuration)
    estate = monthly_cost(configuration, load_prices(options.prices, region=region))
    if options.environment:
        estate = _of_environment(estate, configuration, options.environment)
    if options.as_json:
        console.data(estate.as_json())
    else:
        _show(options.environment or configuration.app_name, estate)


def _of_environment(estate: Estate, configuration: Configuration, name: str) -> Estate:
    about = find_environment(name, configuration)
    return estate.only(name, [each.id for each in stacks(configuration) if each.about == about])


def _show(subject: str, estate: Estate) -> None:
    console.say(
        f"{subject} in {estate.region}: US dollars a month, by prices of {estate.prices_of}, low "
        "with the fewest workers and web servers, high with the most."
    )
    console.gap()
    if estate.parts:
        console.table(HEADERS, [*_rows(estate)])
        console.gap()
    for remark in _remarks(estate):
        console.say(remark, mark="!", style="bold yellow")
    console.say("Assumed:")
    for each in estate.assumptions:
        console.say(each, mark="-", indent=2)


def _rows(estate: Estate) -> Iterator[Sequence[str | Text]]:
    for stack, total in estate.stacks.items():
        for part in estate.parts:
            if part.stack == stack:
                yield stack, part.name, _amount(part), *_dollars(part.cost)
        yield _sum(stack, total)
    yield _sum("All stacks", estate.total)


def _sum(what: str, total: Range) -> Sequence[str | Text]:
    return [Text(each, style="bold") for each in (what, IN_ALL, "", *_dollars(total))]


def _amount(part: Part) -> str:
    ends = [_number(end) for end in (part.amount.low, part.amount.high)]
    is_plural = part.unit != "GB" and ends != ["1", "1"]
    return f"{' to '.join(dict.fromkeys(ends))} {part.unit}{'s' if is_plural else ''}"


def _number(amount: Decimal) -> str:
    return f"{amount.normalize():,f}"


def _dollars(amount: Range | None) -> tuple[str, str]:
    if amount is None:
        return NOT_PRICED, NOT_PRICED
    return f"{amount.low:,.2f}", f"{amount.high:,.2f}"


def _remarks(estate: Estate) -> Iterator[str]:
    """What the total is without, or guesses."""
    if estate.unpriced:
        named = ", ".join(f"{each.stack}: {each.name}" for each in estate.unpriced)
        yield (
            f"Not priced, so that the totals are too low: {named}. Look the prices up, and add "
            "them to the price file (--prices)."
        )
    if estate.unknown:
        yield (
            f"Not known: {', '.join(estate.unknown)}. Such an environment exists already, and the "
            "file has neither its class nor its workers."
        )
    if estate.stand_in:
        yield f"Prices of {estate.stand_in} stand in for those that {estate.region} lacks here."
