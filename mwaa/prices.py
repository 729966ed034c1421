"""Prices of AWS by Region, and the usage that an estimate assumes, from a file that people edit.

`prices.toml` beside this module is the one that is shipped. Each price has the source where it was
read; what has no price is not priced, and never free.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator

SHIPPED = Path(__file__).with_name("prices.toml")

HOURS = 730
"""Of a month, as AWS's calculator takes them."""

CLASSES = ("mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge")
BY_CLASS = ("environment", "worker", "scheduler", "web server")
"""What MWAA charges by the environment's class; beyond the first, what is more than it includes.

https://aws.amazon.com/managed-workflows-for-apache-airflow/pricing/
"""

Unit = Literal["hour", "month", "GB", "GB-second", "request"]

UNITS: Mapping[str, Unit] = {
    **{f"{kind} {size}": "hour" for kind in BY_CLASS for size in CLASSES},
    "metadata database": "GB",
    "NAT gateway": "hour",
    "NAT gateway data": "GB",
    "public IPv4 address": "hour",
    "interface endpoint": "hour",
    "interface endpoint data": "GB",
    "load balancer": "hour",
    "load balancer capacity unit": "hour",
    "function requests": "request",
    "function memory": "GB-second",
    "table reads": "request",
    "secret": "month",
    "secret requests": "request",
    "key": "month",
    "key requests": "request",
    "log lines": "GB",
    "stored logs": "GB",
    "metric": "month",
    "alarm": "month",
    "composite alarm": "month",
    "dashboard": "month",
    "bucket storage": "GB",
}
"""Everything that an estimate asks a price for, and what the price is for.

An alarm is priced for each metric in it.
"""


class Usage(StrEnum):
    """What a month uses and the configuration cannot tell."""

    DATABASE = "GB of metadata database"
    LOGS = "GB of task and component logs"
    FLOW_LOGS = "GB of flow logs"
    NAT = "GB through a NAT gateway"
    ENDPOINTS = "GB through interface endpoints"
    CAPACITY = "load balancer capacity units"
    SIGN_INS = "sign-in requests"
    METRICS = "sign-in metrics"
    BUCKET = "GB in a bucket"
    KEY = "requests to a key"
    SECRET = "requests to a secret"  # noqa: S105 - an amount's name


Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Model):
    """A price in US dollars, for one of a unit, and the page where it was read."""

    usd: Amount
    per: Unit
    source: HttpUrl


class PriceFile(_Model):
    """A price file: its date, prices by Region and name, and the assumed usage."""

    date: date
    reference_region: str
    usage: dict[Usage, Amount]
    regions: dict[str, dict[str, Price]]

    @model_validator(mode="after")
    def _check_names(self) -> PriceFile:
        for region, prices in self.regions.items():
            for name, price in prices.items():
                if name not in UNITS:
                    raise ValueError(f'regions.{region}."{name}": nothing is priced by this name')
                if price.per != UNITS[name]:
                    raise ValueError(f'regions.{region}."{name}": its price is per {UNITS[name]}')
        if self.reference_region not in self.regions:
            raise ValueError(f"reference_region: there are no prices of {self.reference_region}")
        if missing := [each.value for each in Usage if each not in self.usage]:
            raise ValueError(f"usage: missing are {', '.join(missing)}")
        return self


@dataclass(frozen=True, kw_only=True)
class Prices:
    """The prices of a Region: its own, and for the rest those of the reference Region."""

    file: PriceFile
    region: str

    def of(self, name: str) -> Decimal | None:
        """Dollars for one unit; None where no source has a price. Raises KeyError without a unit.

        `name` is one of `UNITS`.
        """
        _ = UNITS[name]
        price = self._own.get(name) or self.file.regions[self.file.reference_region].get(name)
        return price.usd if price else None

    def is_stand_in(self, name: str) -> bool:
        """Whether the price is that of the reference Region, for want of one of the Region."""
        return name not in self._own and self.of(name) is not None

    def usage(self, of: Usage) -> Decimal:
        """The assumed amount of a month."""
        return self.file.usage[of]

    @property
    def _own(self) -> Mapping[str, Price]:
        return self.file.regions.get(self.region, {})


def read_prices(path: Path = SHIPPED) -> PriceFile:
    """Reads a price file.

    Raises OSError where there is none, UnicodeDecodeError and tomllib.TOMLDecodeError where it is
    no TOML, pydantic.ValidationError where it is no price file.
    """
    return PriceFile.model_validate(tomllib.loads(path.read_text("utf-8"), parse_float=Decimal))
