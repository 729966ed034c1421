"""What usually causes a failure, by what its reason says."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Cause:
    """A likely cause, and what to do about it; `said` is how a reason that has it reads."""

    said: re.Pattern[str]
    likely: str
    remedy: str = ""


def _said(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


CAUSES = (
    Cause(
        said=_said(r"INCORRECT_CONFIGURATION"),
        likely="the environment's containers did not start: its role, its way to AWS's services, "
        "or its key do not let them",
    ),
    Cause(
        said=_said(r"conflicting DNS domain"),
        likely="the VPC has an interface endpoint of that service already, with private DNS",
        remedy="Take OwnsInterfaceEndpoints out of the environment's Vpc: the endpoint that is "
        "there serves the whole VPC. `./mwaa-platform doctor` names those that are missing.",
    ),
    Cause(
        said=_said(r"not authorized to perform|access ?denied|UnauthorizedOperation"),
        likely="a permission is missing, or a policy of the organisation or a boundary takes it",
        remedy="Look which role is named, and let it do the action that is named. The CDK deploys "
        "with the role cdk-hnb659fds-cfn-exec-role-….",
    ),
    Cause(
        said=_said(r"in use by|dependent object|cannot be (?:updated|deleted) as"),
        likely="another stack, or something made by hand, still uses it",
        remedy="Deploy or remove that first; docs/changes.md says which changes are refused.",
    ),
    Cause(
        said=_said(
            r"VpcPeeringConnectionAlreadyExists|RouteAlreadyExists|route identified by .* exists"
            r"|peering connection .* exists|AWS::EC2::(?:Route|VPCPeeringConnection)\b.* exists"
        ),
        likely="the two VPCs are joined already, by a peering or a route that this platform did "
        "not make",
        remedy='Delete neither: people go that way. Connectivity {"Way": "None"} in the entry '
        "keeps yours, and the stack makes the rule on 443 alone.",
    ),
    Cause(
        said=_said(r"already exists|AlreadyExists|currently in use"),
        likely="something of that name is left from before, or somebody made it by hand",
        remedy="Delete it, or let the stack adopt it: npx cdk deploy --import-existing-resources.",
    ),
    Cause(
        said=_said(r"limit ?exceeded|maximum number|quota|has been reached"),
        likely="a quota of the account is used up",
        remedy="Ask for more in Service Quotas, or remove what is not needed.",
    ),
    Cause(
        said=_said(r"Secrets Manager can.t find|secret .*(?:not found|does not exist)"),
        likely="a secret that the file names is not there, or not in this Region",
        remedy="Look at ClientSecretArn and TokenSecretArn in the file.",
    ),
    Cause(
        said=_said(r"BlockPublicAccess|block public access"),
        likely="the bucket of SourceBucketArn does not block public access",
        remedy="Turn on all four settings of the bucket's public access block.",
    ),
    Cause(
        said=_said(r"sufficient permissions for s3|s3 location"),
        likely="the execution role cannot read the bucket or its key",
        remedy="Look at the policies of the bucket and of the key.",
    ),
    Cause(
        said=_said(r"custom resource"),
        likely="a function of the deployment refused, or could not do its work",
        remedy="Its log, of which the last lines stand above where they could be read, says why.",
    ),
    Cause(
        said=_said(r"stabili[sz]e|timed? ?out|exceeded attempts"),
        likely="AWS took longer than CloudFormation waits",
        remedy="Look at the resource's own state, then deploy again.",
    ),
    Cause(
        said=_said(r"throttl|rate exceeded"),
        likely="AWS throttled the deployment",
        remedy="Deploy again in some minutes, with a lower --concurrency.",
    ),
)
"""The first that a reason has is taken, so the narrower stand first.

Texts of reasons, beyond what https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
has: https://github.com/094459/innovateaiml-airflow/issues/1 (bucket and role of an environment).
"""


def likely_cause(reason: str) -> Cause | None:
    """The likely cause of a failure; None where its reason is of no known kind."""
    return next((each for each in CAUSES if each.said.search(reason)), None)
