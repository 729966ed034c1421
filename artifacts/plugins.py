"""The two files that bring lineage and a team's own into an environment: plugins.zip and
requirements.txt.

The same input gives the same bytes on every machine, and the bytes name the file: an environment
is updated when, and only when, something in them changed. Neither file holds a secret.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from artifacts.airflowignore import AIRFLOW_IGNORE, with_team_rules
from artifacts.archive import Member, generated, merged, team_files, write_archive
from artifacts.catalogues import (
    Catalogue,
    DataZoneCatalogue,
    HttpCatalogue,
    OpenMetadataBackend,
)
from artifacts.openmetadata_backend import backend_settings
from artifacts.openmetadata_constraints import CONSTRAINTS_FILE, relaxed_constraints
from artifacts.requirements import merged_requirements
from artifacts.transport import Json, transport
from artifacts.wheels import WHEELS
from mwaa.versions import OPENLINEAGE_PROVIDER, AirflowVersion

PLUGIN_SOURCE = Path(__file__).resolve().parents[1] / "airflow_files" / "lineage"
PLUGIN = "mwaa_platform_lineage.py"
NOTHING = b"This environment has no plugins.\n"
SETTINGS_FILE = "mwaa_platform_lineage.json"

EXPANDED_BY_AIRFLOW = r"~|[^$]*\$"
"""How a namespace begins that Airflow would change: it expands these in what it reads from an
environment variable."""


@dataclass(frozen=True, kw_only=True)
class LineagePluginSettings:
    """Where an environment sends its events: `namespace` is its connection's name there.

    `secret_arns` has the secrets of tokens, by the catalogue's id, where no option of the
    environment's names them.
    """

    version: AirflowVersion
    namespace: str
    catalogues: Sequence[Catalogue]
    token_cache_seconds: int = 300
    secret_arns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if re.match(EXPANDED_BY_AIRFLOW, self.namespace):
            raise ValueError(
                f"The connection {self.namespace!r} has a $ or begins with ~, "
                "which Airflow would replace: give the connection another name."
            )

    @property
    def options(self) -> Mapping[str, str]:
        """What Airflow's provider must know before the plugin can tell it.

        A team's plugin may import the provider, which keeps what it reads first, and Airflow loads
        a folder's files in no order. MWAA's options are there before any of them. They take ASCII
        alone, and nothing in them is expanded if no $ stands there.
        """
        sent = self._transport()
        if not (sent and self.version.lineage_package == OPENLINEAGE_PROVIDER):
            return {}
        namespace = {"openlineage.namespace": self.namespace} if self.namespace.isascii() else {}
        return {
            **namespace,
            "openlineage.transport": json.dumps(sent).replace("$", r"\u0024"),
        }

    def as_json(self) -> Json:
        """What stands beside the plugin."""
        return {
            "airflow": self.version.version,
            "namespace": self.namespace,
            "transport": self._transport(),
            "catalogues": [_catalogue(each, self.token_cache_seconds) for each in self.catalogues],
            "secrets": dict(self.secret_arns),
        }

    def _transport(self) -> Json | None:
        events = [each for each in self.catalogues if not isinstance(each, OpenMetadataBackend)]
        return transport(events, version=self.version, token_cache_seconds=self.token_cache_seconds)


def plugin_members(
    settings: LineagePluginSettings | None = None,
    *,
    team: Path | None = None,
    wheels: Path | None = None,
) -> list[Member]:
    """The files of plugins.zip: lineage's, the team's folder or zip, and wheels.

    Raises ConflictError where the team's cannot be shipped, OSError where they cannot be read.
    """
    ours, theirs = with_team_rules(
        _plugin(settings) if settings else [],
        team_files(team) if team else [],
        plugin=PLUGIN,
    )
    members = merged(ours, [*theirs, *(team_files(wheels, below=WHEELS) if wheels else ())])
    # What MWAA makes of an archive with nothing in it is not known.
    return members or generated({"README.txt": NOTHING}, origin="the platform")


def build_plugins(
    settings: LineagePluginSettings | None = None,
    *,
    team: Path | None = None,
    wheels: Path | None = None,
    directory: Path,
) -> Path:
    """Write plugins-<hash>.zip, even one with nothing in it: MWAA keeps a file that was once named,
    so only another one takes lineage out again. Raises what `plugin_members` raises."""
    members = plugin_members(settings, team=team, wheels=wheels)
    return write_archive(members, directory, "plugins-{}.zip")


def build_requirements(
    *,
    version: AirflowVersion,
    ours: Sequence[str] = (),
    team: Path | None = None,
    wheels: Path | None = None,
    directory: Path,
) -> Path:
    """Write requirements-<hash>.txt: `merged_requirements`, whose errors it raises."""
    content = merged_requirements(version=version, ours=ours, team=team, wheels=wheels).encode()
    path = directory / f"requirements-{hashlib.sha256(content).hexdigest()[:16]}.txt"
    path.write_bytes(content)
    return path


def _plugin(settings: LineagePluginSettings) -> list[Member]:
    sources = [PLUGIN_SOURCE / AIRFLOW_IGNORE, *PLUGIN_SOURCE.glob("*.py")]
    files = {source.name: source.read_bytes() for source in sources}
    files[SETTINGS_FILE] = (json.dumps(settings.as_json(), indent=2) + "\n").encode()
    if any(isinstance(each, OpenMetadataBackend) for each in settings.catalogues):
        files[CONSTRAINTS_FILE] = relaxed_constraints(settings.version).encode()
    return generated(files, origin="lineage")


def _catalogue(catalogue: Catalogue, token_cache_seconds: int) -> Json:
    common: Json = {"id": catalogue.id, "provider": catalogue.provider}
    match catalogue:
        case OpenMetadataBackend():
            return common | backend_settings(catalogue, token_cache_seconds=token_cache_seconds)
        case DataZoneCatalogue():
            region: Json = {"region": catalogue.region} if catalogue.region else {}
            return common | {"domain_id": catalogue.domain_id, "token": False} | region
        case HttpCatalogue():
            return common | {
                "url": catalogue.url,
                "endpoint": catalogue.endpoint,
                "token": catalogue.token,
            }
