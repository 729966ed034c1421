"""Paths in a requirements.txt: what is on MWAA when pip runs, and what is not.

MWAA unpacks plugins.zip into /usr/local/airflow/plugins, and runs the startup script, before pip.
https://docs.aws.amazon.com/mwaa/latest/userguide/working-dags-dependencies.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from artifacts.archive import Member, team_members
from artifacts.conflict import ConflictError
from artifacts.requirement_lines import Line

PLUGINS, DAGS = "/usr/local/airflow/plugins", "/usr/local/airflow/dags"
URL = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]*:", re.IGNORECASE)
VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
"""What pip fills in from the environment that the startup script makes."""
REMEDY = (
    "Ship it with Plugins, and name it by its path there, /usr/local/airflow/plugins/…; or build a "
    "wheel of it, and ship that with Wheels."
)


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """What a team ships beside its requirements.txt, and what is to be said of it."""

    plugins: Path | None = None
    has_startup_script: bool = False
    warnings: list[str] = field(default_factory=list)

    @cached_property
    def members(self) -> Mapping[str, Member] | None:
        """The files of plugins.zip by name; None where they cannot be read, which is said there."""
        try:
            found = team_members(self.plugins) if self.plugins else []
        except (ConflictError, OSError):
            return None
        return {member.name: member for member in found}

    def find(self, path: str, line: Line) -> Member | None:
        """The file of a team's that a path names; None where it cannot be known.

        Raises ConflictError for a path that MWAA does not have.
        """
        path = re.sub(r"^file:(//(localhost)?)?(?=/)", "", path).partition("#")[0]
        if URL.match(path) or VARIABLE.search(path):
            return None
        place = PurePosixPath(path)
        if ".." in place.parts or not place.is_absolute():
            raise line.refused("is a path of this machine, which is not shipped.", REMEDY)
        if place.is_relative_to(PLUGINS):
            return self._in_plugins(place, line)
        if place.is_relative_to(DAGS):
            self.warnings.append(
                f"{line} is read from the DAG folder on MWAA: whether it is there when pip runs, "
                "and what it installs, is not checked."
            )
        elif self.has_startup_script and not place.is_relative_to("/usr/local/airflow"):
            self.warnings.append(
                f"{line} names a path that only the startup script can have made, which is not "
                "checked."
            )
        else:
            raise line.refused("names a path that MWAA does not have.", REMEDY)
        return None

    def _in_plugins(self, place: PurePosixPath, line: Line) -> Member | None:
        if self.members is None or place == PurePosixPath(PLUGINS):
            return None
        name = place.relative_to(PLUGINS).as_posix()
        found = self.members.get(name)
        if not found and not any(each.startswith(f"{name}/") for each in self.members):
            raise line.refused("names a file that is not in Plugins.", f"Put {name} into Plugins.")
        return found

    def files_in(self, folder: str) -> list[str]:
        """The names of the team's files in a folder below that of plugins, not further down."""
        place = PurePosixPath(folder.rstrip("/"))
        names = [PurePosixPath(PLUGINS, name) for name in self.members or ()]
        return [name.name for name in names if name.parent == place]
