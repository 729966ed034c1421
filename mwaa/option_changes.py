"""Options of Airflow that MWAA forces, or that Airflow 3 has no more or under another name.

`option_changes.toml` beside this module has the latter, with sources.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mwaa.forced_options import forced_options
from mwaa.versions import FIRST_MAJOR_WITH_NEW_PATHS, major_version

FILE = Path(__file__).with_name("option_changes.toml")


@dataclass(frozen=True, kw_only=True)
class OptionChanges:
    """What a move to another version does to options that are set, by their names.

    - `forced`: MWAA forces another value from then on, so that the one that is set has no effect.
    - `released`: MWAA forced another value until then; the one that is set takes effect.
    - `removed`: Airflow has the option no more.
    - `renamed`: Airflow has it under another name, the value here.
    """

    forced: Sequence[str] = ()
    released: Sequence[str] = ()
    removed: Sequence[str] = ()
    renamed: Sequence[tuple[str, str]] = ()

    def __bool__(self) -> bool:
        return bool(self.forced or self.released or self.removed or self.renamed)


def option_changes(before: str | None, after: str, options: Collection[str]) -> OptionChanges:
    """What a move does to these options, each under one heading at most.

    Without a version before, what has no effect in the version after.
    """
    was_forced = forced_options(before) if before else frozenset()
    is_forced = forced_options(after)
    was_new = before is not None and major_version(before) >= FIRST_MAJOR_WITH_NEW_PATHS
    crosses = major_version(after) >= FIRST_MAJOR_WITH_NEW_PATHS and not was_new
    gone: Collection[str] = _file()["airflow_3"]["removed"] if crosses else ()
    renamed: Mapping[str, str] = _file()["airflow_3"]["renamed"] if crosses else {}
    named = sorted(options)
    had_effect = [each for each in named if each not in was_forced | is_forced]
    return OptionChanges(
        forced=tuple(each for each in named if each in is_forced - was_forced),
        released=tuple(
            each
            for each in named
            if each in was_forced - is_forced and each not in gone and each not in renamed
        ),
        removed=tuple(each for each in had_effect if each in gone),
        renamed=tuple((each, renamed[each]) for each in had_effect if each in renamed),
    )


def renamed_to(option: str, version: str) -> str:
    """The name of an option in a version of Airflow: another one where Airflow 3 renamed it."""
    if major_version(version) < FIRST_MAJOR_WITH_NEW_PATHS:
        return option
    renamed: Mapping[str, str] = _file()["airflow_3"]["renamed"]
    return renamed.get(option, option)


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads(FILE.read_text("utf-8"))
