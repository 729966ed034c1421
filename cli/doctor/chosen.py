"""The environments that the options of `doctor` choose."""

from __future__ import annotations

from collections.abc import Sequence

from cli.lookup import find_environment, option_error
from config.model import AnyEnvironment, Configuration


def chosen_environments(
    names: Sequence[str] | None, waves: Sequence[int] | None, configuration: Configuration
) -> Sequence[AnyEnvironment]:
    """Those with these names, and those of these waves; none where neither is given.

    Raises InputError for a name or wave that there is not.
    """
    chosen = {each: find_environment(each, configuration) for each in names or ()}
    known = sorted({each.wave for each in configuration.environments})
    for wave in waves or ():
        if wave not in known:
            raise option_error(
                "--wave",
                f"No environment is of wave {wave}.",
                f"There are: {', '.join(map(str, known)) or 'none'}.",
            )
    chosen |= {each.name: each for each in configuration.environments if each.wave in (waves or ())}
    return list(chosen.values())
