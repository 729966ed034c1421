"""The order in which stacks are deployed: those of all, environments by their waves, the pipeline.

The pipeline comes last: it begins to deploy as soon as it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from config.model import AnyEnvironment, Configuration
from config.stack_names import Kind, Stack, stacks


class Rank(NamedTuple):
    """The place of a stack: its wave, 0 for those of all, and whether it is a host in it.

    The pipeline has a number after those of all waves.
    """

    wave: int
    is_host: bool = False
    is_pipeline: bool = False

    @property
    def title(self) -> str:
        """What people call the stacks of this rank."""
        if self.is_pipeline:
            return "Pipeline"
        if not self.wave:
            return "Shared stacks"
        return f"Wave {self.wave}{', hosts' if self.is_host else ''}"


def ranks(
    configuration: Configuration, depends_on: Mapping[str, Iterable[str]]
) -> Mapping[str, Rank]:
    """The rank of each stack that `depends_on` has, with the ids of those that it depends on.

    A stack comes with its wave, or later where one that it depends on does; never before that one.
    """
    about = {each.id: each for each in stacks(configuration)}
    last = max((each.wave for each in configuration.environments), default=0) + 1

    @cache
    def rank(id_: str) -> Rank:
        before = [rank(other) for other in depends_on[id_] if other in depends_on]
        return max([_own_rank(about.get(id_), last), *before])

    return {id_: rank(id_) for id_ in depends_on}


def environments_by_wave(
    found: Mapping[str, Rank], configuration: Configuration
) -> Mapping[int, tuple[str, ...]]:
    """The environments of each wave, which is that of the last of their stacks."""
    last: dict[str, int] = {}
    for stack in stacks(configuration):
        if stack.id in found and isinstance(stack.about, AnyEnvironment):
            name = stack.about.name
            last[name] = max(found[stack.id].wave, last.get(name, 0))
    by_wave: dict[int, list[str]] = {}
    for name, wave in last.items():
        by_wave.setdefault(wave, []).append(name)
    return {wave: tuple(names) for wave, names in by_wave.items()}


def _own_rank(stack: Stack | None, last: int) -> Rank:
    match stack:
        case Stack(kind, about) if isinstance(about, AnyEnvironment):
            return Rank(about.wave, is_host=kind is Kind.UI)
        case Stack(Kind.PIPELINE):
            return Rank(last, is_pipeline=True)
    return Rank(0)
