"""A team's own files that differ between two revisions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.plan.own_files import own_files
from config.loader import load_configuration
from config.model import Configuration
from tests.unit.config.configurations import SMALLEST

FILES = {
    "team/plugins/cost.py": "COST = 1",
    "team/dags/a.py": "",
    "team/requirements.txt": "humanize",
    "team/startup.sh": "export A=1",
}


def revision(folder: Path, **changed: str | None) -> Configuration:
    """A configuration with files, of which some have another content, or are not there."""
    content = {**FILES, **{f"team/{name}": each for name, each in changed.items()}}
    for name, text in content.items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    entry = {
        **SMALLEST["MwaaEnvironments"][0],
        "Plugins": "team/plugins",
        "Dags": "team/dags",
        "Requirements": "team/requirements.txt",
        "StartupScript": "team/startup.sh",
    }
    file = folder / "cdk.context.json"
    file.write_text(json.dumps({**SMALLEST, "MwaaEnvironments": [entry]}))
    return load_configuration(file)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({}, ()),
        ({"plugins/cost.py": "COST = 2"}, ("plugins/cost.py",)),
        ({"plugins/more.py": ""}, ("plugins/more.py",)),
        ({"startup.sh": "export A=2", "dags/a.py": "x = 1"}, ("dags/a.py", "startup.sh")),
        ({"requirements.txt": "humanize  # for reports"}, ("requirements.txt",)),
    ],
    ids=["none", "changed", "new", "two", "requirements"],
)
def test_files_that_differ(
    changed: dict[str, str | None], named: tuple[str, ...], tmp_path: Path
) -> None:
    before, after = revision(tmp_path / "a"), revision(tmp_path / "b", **changed)
    assert own_files(before, after) == {"analytics": named}
    assert own_files(after, before) == {"analytics": named}
