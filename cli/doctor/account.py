"""Check that the AWS account in use is the one in the file's ARNs."""

from __future__ import annotations

from collections.abc import Iterator

from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from config.model import Configuration
from errors import Finding, Level


def check_account(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields a finding of the account and Region.

    Everybody may ask for the account:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """
    account = platform.session.client("sts").get_caller_identity()["Account"]
    subject = f"Account {account}"
    others = [
        each for each in _of_this_account(platform.configuration) if _account(each) != account
    ]
    if others:
        yield Finding(
            subject=subject,
            message=f"The file names what is of another account: {', '.join(others)}.",
            remedy="Name the account that the file is about (AWS_PROFILE), or correct the file.",
            code=Code.ACCOUNT_DIFFERS,
        )
    else:
        yield Finding(level=Level.OK, subject=subject, message=str(platform.session.region_name))


def _of_this_account(configuration: Configuration) -> Iterator[str]:
    """ARNs of what AWS takes of the deployment's own account alone."""
    gate = configuration.ui_gate
    yield from filter(
        None,
        (
            configuration.alb.certificate_arn,
            configuration.alb.web_acl_arn,
            gate and gate.certificate_arn,
        ),
    )
    for each in configuration.new_environments:
        if each.execution_role.arn:
            yield each.execution_role.arn


def _account(arn: str) -> str:
    return arn.split(":")[4]
