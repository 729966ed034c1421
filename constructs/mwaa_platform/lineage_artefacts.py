"""The two files that bring lineage into an environment: plugins.zip and requirements.txt.

The same input gives the same bytes on every machine, and the bytes name the file: an environment
is updated when, and only when, something in them changed. Neither file holds a secret.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from mwaa_platform.airflow_versions import AirflowVersion
from mwaa_platform.requirements_file import merged_requirements

PLUGIN_SOURCE = Path(__file__).resolve().parents[2] / "airflow_files" / "lineage"
PLUGIN_FILES = (
    ".airflowignore",
    "mwaa_platform_cache.py",
    "mwaa_platform_fork.py",
    "mwaa_platform_lineage.py",
    "mwaa_platform_secret.py",
    "mwaa_platform_token.py",
    "mwaa_platform_transport.py",
)
SETTINGS_FILE = "mwaa_platform_lineage.json"

EVENT_PATHS: Mapping[str, str] = MappingProxyType({"Atlan": "/events/openlineage/airflow-mwaa/"})
"""Where a provider takes events, below its host. The client joins its own `api/v1/lineage` to it,
so without the slash at the end the last segment would be lost."""

EXPANDED_BY_AIRFLOW = r"~|[^$]*\$"
"""How a namespace begins that Airflow would change: it expands these in what it reads from an
environment variable."""

SEND_TIMEOUT_SECONDS = 5.0
SEND_RETRY: Mapping[str, object] = MappingProxyType(
    # Sending must end within the 10 s that Airflow gives it while the task waits: the client's own
    # five retries would not, nor would a pause that the catalogue asks for.
    {
        "total": 1,
        "connect": 0,
        "read": 0,
        "backoff_factor": 0.3,
        "respect_retry_after_header": False,
    }
)


@dataclass(frozen=True, kw_only=True)
class LineagePluginSettings:
    """Where an environment sends its events: `url` is the provider's host, `namespace` the
    connection's name there."""

    provider: str
    url: str
    namespace: str
    token_cache_seconds: int = 300

    def __post_init__(self) -> None:
        if re.match(EXPANDED_BY_AIRFLOW, self.namespace):
            raise ValueError(
                f"The connection {self.namespace!r} has a $ or begins with ~, "
                "which Airflow would replace: give the connection another name."
            )


def build_plugins(*, settings: LineagePluginSettings, directory: Path) -> Path:
    """Write plugins-<hash>.zip: the plugin's code with these settings beside it."""
    files = {name: (PLUGIN_SOURCE / name).read_bytes() for name in PLUGIN_FILES}
    files[SETTINGS_FILE] = (json.dumps(_plugin_settings(settings), indent=2) + "\n").encode()
    return _write(directory, "plugins-{}.zip", _archive(files))


def build_requirements(
    *, version: AirflowVersion, lineage: bool, team: Path | None, directory: Path
) -> Path:
    """Write requirements-<hash>.txt: `merged_requirements`, whose errors it raises."""
    content = merged_requirements(version=version, lineage=lineage, team=team)
    return _write(directory, "requirements-{}.txt", content.encode())


def _plugin_settings(settings: LineagePluginSettings) -> Mapping[str, object]:
    return {
        "namespace": settings.namespace,
        "transport": {
            "type": "http",
            "url": settings.url.rstrip("/") + EVENT_PATHS[settings.provider],
            "timeout": SEND_TIMEOUT_SECONDS,
            "retry": dict(SEND_RETRY),
            "auth": {
                "type": "mwaa_platform_token.SecretsManagerTokenProvider",
                "cache_seconds": settings.token_cache_seconds,
            },
        },
    }


def _archive(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name)  # dated 1980-01-01
            entry.create_system = 3  # Unix, so that the permissions count
            entry.external_attr = 0o644 << 16
            # Stored, not compressed: versions of zlib differ in what they make of the same bytes.
            archive.writestr(entry, content)
    return buffer.getvalue()


def _write(directory: Path, name: str, content: bytes) -> Path:
    path = directory / name.format(hashlib.sha256(content).hexdigest()[:16])
    path.write_bytes(content)
    return path
