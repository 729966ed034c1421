"""Differences between two configurations, key by key, with the update policy of each key.

They are compared as they are written, so that a file of another release, or one with mistakes, can
be compared too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from config.environments import ExistingEnvironment
from config.lineage.settings import PROVIDERS
from config.model import Configuration, is_existing
from config.new_environment import NewEnvironment
from config.section import Section, update_policy
from config.update_policy import UpdatePolicy
from errors import Place, path_text

ENVIRONMENTS, GRANTS, LINEAGE = "MwaaEnvironments", "Grants", "Lineage"
CONNECTIVITY = "Connectivity"
PROTECTION, WAVE = "TerminationProtection", "Wave"
NOT_COMPARED = {PROTECTION, WAVE}
"""Protection is told by its stacks; a wave is a matter of the deployment alone."""
VPC, OF_MADE_VPCS = "Vpc", {"MaxAZs", "NatGateways", "PublicSubnetMask", "PrivateSubnetMask"}
"""With an existing VPC an entry has none of these keys: its own tells of the move."""
COMPARED_APART = {ENVIRONMENTS, GRANTS, LINEAGE, CONNECTIVITY}
"""Grants as what they permit, `Lineage` and `Connectivity` where environments have them."""

Written = Mapping[str, Any]
"""Keys and values of the file, environments with the lineage that they inherit."""


@dataclass(frozen=True, kw_only=True)
class KeyChange:
    """Another value of a key.

    - `place`: in the file, or in the entry of `environment`, which is None outside entries; of a
      catalogue by its provider.
    - `before`, `after`: None where the key is absent.
    - `policy`: None for a key that this release does not know.
    """

    place: Place
    environment: str | None
    before: Any
    after: Any
    policy: UpdatePolicy | None

    @property
    def name(self) -> str:
        """The place as people write it."""
        return path_text(self.place)

    @property
    def moves_platform(self) -> bool:
        """Whether every stack gets another name."""
        return self.policy is UpdatePolicy.ANOTHER_PLATFORM


def key_changes(before: Written, after: Written) -> Iterator[KeyChange]:
    """Every key that differs; environments, which may change their order, by their names.

    An environment that only one of the two has is no change of a key.
    """
    old, new = (_without(each, COMPARED_APART) for each in (before, after))
    yield from _differences(old, new, (Configuration, Configuration), (), None)
    former, next_ = entries(before), entries(after)
    for name in (each for each in next_ if each in former):
        pair = (former[name], next_[name])
        yield from _differences(*pair, (_kind(pair[0]), _kind(pair[1])), (), name)


def entries(written: Written) -> dict[str, dict[str, Any]]:
    """The entries of environments by their names."""
    listed = written.get(ENVIRONMENTS) or ()
    return {each["Name"]: each for each in listed if isinstance(each, dict) and "Name" in each}


def wave_of(environment: str, written: Written) -> int:
    """The number of an environment's wave, as the file has it."""
    return int(entries(written).get(environment, {}).get("Wave", 1))


def _without(written: Written, keys: set[str]) -> Written:
    return {key: value for key, value in written.items() if key not in keys}


def _kind(entry: dict[str, Any]) -> type[Section]:
    return ExistingEnvironment if is_existing(entry) else NewEnvironment


def _differences(
    before: Written,
    after: Written,
    sections: tuple[type[Section], type[Section]],
    at: Place,
    environment: str | None,
) -> Iterator[KeyChange]:
    for key in dict.fromkeys([*after, *before]):
        if key in NOT_COMPARED or (key in OF_MADE_VPCS and {VPC} & {*before, *after}):
            continue
        section = next((each for each in reversed(sections) if _field(each, key)), None)
        field = _field(section, key) if section else None
        old, new = (_value(each, key, field) for each in (before, after))
        if old == new:
            continue
        policy = update_policy(section, key) if section else None
        inner = _sections(field, old, new, must_have=policy is not UpdatePolicy.BY_KEY)
        place = (*at, key)
        if inner:
            for step, one, other, kinds in inner:
                yield from _differences(one, other, kinds, (*place, *step), environment)
        else:
            yield KeyChange(
                place=place, environment=environment, before=old, after=new, policy=policy
            )


def _field(section: type[Section] | None, key: str) -> FieldInfo | None:
    fields = section.model_fields.values() if section else ()
    return next((each for each in fields if each.alias == key), None)


def _value(written: Written, key: str, field: FieldInfo | None) -> Any:
    """The value of a key, or its default where that is a constant."""
    if key in written:
        return written[key]
    constant = field and field.default is not PydanticUndefined and field.default_factory is None
    return field.default if field and constant else None


def _sections(
    field: FieldInfo | None, old: Any, new: Any, *, must_have: bool
) -> list[tuple[Place, Written, Written, tuple[type[Section], type[Section]]]]:
    """The sections in a value, each with its place in it; none where it is a value as a whole."""
    models = _models(field.annotation) if field else []
    match old, new:
        case dict(), dict():
            pairs: list[tuple[Place, Written, Written]] = [((), old, new)]
        case (dict() | None, dict() | None) if not must_have:
            pairs = [((), old or {}, new or {})]
        case (list(), list()) if len(old) == len(new):
            pairs = [
                ((_step(new, index),), *pair)
                for index, pair in enumerate(zip(old, new, strict=True))
            ]
        case _:
            return []
    if not models or not all(isinstance(each, dict) for pair in pairs for each in pair[1:]):
        return []
    return [
        (step, one, other, (_model(models, one), _model(models, other)))
        for step, one, other in pairs
    ]


def _step(listed: list[Any], index: int) -> str | int:
    """The provider of a catalogue, where no other of its list has it; otherwise the position."""
    providers = [each.get("Provider") if isinstance(each, dict) else None for each in listed]
    own = providers[index]
    return own if isinstance(own, str) and providers.count(own) == 1 else index


def _models(annotation: Any) -> list[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    return [model for each in get_args(annotation) for model in _models(each)]


def _model(models: list[type[Section]], written: Written) -> type[Section]:
    provider = PROVIDERS.get(str(written.get("Provider")))
    return provider if provider in models else models[0]
