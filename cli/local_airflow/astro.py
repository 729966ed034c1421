"""Files of an Astro project (`astro dev init`)."""

from __future__ import annotations

from pathlib import Path

from cli.local_airflow import compose_file, env_file
from cli.local_airflow.aws_profile import mounts, variables
from cli.local_airflow.file_changes import FileChange, check_dag_change, merged_change
from cli.local_airflow.settings import ExportSettings
from mwaa.versions import major_version

# In the home of the containers' user, astro: botocore looks for sign-ins in `~/.aws`.
AWS_FOLDER = "/home/astro/.aws"

SERVICES = {
    2: ("scheduler", "webserver", "triggerer"),
    3: ("scheduler", "api-server", "triggerer", "dag-processor"),
}
"""Services of the Astro CLI's own Compose file, by Airflow's major version."""


def changes(settings: ExportSettings, output: Path) -> list[FileChange]:
    """Returns the changes with which the Airflow of an Astro project reads the secrets."""
    environment = {
        **variables(settings.profile, folder=AWS_FOLDER, region=settings.region),
        **settings.options,
        **settings.expected,
    }
    additions = compose_file.Additions(
        services=SERVICES[major_version(settings.airflow_version)],
        mounts=mounts(settings.profile, on=settings.system, to=AWS_FOLDER),
        environment_elsewhere=environment,
    )
    origin = (
        f"Secrets of the MWAA environment {settings.environment.name}, with your own AWS profile"
    )
    return [
        merged_change(
            output / "docker-compose.override.yml",
            lambda text: compose_file.merge(
                text, additions, comment=f"{origin}, which is mounted here."
            ),
        ),
        merged_change(
            output / ".env", lambda text: env_file.merge(text, environment, comment=f"{origin}.")
        ),
        check_dag_change(output / "dags"),
    ]
