"""Runs MiniStack, the AWS stand-in, with what it lacks for the platform's templates.

Executed as `python -m local.aws` by the interpreter of the stand-in's own virtual
environment, with the settings that `service.program` makes.
"""

from __future__ import annotations

import os

from ministack.app import main as serve

from local.aws.adapter import (
    airflow_access,
    datazone,
    describe_stacks,
    ec2_resources,
    ip_targets,
    lambda_runtime,
    listener_certificates,
    listeners,
    mwaa_environments,
    policy_context,
    query_definitions,
    rest_api,
    secrets_manager,
    web_login,
    web_server_endpoints,
)

PARTS = (
    # what templates deploy
    *(
        ec2_resources,
        secrets_manager,
        listeners,
        listener_certificates,
        mwaa_environments,
        query_definitions,
    ),
    # what services do
    *(
        describe_stacks,
        policy_context,
        web_login,
        rest_api,
        web_server_endpoints,
        ip_targets,
        lambda_runtime,
    ),
    datazone,
)

OWN_SETTINGS = (
    "PYTHONPATH",
    "AUTH",
    mwaa_environments.WEBSERVERS,
    airflow_access.KEY_FILE,
    datazone.LINEAGE,
)


def main() -> None:
    """Add the missing parts to MiniStack in this process, then serve until SIGTERM."""
    for part in PARTS:
        part.install()
    # Deployed functions inherit the environment: nothing in it may tell them of this machine.
    for name in OWN_SETTINGS:
        os.environ.pop(name, None)
    serve()


if __name__ == "__main__":
    main()
