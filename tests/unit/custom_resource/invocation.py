"""Invocation of a custom resource's function."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """What Lambda tells a function of its run."""

    seconds: float = 300.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


NO_TIME_TO_WAIT = Run(seconds=1)
"""Whatever is refused is refused for good."""

A_SECOND_TO_WAIT = Run(seconds=16)
"""Some tries, of which the last one counts."""
