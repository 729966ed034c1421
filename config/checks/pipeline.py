"""Rules about the pipeline's connection to its repository.

A connection works in every Region, whichever its ARN names. One of codeconnections can be shared
with other accounts, one of codestar-connections cannot.
https://docs.aws.amazon.com/dtconsole/latest/userguide/welcome-connections-how-it-works-global.html
https://docs.aws.amazon.com/dtconsole/latest/userguide/connections-share.html
"""

from __future__ import annotations

from collections.abc import Iterator

from config.checks.finding import warning
from config.checks.partial import PartialFile
from config.model import Configuration
from errors import Finding, Place
from mwaa.regions import Target

PLACE: Place = ("Pipeline", "ConnectionArn")
FORMER_SERVICE = "codestar-connections"


def own_connection(file: PartialFile) -> Iterator[Finding]:
    """A connection that cannot be shared is of the account that is deployed to."""
    arn = file.pipeline and file.pipeline.get(lambda each: each.connection_arn)
    if not (arn and file.target and file.target.account):
        return
    service, account = _service_and_account(arn)
    if service == FORMER_SERVICE and account != file.target.account:
        yield Finding(
            place=PLACE,
            message=f"This is in account {account}, and the deployment in {file.target.account}: "
            f"a connection of {FORMER_SERVICE} cannot be shared.",
            remedy="Make one in the deployment's own account, or share one of codeconnections.",
        )


def shared_connection(configuration: Configuration, target: Target) -> Iterator[Finding]:
    """A connection of another account, which must be shared with this one."""
    if not (configuration.pipeline and target.account):
        return
    _, account = _service_and_account(configuration.pipeline.connection_arn)
    if account != target.account:
        yield warning(
            PLACE,
            f"The connection is in account {account}. It works here once it is shared with "
            f"{target.account}.",
        )


def _service_and_account(arn: str) -> tuple[str, str]:
    _, _, service, _, account, *_ = arn.split(":")
    return service, account
