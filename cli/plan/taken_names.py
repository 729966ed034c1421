"""Environments that cannot be made, because there are others of the same name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from cli.deployed import DeployedPlatform
from cli.plan.deployed import AT_A_TIME, environment_status
from cli.plan.states import MISSING
from errors import Finding


def taken_names(platform: DeployedPlatform, made: Collection[str]) -> Iterator[Finding]:
    """Yields a finding for each environment of `made`, by name, that is there already.

    Raises what the AWS SDK raises.
    """
    names = sorted(made)
    status = partial(environment_status, platform.session.client("mwaa"))
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        found = dict(zip(names, pool.map(status, names), strict=True))
    for name, state in found.items():
        if state != MISSING:
            yield Finding(
                subject=f"Environment {name}",
                message=f"There is one of this name ({state}), which no stack of the platform has "
                "made. Another cannot be made beside it.",
                detail=state,
                remedy="To sign people in to it as it is, leave its Name and what is known of it "
                "in the entry (docs/moving-in.md). To make another, give that another Name.",
            )
