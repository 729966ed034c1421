"""The files of an environment as it will get them, unpacked in a scratch folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from artifacts.build import Artifacts, ArtifactSources, build_artifacts
from config.artifacts import artifact_sources
from config.model import AnyEnvironment
from config.new_environment import NewEnvironment
from local.airflow_runtime.home import unpack_plugins


@dataclass
class Seen:
    """What checks have found out: None until then, and where they could not.

    `versions` are those of the packages that requirements.txt asks for and of what these need,
    `dags` the file of each DAG, `exports` the variables of the startup script, of the component
    that reads DAGs. `unresolvable` are requirements for which there are no versions.
    """

    versions: Mapping[str, str] | None = None
    dags: Mapping[str, str] | None = None
    exports: Mapping[str, str] = field(default_factory=dict)
    unresolvable: bool = False


@dataclass(frozen=True, kw_only=True)
class ShippedFiles:
    """`home` has the folders `plugins` and `dags`, as /usr/local/airflow on MWAA."""

    environment: AnyEnvironment
    sources: ArtifactSources
    artifacts: Artifacts
    home: Path
    seen: Seen = field(default_factory=Seen)

    @property
    def plugins(self) -> Path:
        """The content of plugins.zip."""
        return self.home / "plugins"

    @property
    def requirements(self) -> str:
        """The content of requirements.txt; empty where none is shipped."""
        file = self.artifacts.requirements
        return file.read_text("utf-8") if file else ""

    @property
    def key_without_internet(self) -> str | None:
        """What in its entry keeps it from the internet, None where nothing does."""
        if isinstance(self.environment, NewEnvironment):
            return self.environment.key_without_internet
        return None


def shipped_files(environment: AnyEnvironment, folder: Path) -> ShippedFiles:
    """Builds and unpacks an environment's files. Raises what `build_artifacts` raises."""
    sources = artifact_sources(environment)
    built, home = folder / "built", folder / "home"
    built.mkdir(parents=True)
    artifacts = build_artifacts(sources, built)
    unpack_plugins(home / "plugins", artifacts.plugins)
    unpack_plugins(home / "dags", artifacts.dags)
    return ShippedFiles(environment=environment, sources=sources, artifacts=artifacts, home=home)
