"""The order of a deployment: stacks of all, then the environments wave by wave."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from cli.plan.application import Application
from config.model import AnyEnvironment, Configuration
from config.stack_names import Kind, Stack, stacks


class _Rank(NamedTuple):
    """The place of a stack: its wave, 0 for those of all, and whether it is a host in it."""

    wave: int
    is_host: bool


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Stacks that one run of the CDK CLI deploys, by their ids.

    - `wave`: its number; None for stacks of all.
    - `checked`: the environments of the wave, in the stage that ends it.
    """

    title: str
    wave: int | None
    stacks: tuple[str, ...]
    checked: tuple[str, ...] = ()


def stages(
    application: Application, configuration: Configuration, chosen: Collection[str] | None = None
) -> tuple[Stage, ...]:
    """The stages in their order, of all stacks or of those that are `chosen` by their ids.

    A stack comes with its wave, or later where one that it depends on does; never before that one.
    """
    about = {each.id: each for each in stacks(configuration)}
    found = {each.id: each for each in application.stacks.values()}

    @cache
    def rank(id_: str) -> _Rank:
        before = [rank(other) for other in found[id_].depends_on if other in found]
        return max([_own_rank(about.get(id_)), *before])

    ranks = {id_: rank(id_) for id_ in found if chosen is None or id_ in chosen}
    checked = _checked(ranks, about)
    ends = {each.wave: each for each in sorted(ranks.values())}
    return tuple(
        Stage(
            title=_title(each),
            wave=each.wave or None,
            stacks=tuple(id_ for id_, of in ranks.items() if of == each),
            checked=checked.get(each.wave, ()) if ends[each.wave] == each else (),
        )
        for each in sorted(set(ranks.values()))
    )


def _own_rank(stack: Stack | None) -> _Rank:
    if stack and isinstance(stack.about, AnyEnvironment):
        return _Rank(stack.about.wave, is_host=stack.kind is Kind.UI)
    return _Rank(0, is_host=False)


def _checked(
    ranks: Mapping[str, _Rank], about: Mapping[str, Stack]
) -> Mapping[int, tuple[str, ...]]:
    """The environments of each wave, which is that of the last of their stacks."""
    last: dict[str, int] = {}
    for id_, rank in ranks.items():
        stack = about.get(id_)
        if stack and isinstance(stack.about, AnyEnvironment):
            last[stack.about.name] = max(rank.wave, last.get(stack.about.name, 0))
    return {wave: tuple(name for name, of in last.items() if of == wave) for wave in last.values()}


def _title(rank: _Rank) -> str:
    if not rank.wave:
        return "Stacks of all"
    return f"Wave {rank.wave}{', hosts' if rank.is_host else ''}"
