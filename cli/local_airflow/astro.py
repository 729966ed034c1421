"""The files of an Astro project (`astro dev init`)."""

from __future__ import annotations

from pathlib import Path

from cli.local_airflow import compose_file, env_file
from cli.local_airflow.changes import Change, check_dag, of_text
from cli.local_airflow.laptop import mounts, variables
from cli.local_airflow.request import Request
from mwaa.versions import major_version

# Where the containers' user, astro, has its home: botocore looks for sign-ins in `~/.aws`.
AWS_FOLDER = "/home/astro/.aws"

SERVICES = {
    2: ("scheduler", "webserver", "triggerer"),
    3: ("scheduler", "api-server", "triggerer", "dag-processor"),
}
"""The services of the Astro CLI's own Compose file, by Airflow's major version."""


def changes(request: Request, output: Path) -> list[Change]:
    """What an Astro project in that folder needs so that its Airflow reads the secrets."""
    additions = compose_file.Additions(
        services=SERVICES[major_version(request.environment.airflow_version)],
        mounts=mounts(request.profile, on=request.platform, to=AWS_FOLDER),
    )
    settings = {
        **variables(request.profile, folder=AWS_FOLDER, region=request.region),
        **request.options,
    }
    origin = (
        f"Secrets of the MWAA environment {request.environment.name}, with your own AWS profile"
    )
    return [
        of_text(
            output / "docker-compose.override.yml",
            lambda text: compose_file.merge(
                text, additions, comment=f"{origin}, which is mounted here."
            ),
        ),
        of_text(output / ".env", lambda text: env_file.merge(text, settings, comment=f"{origin}.")),
        check_dag(output / "dags"),
    ]
