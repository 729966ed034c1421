"""Runs MiniStack, the AWS stand-in, with what it lacks for the platform's templates.

Executed as `python -m local.aws.standin` by the interpreter of the stand-in's own virtual
environment, with the settings that `service.program` makes.
"""

from __future__ import annotations

import os

from ministack.app import main as serve

from local.aws.adapter import (
    address_targets,
    airflow_access,
    data_zone,
    environments,
    functions,
    identity,
    listener_certificates,
    listeners,
    network,
    queries,
    rest_api,
    secrets,
    stacks,
    web_login,
    web_server_endpoints,
)

PARTS = (
    # what templates deploy
    *(network, secrets, listeners, listener_certificates, environments, queries),
    # what services do
    *(stacks, identity, web_login, rest_api, web_server_endpoints, address_targets, functions),
    data_zone,
)

OWN_SETTINGS = (
    "PYTHONPATH",
    "AUTH",
    environments.WEBSERVERS,
    airflow_access.KEY_FILE,
    data_zone.LINEAGE,
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
