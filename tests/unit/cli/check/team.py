"""A team's files, checked by the command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.cli.terminal import Result, Terminal
from tests.unit.config.configurations import with_environment


@dataclass(frozen=True, kw_only=True)
class Team:
    """A folder with a configuration of one environment, analytics."""

    folder: Path
    terminal: Terminal

    def write(self, **files: str) -> None:
        """Write files, by a name in which __ stands for a slash and the suffix is .py."""
        for name, content in files.items():
            path = self.folder / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    def require(self, *lines: str) -> None:
        """Write the requirements.txt."""
        (self.folder / "requirements.txt").write_text("\n".join(lines) + "\n")

    def check(self, *options: str, **keys: Any) -> Result:
        """Run the command on the environment with these keys."""
        file = self.folder / "cdk.context.json"
        file.write_text(json.dumps(with_environment(**keys)))
        return self.terminal.type("check", "-c", str(file), *options)

    def findings(self, **keys: Any) -> Mapping[str, Mapping[str, Any]]:
        """The findings by subject."""
        said = self.check("--json", **keys)
        return {each["subject"]: each for each in json.loads(said.out)}
