"""A month's cost of everything that a configuration deploys, by stack and part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Self

CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Range:
    """From an amount with the fewest workers and web servers to one with the most."""

    low: Decimal
    high: Decimal

    @classmethod
    def exactly(cls, amount: Decimal | int) -> Self:
        """A range of one amount."""
        return cls(low=Decimal(amount), high=Decimal(amount))

    @classmethod
    def sum(cls, ranges: Iterable[Range]) -> Self:
        """All of the ranges together."""
        listed = list(ranges)
        return cls(
            low=sum((each.low for each in listed), Decimal(0)),
            high=sum((each.high for each in listed), Decimal(0)),
        )

    def times(self, factor: Decimal | int) -> Range:
        """The range, multiplied."""
        return Range(low=self.low * factor, high=self.high * factor)

    def minus(self, other: Range) -> Range:
        """How much more this is than the other, at either end."""
        return Range(low=self.low - other.low, high=self.high - other.high)

    def as_json(self) -> Mapping[str, float]:
        """Both ends in cents' precision."""
        return {end: float(getattr(self, end).quantize(CENT)) for end in ("low", "high")}


@dataclass(frozen=True, kw_only=True)
class Part:
    """Something that AWS charges for.

    `stack` is its id; `amount` counts `unit` in a month; `usd` is for one of them, None where it is
    not priced.
    """

    stack: str
    name: str
    amount: Range
    unit: str
    usd: Decimal | None

    @property
    def cost(self) -> Range | None:
        """Dollars a month; None where it is not priced."""
        return None if self.usd is None else self.amount.times(self.usd)


@dataclass(frozen=True, kw_only=True)
class Estate:
    """The parts of a configuration, and what the figures depend on.

    `unknown` are the names of existing environments, whose class is not in the file; `assumptions`
    sentences; `stand_in` names the Region whose prices stand in for those that the Region lacks.
    """

    region: str
    prices_of: date
    parts: Sequence[Part]
    unknown: Sequence[str] = ()
    assumptions: Sequence[str] = ()
    stand_in: str | None = None

    @property
    def total(self) -> Range:
        """Dollars a month of all that is priced."""
        return _total(self.parts)

    @property
    def stacks(self) -> Mapping[str, Range]:
        """Dollars a month of what is priced, by stack, in the order of deployment."""
        ids = dict.fromkeys(each.stack for each in self.parts)
        return {stack: _total(each for each in self.parts if each.stack == stack) for stack in ids}

    @property
    def unpriced(self) -> Sequence[Part]:
        """Parts that no source has a price for: the total is without them."""
        return [each for each in self.parts if each.usd is None]

    def only(self, environment: str, stacks: Iterable[str]) -> Self:
        """What is one environment's alone: the parts of its stacks."""
        wanted = set(stacks)
        return replace(
            self,
            parts=[each for each in self.parts if each.stack in wanted],
            unknown=[each for each in self.unknown if each == environment],
        )

    def as_json(self) -> Mapping[str, Any]:
        """The estate for other programs; an unpriced part has None as its cost."""
        return {
            "region": self.region,
            "currency": "USD",
            "prices_of": self.prices_of.isoformat(),
            "prices_stand_in": self.stand_in,
            "total": self.total.as_json() if self.parts else None,
            "stacks": {stack: cost.as_json() for stack, cost in self.stacks.items()},
            "parts": [
                {
                    "stack": each.stack,
                    "part": each.name,
                    "amount": {"low": float(each.amount.low), "high": float(each.amount.high)},
                    "unit": each.unit,
                    "usd": None if each.usd is None else float(each.usd),
                    "cost": each.cost and each.cost.as_json(),
                }
                for each in self.parts
            ],
            "not_priced": [{"stack": each.stack, "part": each.name} for each in self.unpriced],
            "not_known": list(self.unknown),
            "assumptions": list(self.assumptions),
        }


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What another configuration costs more in a month; less is negative.

    `stacks` has those whose cost differs; `unpriced` the parts that come, go or change in number
    and have no price, so that the figures are without them.
    """

    total: Range
    stacks: Mapping[str, Range]
    unpriced: Sequence[Part]


def difference(before: Estate, after: Estate) -> Difference:
    """What a change costs, by the stacks that it changes."""
    nothing = Range.exactly(0)
    stacks = {
        stack: after.stacks.get(stack, nothing).minus(before.stacks.get(stack, nothing))
        for stack in dict.fromkeys([*before.stacks, *after.stacks])
    }
    unpriced = [
        *(each for each in after.unpriced if each not in before.unpriced),
        *(each for each in before.unpriced if each not in after.unpriced),
    ]
    return Difference(
        total=after.total.minus(before.total),
        stacks={stack: cost for stack, cost in stacks.items() if cost != nothing},
        unpriced=unpriced,
    )


def _total(parts: Iterable[Part]) -> Range:
    return Range.sum(each.cost for each in parts if each.cost)
