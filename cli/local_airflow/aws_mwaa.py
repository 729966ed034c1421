"""Files of AWS's own images of MWAA, github.com/aws/amazon-mwaa-docker-images.

Each version has a folder there, `images/airflow/<version>`, with `run.sh` and a Compose file that
mounts `dags`, `plugins`, `requirements` and `startup`. What MWAA would unpack from plugins.zip lies
in `plugins` as it is.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

from artifacts.build import build_artifacts
from cli.local_airflow import compose_file, requirements_file
from cli.local_airflow.aws_profile import mounts, variables
from cli.local_airflow.file_changes import (
    FileChange,
    check_dag_change,
    merged_change,
    new_file_change,
)
from cli.local_airflow.settings import ExportSettings
from config.artifacts import artifact_sources
from config.model import AnyEnvironment
from config.new_environment import NewEnvironment
from errors import PlatformError

OLDEST = Version("2.9.2")
# The home of the images' user.
AWS_FOLDER = "/usr/local/airflow/.aws"
SERVICES = ("scheduler", "worker", "webserver", "spy")
# Docker Compose reads the first of these that is there.
OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)

NO_LINEAGE = {"AIRFLOW__OPENLINEAGE__DISABLED": "True"}
"""A catalogue takes each namespace for one Airflow: local runs would mix with the environment's."""

NO_KEYS = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "")
"""run.sh sets keys, which would come before the profile; the AWS SDK takes empty ones for none."""


STUB = "#!/bin/bash\n#Add your startup script for testing here"
"""The startup script that each version's folder has at first."""


def changes(settings: ExportSettings, output: Path) -> list[FileChange]:
    """Returns the changes with which a version's folder runs as the environment does."""
    _check(settings)
    environment = {
        **NO_KEYS,
        **variables(settings.profile, folder=AWS_FOLDER, region=settings.region),
        "AWS_REGION": settings.region,
        **settings.expected,
        # As MWAA hands an environment's options over: they come before the images' defaults.
        "MWAA__CORE__CUSTOM_AIRFLOW_CONFIGS": json.dumps({**settings.options, **NO_LINEAGE}),
    }
    additions = compose_file.Additions(
        services=SERVICES,
        mounts=mounts(settings.profile, on=settings.system, to=AWS_FOLDER),
        environment=environment,
    )
    name = settings.environment.name
    comment = (
        f"Secrets of the MWAA environment {name}, with your own AWS profile. Sends no lineage."
    )
    return [
        merged_change(
            _override(output), lambda text: compose_file.merge(text, additions, comment=comment)
        ),
        check_dag_change(output / "dags"),
        *_environment_files(settings.environment, output),
    ]


def _check(settings: ExportSettings) -> None:
    if Version(settings.airflow_version) < OLDEST:
        raise PlatformError(
            f"AWS's images begin with Airflow {OLDEST}; {settings.environment.name} has "
            f"{settings.airflow_version}.",
            remedy="Take --format astro.",
        )


def _override(output: Path) -> Path:
    there = [output / name for name in OVERRIDES if (output / name).exists()]
    return there[0] if there else output / "docker-compose.override.yml"


def _environment_files(environment: AnyEnvironment, output: Path) -> Iterator[FileChange]:
    """Yields its plugins, requirements and startup script, as a deployment ships them.

    Of an existing environment these are what its entry names.
    """
    with tempfile.TemporaryDirectory() as folder:
        built = build_artifacts(artifact_sources(environment), Path(folder))
        with zipfile.ZipFile(built.plugins) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    yield new_file_change(
                        output / "plugins" / member.filename,
                        archive.read(member),
                        manual_step="The environment has another file of this name. Compare them, "
                        "or delete this one and run this again.",
                    )
        if built.requirements:
            ours = built.requirements.read_text(encoding="utf-8")
            path = output / "requirements" / "requirements.txt"
            yield merged_change(path, lambda text: requirements_file.merge(text, ours))
        script = environment.startup_script if isinstance(environment, NewEnvironment) else None
        if script:
            yield new_file_change(
                output / "startup" / "startup.sh",
                built.startup_script.read_bytes(),
                in_place_of=STUB,
                manual_step=f"The environment's own is {script}. Add what it does, or delete this "
                "one and run this again.",
            )
