"""Rules about tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from config.checks.partial import PartialFile
from errors import Finding, Place, path_text


def unique_keys(file: PartialFile) -> Iterator[Finding]:
    """No two keys of one resource's tags differ in case alone: to IAM they are one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#case-sensitivity
    """
    of_all = _places(file.raw, at=())
    yield from _repeats(of_all)
    for index, each in file.new.items():
        own = _places(each.raw, at=("MwaaEnvironments", index))
        yield from _repeats(own, beside=of_all)


def _places(section: Mapping[str, Any], *, at: Place) -> Sequence[Place]:
    tags = section.get("Tags")
    return [(*at, "Tags", key) for key in tags] if isinstance(tags, dict) else []


def _repeats(places: Sequence[Place], *, beside: Sequence[Place] = ()) -> Iterator[Finding]:
    """Those of which an earlier key, or one `beside`, is the same in another case.

    An equal one is overridden.
    """
    first: dict[str, Place] = {}
    for place in (*beside, *places):
        key = str(place[-1])
        other = first.setdefault(key.casefold(), place)
        if other[-1] != key and place in places:
            yield Finding(
                place=place,
                message=f"{path_text(other)} differs from it in case alone, and a role has one of "
                "the two at most.",
                remedy="Write the key in the same way everywhere.",
            )
