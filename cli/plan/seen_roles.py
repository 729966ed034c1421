"""What IAM says of the execution roles, and boundaries, that a configuration names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cli.deployed import DeployedPlatform
from cli.doctor.execution_roles import check_execution_roles
from cli.plan.plan import RoleNote
from cli.role_check import policies_command, subject
from config.model import Configuration


def seen_roles(platform: DeployedPlatform, after: Configuration) -> Iterator[RoleNote]:
    """Notes of what IAM says that each role, or boundary, does not allow."""
    findings = [*check_execution_roles(replace(platform, configuration=after))]
    for settings in after.new_environments:
        wrong = [
            each.message for each in findings if each.is_wrong and each.subject == subject(settings)
        ]
        if wrong:
            yield RoleNote(
                name=subject(settings),
                summary="lacks what the environment needs, so MWAA may refuse the deployment; "
                f"`{policies_command(settings)}` prints that",
                lines=tuple(wrong),
            )
