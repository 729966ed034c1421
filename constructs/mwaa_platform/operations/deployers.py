"""IAM roles as which the jobs of a repository act, by the OIDC tokens that its host gives them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa.permissions.operation import AUDIENCE, Operation
from mwaa.permissions.statement import Statement
from mwaa_platform.nag import acknowledge, wildcard_resource
from mwaa_platform.retention import RETAIN
from mwaa_platform.statements import policy_statement

REASONS: Mapping[str, str] = {
    "LookAtAll": (
        "These actions take no resource; DescribeStacks, GetMetricData and GetServiceQuota ask for "
        "what is not known before."
    ),
    "ReadStacks": "Reads the platform's own stacks, whose ids are not known before they are made.",
    "ReadEnvironments": "Reads the state of environments, which join and leave the file.",
    "AskAirflow": "Any environment of the file, under the role that may change nothing.",
    "ReadCertificates": "Reads which hosts certificates are for; their keys cannot be read.",
    "ReadZones": "Reads the names of hosted zones that the file names, or will name.",
    "JudgeRoles": "Reads execution roles that the file names, and those that it will name.",
    "ReadBoundaries": "Reads permissions boundaries that the file names, or will name.",
    "ReadKeys": "Reads the state and policy of keys, and uses none.",
    "ReadBuckets": "Reads the settings and names of buckets of this account, and no object.",
    "KeepParameters": "Parameters of the platform's own folder, which the command itself makes.",
    "EndProtection": "The platform's own stacks, whose ids are not known before they are made.",
}
"""Why statements have `*` in their resources, by their Sids."""


class Deployers(Construct):
    """A role that looks at a platform, and one that deploys it as well.

    Only the host's tokens for the exact subjects let anybody act as them, for an hour at a time.
    """

    reading: iam.Role
    deploying: iam.Role

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        operation: Operation,
        issuer: str,
        reading_subject: str,
        deploying_subject: str,
        provider_arn: str | None = None,
    ) -> None:
        """Adds the roles.

        - `operation`: the platform.
        - `issuer`: the host of the tokens, without https://.
        - `reading_subject`, `deploying_subject`: whom a token is about, for each role.
        - `provider_arn`: the account's OIDC provider of that issuer; one is made by default. It
          stays when the stack goes: an account has one of each issuer, for all who trust it.
        """
        super().__init__(scope, construct_id)
        self._issuer = issuer
        self._provider_arn = provider_arn or self._provider()
        self.reading = self._role(
            "Reading",
            subject=reading_subject,
            description="Jobs of the repository that look at the platform",
            statements=operation.reading,
        )
        self.deploying = self._role(
            "Deploying",
            subject=deploying_subject,
            description="Jobs of the repository that deploy the platform",
            statements=[*operation.reading, *operation.deploying],
        )

    def _provider(self) -> str:
        provider = iam.OidcProviderNative(
            self,
            "Provider",
            url=f"https://{self._issuer}",
            client_ids=[AUDIENCE],
            removal_policy=RETAIN,
        )
        return provider.oidc_provider_arn

    def _role(
        self, construct_id: str, *, subject: str, description: str, statements: Sequence[Statement]
    ) -> iam.Role:
        expected = {f"{self._issuer}:aud": AUDIENCE, f"{self._issuer}:sub": subject}
        role = iam.Role(
            self,
            construct_id,
            description=description,
            assumed_by=iam.WebIdentityPrincipal(self._provider_arn, {"StringEquals": expected}),
            inline_policies={
                "Operation": iam.PolicyDocument(statements=[*map(policy_statement, statements)])
            },
        )
        acknowledge(
            role,
            {
                wildcard_resource(role, arn): REASONS[each.sid]
                for each in statements
                for arn in each.resources
                if "*" in arn
            },
        )
        return role
