"""What a check finds. A check is a function from the deployed platform to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from cli.deployed import Deployed


class Finding(NamedTuple):
    """One line of the list: what was looked at, what is wrong with it, what to do about that.

    `commands` are to be copied into a shell, in their order.
    """

    subject: str
    wrong: str | None = None
    remedy: str | None = None
    commands: tuple[str, ...] = ()


Check = Callable[[Deployed], Iterator[Finding]]
