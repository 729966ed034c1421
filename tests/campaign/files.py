"""Targets that read files, settings and stored state: only our own errors come of any content."""

from __future__ import annotations

import io
import json
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from artifacts.archive import content_of, merge_members, team_members, write_archive
from artifacts.conflict import ConflictError
from artifacts.requirements import merged_requirements
from cli.client_secret.value import mistake_in
from cli.grants.csv_import import read_grants_file
from cli.secrets.connection_rules import FORMS, QUOTE, validate_connection
from config.loader import load_configuration, parse_configuration
from dag_sync.manifest import ManifestObject
from errors import InputError, PlatformError
from local.layout import ROOT
from mwaa.versions import DEFAULT_AIRFLOW_VERSION, airflow_version
from mwaa_platform_secret import TokenUnavailableError
from mwaa_platform_token import BEARER_TOKEN, _part
from tests.campaign.promise import promise

LONGEST_RUN_SECONDS = 900
"""Of a Lambda function."""
SHORTEST_SECRET = 8
"""Less of a secret is no secret."""


@cache
def _file(name: str) -> Path:
    """A file of this process, which each input overwrites."""
    return Path(mkdtemp(prefix="campaign-")) / name


def read_configuration(data: bytes) -> None:
    """The content of cdk.context.json."""
    file = _file("cdk.context.json")
    file.write_bytes(data)
    with suppress(PlatformError):
        load_configuration(file)


@cache
def _one_environment() -> str:
    return (ROOT / "samples" / "one-new.json").read_text()


def read_options(data: bytes) -> None:
    """The Airflow options of an environment: a key and a value on each line."""
    raw: Any = json.loads(_one_environment())
    lines = (line.partition("=") for line in data.decode(errors="surrogateescape").split("\n"))
    options = {key: value for key, _, value in lines}
    raw["MwaaEnvironments"][0]["ConfigurationOptions"] = options
    with suppress(InputError):
        parse_configuration(raw, source=_file("cdk.context.json"))


def read_requirements(data: bytes) -> None:
    """A team's requirements.txt."""
    file = _file("requirements.txt")
    file.write_bytes(data)
    with suppress(ConflictError, UnicodeDecodeError):
        merged_requirements(version=airflow_version(DEFAULT_AIRFLOW_VERSION), team=file)


def read_archive(data: bytes) -> None:
    """A team's plugins.zip."""
    file = _file("plugins.zip")
    file.write_bytes(data)
    with suppress(ConflictError), TemporaryDirectory() as folder:
        members = merge_members([], team_members(file))
        for member in members:
            path = Path(folder, member.name).resolve()
            promise(path.is_relative_to(Path(folder).resolve()), f"a path outside: {member.name}")
            content_of(member)
        write_archive(members, Path(folder), "plugins-{}.zip")


class _Bucket:
    """A bucket with one object."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def list_objects_v2(self, **_: object) -> dict[str, Any]:
        return {"Contents": [{"Key": "dags.json"}]}

    def get_object(self, **_: object) -> dict[str, Any]:
        return {"ETag": "1", "Metadata": {}, "Body": io.BytesIO(self._content)}


def read_manifest(data: bytes) -> None:
    """The manifest of a DAG folder, which a deployment finds there."""
    bucket: Any = _Bucket(data)
    manifest = ManifestObject(bucket, "bucket", "dags.json").read()
    has_an_end = manifest.until <= time.time() + LONGEST_RUN_SECONDS
    promise(has_an_end or not manifest.is_locked_for("another"), "a folder that is locked for ever")
    for path, digest in manifest.files.items():
        promise(isinstance(path, str) and isinstance(digest, str | None), "files of another type")


def read_spreadsheet(data: bytes) -> None:
    """A file for `grants import`."""
    with suppress(InputError):
        read_grants_file(data, source="grants.csv", environments=("analytics", "reporting"))


def read_secret(data: bytes) -> None:
    """The value of a secret: a catalogue's token, and an Airflow connection."""
    value = data.decode(errors="surrogateescape")
    for field, whole in ((None, False), ("token", False), (None, True)):
        with suppress(TokenUnavailableError):
            found = _part(value, field, whole=whole, form=BEARER_TOKEN)
            promise(found.isascii() and found.isprintable(), "a token that is no header")
    with suppress(TokenUnavailableError):
        _part(value, "token", whole=False, form=None)
    mistake_in(value)
    try:
        validate_connection(value)
    except PlatformError as error:
        shown = f"{error} {error.remedy}".replace(FORMS, "").replace(QUOTE, "")
        promise(len(value) < SHORTEST_SECRET or value not in shown, "a secret in an error")
