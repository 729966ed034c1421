"""What a check finds. A check is a function from the deployed platform to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from cli.deployed import Deployed


class Finding(NamedTuple):
    """One line of the list: what was looked at, what is wrong with it, what to do about that."""

    subject: str
    wrong: str | None = None
    remedy: str | None = None


Check = Callable[[Deployed], Iterator[Finding]]
