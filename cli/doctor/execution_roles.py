"""Check of execution roles of the team's own, and of the boundaries of those that are made here.

MWAA refuses an environment whose role lacks something, or runs it without logs, so this can be
looked at before the deployment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cli.aws_errors import aws_errors_translated
from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from cli.role_check import forbidden, lacks, policies_command, subject, untrusted
from config.new_environment import NewEnvironment
from config.role_access import Made, bounded_access, location_of, own_role_access
from config.stack_names import Kind, stack_id, stack_name
from errors import Finding, Level, PlatformError

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

MISSING = "NoSuchEntity"


def check_execution_roles(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding for each statement that a role of one's own, or a boundary, lacks."""
    for settings in platform.configuration.new_environments:
        role = settings.execution_role
        boundary = role.permissions_boundary_arn
        boundary = boundary or platform.configuration.roles.permissions_boundary_arn
        try:
            with aws_errors_translated(platform.place):
                if role.arn:
                    yield from _own(platform, settings, role.arn)
                elif boundary:
                    yield from _bounded(platform, settings, boundary)
        except PlatformError as error:
            yield Finding.from_error(subject(settings), error)


def _iam(platform: DeployedPlatform) -> IAMClient:
    return platform.session.client("iam")


def _lack(settings: NewEnvironment, code: Code, message: str, remedy: str) -> Finding:
    """A finding that the command's output answers."""
    return Finding(
        subject=subject(settings),
        message=message,
        remedy=remedy,
        commands=(policies_command(settings),),
        code=code,
    )


def _own(
    platform: DeployedPlatform,
    settings: NewEnvironment,
    arn: str,
) -> Iterator[Finding]:
    iam, location = _iam(platform), location_of(platform.configuration, settings)
    try:
        found = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]
    except ClientError as error:
        if error.response["Error"]["Code"] != MISSING:
            raise
        yield _lack(
            settings,
            Code.ROLE_MISSING,
            f"There is no role {arn}.",
            "Make it, with the policies that this prints, or correct ExecutionRole.Arn:",
        )
        return
    trust: Any = found["AssumeRolePolicyDocument"]
    findings = []
    if services := untrusted(trust, settings.name, location):
        findings.append(
            _lack(
                settings,
                Code.ROLE_NOT_TRUSTED,
                f"MWAA cannot assume it: its trust policy does not let "
                f"{' and '.join(services)} do so for this environment.",
                "Put the trust policy in that this prints:",
            )
        )
    findings += [
        _lack(
            settings,
            Code.ROLE_LACKS,
            each.words,
            f"Let it: the statement {each.statement.sid} of what this prints.",
        )
        for each in lacks(iam, arn, own_role_access(settings, location))
    ]
    yield from findings or [Finding(level=Level.OK, subject=subject(settings))]


def _bounded(
    platform: DeployedPlatform,
    settings: NewEnvironment,
    boundary: str,
) -> Iterator[Finding]:
    iam, location = _iam(platform), location_of(platform.configuration, settings)
    try:
        version = iam.get_policy(PolicyArn=boundary)["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=boundary, VersionId=version)["PolicyVersion"]
    except ClientError as error:
        if error.response["Error"]["Code"] != MISSING:
            raise
        yield _lack(
            settings,
            Code.BOUNDARY_MISSING,
            f"There is no policy {boundary} for its boundary; the deployment fails.",
            "Make it, or correct PermissionsBoundaryArn. It must allow what this prints:",
        )
        return
    document: Any = found["Document"]
    stack = stack_name(platform.outline.app_name, stack_id(Kind.ENVIRONMENT, settings))
    made = Made(
        bucket=f"{stack.lower()}-bucket-0123456789ab",
        key="00000000-0000-0000-0000-000000000000",
        secret="LineageToken-0123456789ab-AbCdEf",  # noqa: S106 - a name
    )
    lacking: dict[str, list[str]] = {}
    for statement, action in forbidden(document, bounded_access(settings, location, made)):
        actions = lacking.setdefault(statement.purpose, [])
        if action not in actions:
            actions.append(action)
    findings = [
        _lack(
            settings,
            Code.BOUNDARY_FORBIDS,
            f"Its permissions boundary does not let it {purpose}: {', '.join(actions)}.",
            f"Let {boundary} allow what this prints:",
        )
        for purpose, actions in lacking.items()
    ]
    yield from findings or [Finding(level=Level.OK, subject=subject(settings))]
