"""The command that deploys, as remedies name it."""

from __future__ import annotations

DEPLOY = "./mwaa-platform deploy"


def deploy_command(stack: str) -> str:
    """The command that deploys one stack, by its id."""
    return f"{DEPLOY} --only {stack}"
