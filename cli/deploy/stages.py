"""The order of a deployment: stacks of all, then the environments wave by wave."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cli.plan.application import Application
from config.model import Configuration
from config.waves import environments_by_wave, ranks


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Stacks that one run of the CDK CLI deploys, by their ids.

    - `wave`: its number, after all waves that of the pipeline; None for stacks of all.
    - `checked`: the environments of the wave, in the stage that ends it.
    """

    title: str
    wave: int | None
    stacks: tuple[str, ...]
    checked: tuple[str, ...] = ()


def stages(
    application: Application, configuration: Configuration, chosen: Collection[str] | None = None
) -> tuple[Stage, ...]:
    """The stages in their order, of all stacks or of those that are `chosen` by their ids."""
    found = ranks(configuration, {each.id: each.depends_on for each in application.stacks.values()})
    chosen_ranks = {id_: each for id_, each in found.items() if chosen is None or id_ in chosen}
    checked = environments_by_wave(chosen_ranks, configuration)
    ends = {each.wave: each for each in sorted(chosen_ranks.values())}
    return tuple(
        Stage(
            title=each.title,
            wave=each.wave or None,
            stacks=tuple(id_ for id_, of in chosen_ranks.items() if of == each),
            checked=checked.get(each.wave, ()) if ends[each.wave] == each else (),
        )
        for each in sorted(set(chosen_ranks.values()))
    )
