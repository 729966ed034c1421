"""Number of a host's rules among those of all hosts on one listener."""

from __future__ import annotations

from hashlib import sha256

UI_PRIORITIES = 16_600
GATED_PRIORITIES = 12_400
"""How many numbers there are; a gated host takes four rules of the listener instead of three."""


def ui_priority(name: str, *, given: int | None, gated: bool) -> int:
    """The number of an environment, `given` or made of its name.

    It depends on nothing else: were it moved by another entry of the file, two stacks would trade
    priorities, and CloudFormation would find the new one taken.
    """
    if given is not None:
        return given
    digest = sha256(name.encode()).digest()
    return int.from_bytes(digest) % (GATED_PRIORITIES if gated else UI_PRIORITIES)
