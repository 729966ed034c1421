"""A team's own files that differ between two revisions of a configuration."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from config.model import Configuration
from config.new_environment import NewEnvironment

Names = Mapping[str, tuple[str, ...]]


def own_files(before: Configuration, after: Configuration) -> Names:
    """The files that come, go or have another content, by the name of their environment.

    An environment without any is in it too. Files are named as below the path in its entry.
    """
    former = {each.name: each for each in before.new_environments}
    return {
        each.name: _differing(_digests(former[each.name]), _digests(each))
        for each in after.new_environments
        if each.name in former
    }


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in {*old, *new} if old.get(name) != new.get(name)))


def _digests(settings: NewEnvironment) -> Mapping[str, str]:
    given = (
        settings.requirements,
        settings.plugins,
        settings.dags,
        settings.startup_script,
        settings.wheels,
    )
    found = {}
    for path in filter(None, given):
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                name = Path(path.name, file.relative_to(path)) if file != path else Path(path.name)
                found[name.as_posix()] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found
