"""Check that `cdk bootstrap` was run, with this qualifier, and is new enough.

https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from cli.plan.synthesis import cdk_context
from errors import Finding, Level

QUALIFIER_KEY, DEFAULT_QUALIFIER = "@aws-cdk/core:bootstrapQualifier", "hnb659fds"
PARAMETER = "/cdk-bootstrap/{qualifier}/version"
NEEDED = 6
"""What the templates demand by a rule of their own (CheckBootstrapVersion)."""
NEEDED_TO_GO_BACK = 23
"""What `cdk rollback` of the pinned CLI demands."""


def check_bootstrap(platform: DeployedPlatform, *, file: Path) -> Iterator[Finding]:
    """Yields a finding of the bootstrap; its qualifier is in the cdk.json beside the file."""
    qualifier = str(cdk_context(file).get(QUALIFIER_KEY, DEFAULT_QUALIFIER))
    subject = f"Bootstrap {qualifier}"
    ssm = platform.session.client("ssm")
    option = "" if qualifier == DEFAULT_QUALIFIER else f" --qualifier {qualifier}"
    command = f"npx cdk bootstrap{option}"
    try:
        found = ssm.get_parameter(Name=PARAMETER.format(qualifier=qualifier))["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        yield Finding(
            subject=subject,
            message="There is none of this qualifier in this account and Region.",
            remedy="Bootstrap it (docs/permissions.md), or name the qualifier of the one that is "
            f"there in cdk.json ({QUALIFIER_KEY}):",
            commands=(command,),
            code=Code.BOOTSTRAP_MISSING,
        )
        return
    version = int(found)
    if version < NEEDED_TO_GO_BACK:
        stops = version < NEEDED
        what = f"a deployment needs {NEEDED}" if stops else f"`cdk rollback` {NEEDED_TO_GO_BACK}"
        yield Finding(
            level=Level.ERROR if stops else Level.WARNING,
            subject=subject,
            message=f"It has version {version}, and {what}.",
            remedy="Bootstrap again, with the options of the first time:",
            commands=(command,),
            code=Code.BOOTSTRAP_OUTDATED,
        )
    else:
        yield Finding(level=Level.OK, subject=subject, message=f"version {version}")
