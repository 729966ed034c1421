"""Prices by Region, and price files that people edit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from config.new_environment import EnvironmentClass
from mwaa.prices import CLASSES, SHIPPED, UNITS, Prices, Usage, read_prices

FILE = read_prices()
HERE = Prices(file=FILE, region="us-east-1")


def changed(tmp_path: Path, *replacements: tuple[str, str]) -> Path:
    """The shipped file with something else in it."""
    text = SHIPPED.read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "prices.toml"
    path.write_text(text)
    return path


def test_a_price_is_exact_and_for_its_unit() -> None:
    assert HERE.of("environment mw1.medium") == Decimal("0.74")
    assert HERE.of("load balancer") == Decimal("0.0225")
    assert UNITS["load balancer"] == "hour"


def test_what_no_source_has_is_none_and_never_free() -> None:
    assert HERE.of("environment mw1.2xlarge") is None
    assert all(price.usd > 0 for prices in FILE.regions.values() for price in prices.values())


def test_a_name_that_nothing_asks_for_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        HERE.of("environment mw1.huge")


def test_every_class_of_the_configuration_can_be_priced() -> None:
    assert get_args(EnvironmentClass) == CLASSES


def test_a_region_has_its_own_prices_and_for_the_rest_those_of_another(tmp_path: Path) -> None:
    own = '\n[regions.eu-west-1]\n"key" = { usd = 1.25, per = "month", source = "https://e.com" }\n'
    path = tmp_path / "prices.toml"
    path.write_text(SHIPPED.read_text() + own)
    ireland = Prices(file=read_prices(path), region="eu-west-1")
    assert ireland.of("key") == Decimal("1.25")
    assert not ireland.is_stand_in("key")
    assert ireland.of("secret") == HERE.of("secret")
    assert ireland.is_stand_in("secret")
    assert not HERE.is_stand_in("secret")
    assert not ireland.is_stand_in("environment mw1.2xlarge")


def test_another_file_has_other_prices_and_usage(tmp_path: Path) -> None:
    path = changed(tmp_path, ("usd = 0.49", "usd = 0.5"), ('database" = 10', 'database" = 40'))
    prices = Prices(file=read_prices(path), region="us-east-1")
    assert prices.of("environment mw1.small") == Decimal("0.5")
    assert prices.usage(Usage.DATABASE) == 40


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"key" =', '"kee" =', 'regions.us-east-1."kee": nothing is priced by this name'),
        ('per = "GB"', 'per = "hour"', "its price is per GB"),
        ("usd = 0.49", "usd = -0.49", "greater than or equal to 0"),
        ("usd = 0.49", "usd = nan", "finite"),
        ('source = "https:', 'source = "', "valid URL"),
        ('region = "us-east-1"', 'region = "us-west-9"', "no prices of us-west-9"),
        ('"GB in a bucket" = 1\n', "", "missing are GB in a bucket"),
        ("date = 2026-11-29\n", "", "Field required"),
        ("[usage]", "discount = 1\n[usage]", "Extra inputs"),
    ],
)
def test_a_file_with_a_mistake_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=said):
        read_prices(changed(tmp_path, (old, new)))
