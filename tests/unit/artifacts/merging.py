"""A team's requirements.txt, merged with the platform's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from artifacts.requirements import build_requirements
from mwaa.versions import AirflowVersion, airflow_version

VERSION = airflow_version("2.10.3")
PROVIDER = "apache-airflow-providers-openlineage"


def plugin_folder(directory: Path, files: Sequence[str] | Mapping[str, str]) -> Path:
    """A folder of plugins with these files, each with its content where it matters."""
    folder = directory / "plugins"
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name] if isinstance(files, Mapping) else "")
    folder.mkdir(exist_ok=True)
    return folder


def requirements(
    directory: Path,
    team: str | None,
    *,
    ours: tuple[str, ...] = (PROVIDER,),
    version: AirflowVersion = VERSION,
    wheels: Path | None = None,
    plugins: Sequence[str] | Mapping[str, str] = (),
) -> str:
    """The merged content, with a team's file of the given content, and plugins of these names."""
    file = directory / "team.txt" if team is not None else None
    if file:
        file.write_bytes(team.encode())  # type: ignore[union-attr]
    path = build_requirements(
        version=version,
        ours=ours,
        team=file,
        wheels=wheels,
        plugins=plugin_folder(directory, plugins),
        directory=directory,
    )
    return path.read_text()
